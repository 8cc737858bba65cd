import { z } from 'zod'
import { Instant } from '../ids/index.ts'
import { searchKinds } from '../search-query/index.ts'
import { Status } from '../status/index.ts'

/**
 * `q` is words and filters (`kind:run in:telco churn`). `among` asks only for what Postgres keeps, or only for what is in the
 * cluster now, so that a screen shows the first while it waits for the second. At most `limit` of each kind.
 */
export const SearchEverything = z.object({
  q: z.string().max(500),
  among: z.enum(['kept', 'cluster']).optional(),
  limit: z.number().int().min(1).max(50).default(5),
})
export type SearchEverything = z.infer<typeof SearchEverything>

export const SearchHit = z.object({
  kind: z.enum(searchKinds),
  /** With `kind`, `workspace` and `parent` it is this thing and no other. */
  id: z.string(),
  workspace: z.string().nullable(),
  name: z.string(),
  /** A word about it: an object's Kubernetes kind, a version's stage, a role. */
  type: z.string().nullable(),
  /** What it belongs to: a run's experiment, a version's model, a pod's job. */
  parent: z.string().nullable(),
  /** How an object is addressed in the Kubernetes API; null for all else. */
  resource: z.object({ group: z.string(), version: z.string(), plural: z.string() }).nullable(),
  status: Status.nullable(),
  /** When it began, or was seen last. */
  at: Instant.nullable(),
  /** The label or tag by which it was found, where it was not its name. */
  because: z.string().nullable(),
  /** See `ranks`. */
  rank: z.number().int(),
})
export type SearchHit = z.infer<typeof SearchHit>

/** Groups in the order of their best hit. `more`: there are others of this kind. `notes` say what was not looked at, and why. */
export const SearchResult = z.object({
  groups: z.array(z.object({ kind: z.enum(searchKinds), hits: z.array(SearchHit), more: z.boolean() })),
  notes: z.array(z.string()),
})
export type SearchResult = z.infer<typeof SearchResult>
export type SearchGroup = SearchResult['groups'][number]
