import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { ListedKind, ObjectKind } from '@keelson/contracts/objects'
import type { ApiKind, KubeApi } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import { screenDecision } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { fault } from './yaml.rules.ts'

type Address = { group: string; version: string; plural: string }

/** The kind of an address as the server has it now; not_found where it has none, or none in this place. */
export async function findKind(api: KubeApi, workspace: string | null, address: Address): Promise<ApiKind> {
  const { group, version, plural } = address
  const kinds = await orNone(api.kindsOf(group, version))
  const found = kinds.find((kind) => kind.plural === plural)
  const shown = group === '' ? `${version} ${plural}` : `${group}/${version} ${plural}`
  if (!found) throw new AppError('not_found', `The cluster has no kind ${shown}.`)
  if (workspace !== null && !found.namespaced)
    throw new AppError('not_found', `${found.kind} objects are the whole cluster's, not a workspace's.`)
  return found
}

/** The kind that a text names by `apiVersion` and `kind`. */
export async function kindOfText(api: KubeApi, { apiVersion, kind }: Record<string, unknown>): Promise<ApiKind> {
  if (typeof apiVersion !== 'string' || apiVersion === '') throw fault('apiVersion', 'apiVersion is missing.')
  if (typeof kind !== 'string' || kind === '') throw fault('kind', 'kind is missing.')
  const { group, version } = splitApiVersion(apiVersion)
  const found = (await orNone(api.kindsOf(group, version))).find((each) => each.kind === kind)
  if (!found) throw fault('kind', `The cluster has no kind ${kind} in ${apiVersion}.`)
  return found
}

/** `batch/v1` is of the group batch, `v1` of the core group. What cannot stand in a path is refused. */
export function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const parts = apiVersion.split('/')
  const [group = '', version = ''] = parts.length === 1 ? ['', parts[0]] : parts
  if (parts.length > 2 || !/^[a-z0-9.-]*$/.test(group) || !/^[a-z0-9-]+$/.test(version) || /^\.+$/.test(group))
    throw fault('apiVersion', `"${apiVersion.slice(0, 100)}" is not an apiVersion.`)
  return { group, version }
}

/** A text as an object whose metadata can be asked. */
export function asObject(value: Record<string, unknown>): KubeObject {
  const { metadata } = value
  if (metadata === null || typeof metadata !== 'object' || Array.isArray(metadata))
    throw fault('metadata', 'metadata is missing.')
  return value as KubeObject
}

/** Where an object of this kind is: only what is in a namespace has one. */
export function placeOf(kind: ApiKind, workspace: string | null): { namespace?: string } {
  return kind.namespaced && workspace !== null ? { namespace: workspace } : {}
}

/** Whether a screen offers to make one: the person may, and the cluster takes any. */
export function createDecision(ctx: Ctx, kind: ApiKind, workspace: string | null): ListedKind['create'] {
  if (!kind.verbs.includes('create'))
    return { allowed: false, reason: `The cluster lets nobody create ${kind.kind} objects.` }
  return screenDecision(ctx, { verb: 'create', group: kind.group, resource: kind.plural, namespace: workspace })
}

export function shownKind(kind: ApiKind): ObjectKind {
  const { group, version, plural, kind: name, namespaced, shortNames, categories } = kind
  return { group, version, plural, kind: name, namespaced, shortNames: [...shortNames], categories: [...categories] }
}

async function orNone(kinds: Promise<ApiKind[]>): Promise<ApiKind[]> {
  try {
    return await kinds
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return []
    throw error
  }
}
