import type { SearchGroup, SearchHit, SearchResult } from '@keelson/contracts/search'
import { rankOf, type SearchQuery, searchKinds } from '@keelson/contracts/search-query'
import { keyOfHit } from './hit-link.ts'

/** What is kept and what is in the cluster as one result; a thing that is in both is shown once, with what either knows of it. */
export function mergeResults(results: readonly (SearchResult | undefined)[]): SearchResult {
  const present = results.filter((result) => result !== undefined)
  const groups = searchKinds.flatMap((kind): SearchGroup[] => {
    const own = present.flatMap((result) => result.groups.filter((group) => group.kind === kind))
    const once = new Map<string, SearchHit>()
    for (const hit of own.flatMap((group) => group.hits)) {
      const known = once.get(keyOfHit(hit))
      once.set(keyOfHit(hit), known === undefined ? hit : combined(known, hit))
    }
    const hits = [...once.values()].sort(better)
    return hits.length === 0 ? [] : [{ kind, hits, more: own.some((group) => group.more) }]
  })
  groups.sort((one, other) => (one.hits[0]?.rank ?? 0) - (other.hits[0]?.rank ?? 0))
  return { groups, notes: [...new Set(present.flatMap((result) => result.notes))] }
}

function combined(one: SearchHit, other: SearchHit): SearchHit {
  return { ...one, rank: Math.min(one.rank, other.rank), status: one.status ?? other.status }
}

function better(one: SearchHit, other: SearchHit): number {
  return one.rank - other.rank || (other.at ?? '').localeCompare(one.at ?? '') || one.name.localeCompare(other.name)
}

/** What of the answer to an earlier query fits the one that is typed now: Enter never opens what was looked for before. */
export function stillFitting({ groups, notes }: SearchResult, query: SearchQuery): SearchResult {
  const fits = ({ kind, workspace, name, id, because, type }: SearchHit) =>
    (query.kinds.length === 0 || query.kinds.includes(kind)) &&
    (query.workspaces.length === 0 || query.workspaces.includes(workspace ?? '')) &&
    rankOf(query, [name, id], [because ?? '', type ?? '']) !== null
  return {
    groups: groups.map((group) => ({ ...group, hits: group.hits.filter(fits) })).filter(({ hits }) => hits.length > 0),
    notes,
  }
}
