import { z } from 'zod'
import { Instant, pageOf, WorkspaceName } from '../ids/index.ts'

/** One entry of a workspace's activity: a Kubernetes event or an audit record, kept longer than the cluster keeps it. */
export const ActivityEntry = z.object({
  id: z.string(),
  at: Instant,
  source: z.enum(['event', 'audit']),
  level: z.enum(['normal', 'warning']),
  reason: z.string(),
  message: z.string(),
  actor: z.string().nullable(),
  count: z.number().int(),
  /** The plain values of what an audit record says became true (`stage`, `version` …); empty for events. */
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  object: z.object({ kind: z.string(), name: z.string(), uid: z.string().nullable() }),
})
export type ActivityEntry = z.infer<typeof ActivityEntry>

/**
 * `objectUid` or `objectKind`+`objectName` narrow the list to one object; `search` is a text in the words, the object or
 * the actor. Newest first.
 */
export const ListActivity = z.object({
  workspace: WorkspaceName,
  objectUid: z.string().optional(),
  objectKind: z.string().optional(),
  objectName: z.string().optional(),
  source: z.enum(['event', 'audit', 'warning']).optional(),
  actor: z.string().max(253).optional(),
  search: z.string().max(200).optional(),
  since: Instant.optional(),
  until: Instant.optional(),
  cursor: z.string().optional(),
  limit: z.number().int().min(1).max(200).default(50),
})
export const ActivityPage = pageOf(ActivityEntry)
