import { jobUidOf } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { SearchHit } from '@keelson/contracts/search'
import { isNear, rankOf, ranks, type SearchKind, type SearchQuery } from '@keelson/contracts/search-query'
import type { KubeApi } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { isAllowed } from '../access/index.ts'
import { asActor, type Ctx } from '../context/index.ts'
import { type Pod, podFacts } from '../training/index.ts'
import { type RoleBinding, toContributor } from '../workspaces/index.ts'
import { type ClusterKind, clusterKinds } from './cluster-kinds.ts'

type Found = { hits: SearchHit[]; notes: string[] }
type Question = { kind: ClusterKind; workspace: string }

/** Of a kind in a workspace, so many objects are looked at; one with exactly the name that was typed is always found. */
const mostObjects = 300
/** In so many workspaces; `in:` names others. */
const mostWorkspaces = 8
const answerMs = 3_000
const atOnce = 16

/**
 * What stands in the cluster now, by name and labels: bounded lists as the person, so that the cluster itself decides what they hear
 * of. What they may not list is not asked for. A cluster that is slow or away makes a note, and the rest is found without it.
 */
export async function findClusterObjects(ctx: Ctx, query: SearchQuery, workspaces: readonly string[]): Promise<Found> {
  if (ctx.actor.kind !== 'person' || (query.text === '' && query.kinds.length === 0)) return { hits: [], notes: [] }
  const kinds = clusterKinds.filter(({ kind, resource }) => isWanted(query, kind, resource.kind))
  const places = workspaces.slice(0, mostWorkspaces)
  const questions = places.flatMap((workspace) =>
    kinds.filter((kind) => mayList(ctx, kind, workspace)).map((kind) => ({ kind, workspace })),
  )
  const api = asActor(ctx)
  const notes = new Set<string>()
  if (places.length < workspaces.length && kinds.length > 0)
    notes.add(`Kubernetes objects were looked for in ${mostWorkspaces} workspaces only. Name others with in:.`)
  const hits: SearchHit[] = []
  const waiting = [...questions]
  const until = Date.now() + answerMs
  const ask = async (): Promise<void> => {
    for (let question = waiting.shift(); question; question = waiting.shift()) {
      if (Date.now() > until) {
        notes.add('The cluster did not answer in time: some Kubernetes objects were not looked at.')
        return
      }
      hits.push(...(await look(api, query, question, notes)))
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, questions.length) }, ask))
  return { hits, notes: [...notes] }
}

function isWanted(query: SearchQuery, kind: SearchKind, type: string): boolean {
  if (query.kinds.length > 0 && !query.kinds.includes(kind)) return false
  return kind !== 'object' || query.types.length === 0 || (query.types as readonly string[]).includes(type)
}

function mayList(ctx: Ctx, { resource: { group, plural } }: ClusterKind, namespace: string): boolean {
  return isAllowed(ctx, { verb: 'list', group, resource: plural, namespace })
}

async function look(api: KubeApi, query: SearchQuery, question: Question, notes: Set<string>): Promise<SearchHit[]> {
  const { kind, workspace } = question
  const metadataOnly = kind.whole === undefined
  try {
    const page = await api.list(kind.resource, { namespace: workspace, limit: mostObjects, metadataOnly })
    const objects = page.items
    if (page.continue !== undefined) {
      notes.add(`Of ${kind.resource.plural} in ${workspace} only the first ${mostObjects} were looked at.`)
      const named = { namespace: workspace, fieldSelector: `metadata.name=${query.text}`, metadataOnly }
      if (/^[a-z0-9.-]+$/.test(query.text)) objects.push(...(await api.list(kind.resource, named)).items)
    }
    const hits = new Map(objects.flatMap((object) => toHit(query, question, object) ?? []).map((hit) => [hit.id, hit]))
    return [...hits.values()]
  } catch (error) {
    // A right that was taken away meanwhile, or a kind that this cluster does not have, is as if there were none.
    if (error instanceof AppError && ['forbidden', 'not_found'].includes(error.code)) return []
    if (!(error instanceof AppError && error.code === 'unavailable')) throw error
    notes.add('The cluster does not answer: Kubernetes objects were not looked at.')
    return []
  }
}

function toHit(query: SearchQuery, { kind, workspace }: Question, object: KubeObject): SearchHit | null {
  const { name = '', uid = '', creationTimestamp, labels = {} } = object.metadata
  const { group, version, plural, kind: type } = kind.resource
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
  const contributor = kind.kind === 'contributor' ? toContributor(object as RoleBinding) : null
  if (kind.kind === 'contributor' && contributor === null) return null
  const shown = contributor?.subject ?? name
  const rank = rankOf(query, [shown, uid], pairs) ?? (isNear(query, shown) ? ranks.fuzzy : null)
  if (rank === null) return null
  const text = query.words.map((word) => word.toLowerCase())
  const because =
    rank === ranks.details ? pairs.find((pair) => text.some((word) => pair.toLowerCase().includes(word))) : null
  return {
    kind: kind.kind,
    id: contributor?.binding ?? uid,
    workspace,
    name: shown,
    type: contributor?.role ?? (kind.kind === 'object' ? type : null),
    parent: kind.kind === 'pod' ? (jobUidOf(object) ?? null) : null,
    resource: contributor ? null : { group, version, plural },
    status: kind.kind === 'pod' ? podFacts(object as Pod).status.status : null,
    at: creationTimestamp === undefined ? null : new Date(creationTimestamp).toISOString(),
    because: because ?? null,
    rank,
  }
}
