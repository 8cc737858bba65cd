import { z } from 'zod'

/**
 * The one status vocabulary of every list, graph and log. Each resource folds its own conditions into one of these words
 * and keeps the reason, the message and the time since when it holds.
 */
export const Status = z.enum(['pending', 'running', 'ready', 'succeeded', 'degraded', 'failed', 'stopped', 'unknown'])
export type Status = z.infer<typeof Status>

export const StatusDetail = z.object({
  status: Status,
  reason: z.string().nullable(),
  message: z.string().nullable(),
  since: z.iso.datetime().nullable(),
})
export type StatusDetail = z.infer<typeof StatusDetail>
