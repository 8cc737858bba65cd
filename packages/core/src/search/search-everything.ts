import type { SearchEverything, SearchHit, SearchResult } from '@keelson/contracts/search'
import {
  isNear,
  parseSearch,
  rankOf,
  ranks,
  type SearchKind,
  type SearchQuery,
  shortestFuzzy,
} from '@keelson/contracts/search-query'
import type { Workspace } from '@keelson/contracts/workspaces'
import { isAdmin, isAllowed, isOperatorNow } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { listWorkspaces } from '../workspaces/index.ts'
import { findClusterObjects } from './cluster-objects.ts'
import { groupHits, hitOfRow } from './search.rules.ts'
import { findByIndex, findRows, listNewest, type Visible } from './search.store.ts'
import { type IndexedSource, indexedSources, type Source, sources } from './sources.sql.ts'

/** With fewer hits than this, names that are nearly what was typed are looked for as well. */
const enoughHits = 3
const shortestIndexed = 2

/**
 * Everything that the actor may see, by name, id, labels and tags. What may be seen is decided first, once for each workspace and
 * kind, and nothing else is read: whoever may not look into a workspace gets the answer that there would be without it.
 */
export async function searchEverything(ctx: Ctx, input: SearchEverything): Promise<SearchResult> {
  const query = parseSearch(input.q)
  const asksNothing = query.text === '' && query.kinds.length === 0
  if (asksNothing && (query.workspaces.length === 0 || query.faults.length > 0))
    return { groups: [], notes: [...query.faults] }
  const visible = (await listWorkspaces(ctx)).filter(
    ({ name }) => query.workspaces.length === 0 || query.workspaces.includes(name),
  )
  const names = visible.map(({ name }) => name)
  const [kept, cluster] = await Promise.all([
    input.among === 'cluster' ? [] : findKept(ctx, query, visible, input.limit + 1),
    input.among === 'kept' ? { hits: [], notes: [] } : findClusterObjects(ctx, query, names),
  ])
  return { groups: groupHits([...kept, ...cluster.hits], input.limit), notes: [...query.faults, ...cluster.notes] }
}

async function findKept(
  ctx: Ctx,
  query: SearchQuery,
  workspaces: readonly Workspace[],
  limit: number,
): Promise<SearchHit[]> {
  const names = workspaces.map(({ name }) => name)
  const readable = await visibleSources(ctx, query, names)
  const indexed = visibleIndexed(ctx, query, names)
  const [rows, byIndex] = await Promise.all([
    findRows(ctx.db, readable, query, limit),
    query.text.length < shortestIndexed ? [] : findByIndex(ctx.db, indexed, query.text, limit),
  ])
  const hits = [...findWorkspaces(query, workspaces), ...[...rows, ...byIndex].map(hitOfRow)]
  if (hits.length >= enoughHits || !query.words.some((word) => word.length >= shortestFuzzy)) return hits
  const near = (await listNewest(ctx.db, readable)).filter(({ name }) => isNear(query, name))
  return [...hits, ...near.map((row) => ({ ...hitOfRow(row), rank: ranks.fuzzy }))]
}

async function visibleSources(ctx: Ctx, query: SearchQuery, names: readonly string[]): Promise<Visible<Source>[]> {
  const wanted = sources.filter(({ kind }) => isWanted(query, kind))
  const asksForPeople = wanted.some(({ resource }) => resource === 'operator') && query.workspaces.length === 0
  // What is cached says no at once; what it allows is asked of the server anew, as everything of the operators is.
  const mayReadPeople = asksForPeople && isAdmin(ctx) && (await isOperatorNow(ctx))
  return wanted.flatMap((source): Visible<Source>[] => {
    const { resource } = source
    if (resource === 'operator') return mayReadPeople ? [{ source, workspaces: null }] : []
    const workspaces = names.filter((namespace) => isAllowed(ctx, { verb: 'list', resource, namespace }))
    return workspaces.length > 0 ? [{ source, workspaces }] : []
  })
}

function visibleIndexed(ctx: Ctx, query: SearchQuery, names: readonly string[]): Visible<IndexedSource>[] {
  return indexedSources
    .filter(({ kind }) => isWanted(query, kind))
    .map((source) => ({
      source,
      workspaces: names.filter((namespace) => isAllowed(ctx, { verb: 'list', resource: source.resource, namespace })),
    }))
    .filter(({ workspaces }) => workspaces.length > 0)
}

function isWanted({ kinds }: SearchQuery, kind: SearchKind): boolean {
  return kinds.length === 0 || kinds.includes(kind)
}

function findWorkspaces(query: SearchQuery, workspaces: readonly Workspace[]): SearchHit[] {
  if (!isWanted(query, 'workspace')) return []
  return workspaces.flatMap(({ name, role, status, createdAt, owner }) => {
    const rank = rankOf(query, [name], [owner]) ?? (isNear(query, name) ? ranks.fuzzy : null)
    if (rank === null) return []
    const found = { kind: 'workspace' as const, id: name, workspace: name, name, type: role, parent: null }
    const because = rank === ranks.details ? `owned by ${owner}` : null
    return [{ ...found, resource: null, status: status.status, at: createdAt, because, rank }]
  })
}
