import { z } from 'zod'
import { Instant, WorkspaceName } from '../ids/index.ts'
import { Status } from '../status/index.ts'

export const LineageKind = z.enum(['dataset', 'job', 'run', 'model-version', 'endpoint', 'predictions'])
export type LineageKind = z.infer<typeof LineageKind>

/** A node of the lineage graph. `id` is `<kind>:<key>`; `href` is the dashboard path of the thing itself. */
export const LineageNode = z.object({
  id: z.string(),
  kind: LineageKind,
  label: z.string(),
  detail: z.string().nullable(),
  status: Status.nullable(),
  at: Instant.nullable(),
  href: z.string(),
})
export type LineageNode = z.infer<typeof LineageNode>

/** `from` made, fed or became `to`; `relation` is the word on the arrow (`read by`, `logged`, `registered as` …). */
export const LineageEdge = z.object({ from: z.string(), to: z.string(), relation: z.string() })
export type LineageEdge = z.infer<typeof LineageEdge>
export const LineageGraph = z.object({ nodes: z.array(LineageNode), edges: z.array(LineageEdge) })
export type LineageGraph = z.infer<typeof LineageGraph>

/** The graph around one node, or of the whole workspace when no focus is given (newest `limit` nodes). */
export const GetLineage = z.object({
  workspace: WorkspaceName,
  focus: z.string().optional(),
  limit: z.number().int().min(1).max(500).default(200),
})
