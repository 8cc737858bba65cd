import { z } from 'zod'

/** A Kubernetes DNS-1123 label: what a workspace (a namespace) and most object names must be. */
export const DnsLabel = z
  .string()
  .min(1)
  .max(63)
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    'must be lower-case letters, digits and "-", and start and end with a letter or digit',
  )

export const WorkspaceName = DnsLabel
export type WorkspaceName = z.infer<typeof WorkspaceName>

/** Opaque position in a list; empty for the first page. */
export const Cursor = z.string().max(2048).optional()

export const Page = z.object({ cursor: Cursor, limit: z.number().int().min(1).max(500).default(50) })
export type Page = z.infer<typeof Page>

/** A list answer: one page and the cursor of the next one, `null` on the last page. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() })
}

/** `{ workspace }`: the input that every workspace-scoped procedure begins with. */
export const InWorkspace = z.object({ workspace: WorkspaceName })

/** Milliseconds since 1970 as ISO 8601 in UTC: how every time travels on our own wire. */
export const Instant = z.iso.datetime({ offset: true })
