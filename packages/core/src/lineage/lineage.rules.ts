import type { LineageEdge, LineageGraph, LineageNode } from '@keelson/contracts/lineage'
import { Status } from '@keelson/contracts/status'
import type { FoundNode } from './lineage.store.ts'

const runStatus: Readonly<Record<string, Status>> = {
  RUNNING: 'running',
  SCHEDULED: 'pending',
  FINISHED: 'succeeded',
  FAILED: 'failed',
  KILLED: 'stopped',
}
const versionStatus: Readonly<Record<string, Status>> = {
  READY: 'ready',
  PENDING_REGISTRATION: 'pending',
  FAILED_REGISTRATION: 'failed',
}

export function toNode(workspace: string, found: FoundNode): LineageNode {
  return {
    id: `${found.kind}:${found.key}`,
    kind: found.kind,
    label: found.label,
    detail: found.detail,
    status: statusOf(found),
    at: found.at?.toISOString() ?? null,
    href: hrefOf(`/w/${workspace}`, found),
  }
}

function statusOf({ kind, status }: FoundNode): Status | null {
  if (status === null) return null
  if (kind === 'run') return runStatus[status] ?? 'unknown'
  if (kind === 'model-version') return versionStatus[status] ?? 'unknown'
  const known = Status.safeParse(status)
  return known.success ? known.data : 'unknown'
}

/** The dashboard's page of the thing; a data set has none of its own but its place in the graph. */
function hrefOf(base: string, found: FoundNode): string {
  const key = encodeURIComponent(found.key)
  switch (found.kind) {
    case 'dataset':
      return `${base}/lineage?focus=${encodeURIComponent(`dataset:${found.key}`)}`
    case 'job':
      return `${base}/jobs/${key}`
    case 'run':
      return `${base}/experiments/${encodeURIComponent(found.parent ?? '')}/runs/${key}`
    case 'model-version': {
      const [version = ''] = found.key.split('/').slice(-1)
      return `${base}/models/${encodeURIComponent(found.parent ?? '')}/versions/${version}`
    }
    case 'endpoint':
      return `${base}/endpoints/${key}`
    case 'predictions':
      return `${base}/endpoints/${key}?tab=predictions`
  }
}

/** The graph of what is asked: around a focus its whole past and future, else everything that is tied to something. Newest first, cut at `limit`. */
export function cutGraph(graph: LineageGraph, options: { focus?: string | undefined; limit: number }): LineageGraph {
  const known = new Set(graph.nodes.map((node) => node.id))
  const edges = graph.edges.filter((edge) => known.has(edge.from) && known.has(edge.to))
  const wanted = options.focus === undefined ? tied(edges) : around(options.focus, edges)
  const nodes = graph.nodes
    .filter((node) => wanted.has(node.id))
    .toSorted(
      (one, other) =>
        Number(other.id === options.focus) - Number(one.id === options.focus) ||
        (other.at ?? '').localeCompare(one.at ?? ''),
    )
    .slice(0, options.limit)
  const kept = new Set(nodes.map((node) => node.id))
  return { nodes, edges: edges.filter((edge) => kept.has(edge.from) && kept.has(edge.to)) }
}

function tied(edges: readonly LineageEdge[]): Set<string> {
  return new Set(edges.flatMap((edge) => [edge.from, edge.to]))
}

function around(focus: string, edges: readonly LineageEdge[]): Set<string> {
  return new Set([...walk(focus, neighbours(edges, 'from', 'to')), ...walk(focus, neighbours(edges, 'to', 'from'))])
}

function neighbours(edges: readonly LineageEdge[], at: 'from' | 'to', next: 'from' | 'to'): Map<string, string[]> {
  const map = new Map<string, string[]>()
  for (const edge of edges) map.set(edge[at], [...(map.get(edge[at]) ?? []), edge[next]])
  return map
}

function walk(from: string, next: ReadonlyMap<string, readonly string[]>): Set<string> {
  const seen = new Set([from])
  const open = [from]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const neighbour of next.get(node) ?? []) {
      if (seen.has(neighbour)) continue
      seen.add(neighbour)
      open.push(neighbour)
    }
  }
  return seen
}
