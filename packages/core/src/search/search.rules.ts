/** What was found here and there, put together. Pure. */
import type { SearchGroup, SearchHit } from '@keelson/contracts/search'
import { searchKinds } from '@keelson/contracts/search-query'
import { Status } from '@keelson/contracts/status'
import type { FoundRow } from './search.store.ts'

/** The states of runs (MLflow's) and of versions in the platform's one vocabulary; others are in it already. */
const words: Readonly<Record<string, Status>> = {
  RUNNING: 'running',
  SCHEDULED: 'pending',
  FINISHED: 'succeeded',
  FAILED: 'failed',
  KILLED: 'stopped',
  READY: 'ready',
  PENDING_REGISTRATION: 'pending',
  FAILED_REGISTRATION: 'failed',
}

export function hitOfRow(row: FoundRow): SearchHit {
  const status = row.status === null ? null : Status.catch('unknown').parse(words[row.status] ?? row.status)
  return { ...row, status, resource: null, at: row.at === null ? null : new Date(row.at).toISOString() }
}

export function better(one: SearchHit, other: SearchHit): number {
  return one.rank - other.rank || (other.at ?? '').localeCompare(one.at ?? '') || one.name.localeCompare(other.name)
}

/**
 * Each thing once, under its best hit, with what any of its hits knows of it; the best `limit` of each kind, and the kind with the
 * best hit first.
 */
export function groupHits(hits: readonly SearchHit[], limit: number): SearchGroup[] {
  const once = new Map<string, SearchHit>()
  for (const hit of hits.toSorted(better)) {
    const key = JSON.stringify([hit.kind, hit.workspace, hit.kind === 'version' ? hit.parent : null, hit.id])
    const known = once.get(key)
    once.set(
      key,
      known === undefined ? hit : { ...known, status: known.status ?? hit.status, parent: known.parent ?? hit.parent },
    )
  }
  const all = [...once.values()]
  return searchKinds
    .map((kind) => ({ kind, hits: all.filter((hit) => hit.kind === kind) }))
    .filter((group) => group.hits.length > 0)
    .map(({ kind, hits: own }) => ({ kind, hits: own.slice(0, limit), more: own.length > limit }))
    .sort((one, other) => (one.hits[0]?.rank ?? 0) - (other.hits[0]?.rank ?? 0))
}
