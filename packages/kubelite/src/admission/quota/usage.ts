/** A ResourceQuota's limits, scopes and what is used of it now. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { trackUpdate } from '../../patch/managed-fields.ts'
import type { Registry } from '../../registry/registry.ts'
import { storageKey } from '../../registry/resource.ts'
import { isObject } from '../../schema/node.ts'
import { zeroQuantity } from '../../schema/quantity.ts'
import { type Entry, keyOf, type Store } from '../../store/store.ts'
import { objectsIn } from '../plugin.ts'
import { addLists, maskList, type ResourceList, readList, writeList } from '../resource-list.ts'
import { type Evaluator, evaluatorFor, type Scope } from './evaluators.ts'

export const quotaTable = '/resourcequotas'
export type Cluster = { store: Store; registry: Registry; now: Date }

const part = (quota: KubeObject, field: 'spec' | 'status', name: string): unknown => {
  const holder = quota[field]
  return isObject(holder) ? holder[name] : undefined
}
export const limitsOf = (quota: KubeObject): ResourceList => readList(part(quota, 'spec', 'hard'))
export const usedOf = (quota: KubeObject): ResourceList => readList(part(quota, 'status', 'used'))

export function scopesOf(quota: KubeObject): Scope[] {
  const scopes = part(quota, 'spec', 'scopes')
  const selector = part(quota, 'spec', 'scopeSelector')
  return [
    ...(Array.isArray(scopes) ? scopes : []).map((name) => ({ name: String(name), operator: 'Exists', values: [] })),
    ...objectsIn(isObject(selector) ? selector.matchExpressions : undefined).map((one) => ({
      name: String(one.scopeName),
      operator: String(one.operator),
      values: Array.isArray(one.values) ? one.values.map(String) : [],
    })),
  ]
}

/** Whether an object counts towards a quota at all. */
export const counts = (quota: KubeObject, evaluator: Evaluator, object: KubeObject): boolean =>
  evaluator.matching([...limitsOf(quota).keys()]).length > 0 &&
  scopesOf(quota).every((scope) => evaluator.inScope(scope, object))

/** The sum over what is in the quota's namespace now, of every name that it limits and that is counted. */
export function measure({ store, registry, now }: Cluster, quota: KubeObject): ResourceList {
  const names = [...limitsOf(quota).keys()]
  let total: ResourceList = new Map()
  for (const resource of registry.stored()) {
    const evaluator = evaluatorFor(resource)
    const matching = evaluator?.matching(names) ?? []
    if (evaluator === undefined || matching.length === 0) continue
    total = new Map([...total, ...matching.map((name) => [name, zeroQuantity] as const)])
    for (const { object } of store.headEntries(storageKey(resource))) {
      if (object.metadata.namespace !== quota.metadata.namespace || !counts(quota, evaluator, object)) continue
      total = addLists(total, maskList(evaluator.usage(object, now), matching))
    }
  }
  return total
}

/** Whether the status speaks of the limits that the spec has now. */
export const isCurrent = (quota: KubeObject): boolean =>
  isObject(quota.status) &&
  JSON.stringify(writeList(limitsOf(quota))) === JSON.stringify(writeList(readList(part(quota, 'status', 'hard')))) &&
  isObject(quota.status.used)

/** Writes `status.hard` and `status.used`, when they differ from what is there. In order with all other writes of this turn. */
export function writeUsage(cluster: Cluster, namespace: string, name: string, used: ResourceList): Promise<unknown> {
  const { store, registry, now } = cluster
  const resource = registry.find({ group: '', version: 'v1', plural: 'resourcequotas' })
  return store.write(quotaTable, keyOf(namespace, name), (current: Entry | undefined) => {
    if (current === undefined || resource === undefined) return { op: 'none' }
    const status = { hard: writeList(limitsOf(current.object)), used: writeList(used) }
    if (JSON.stringify(status) === JSON.stringify(current.object.status)) return { op: 'none' }
    const next: KubeObject = { ...current.object, status }
    const manager = 'kube-controller-manager'
    return {
      op: 'put',
      object: trackUpdate({ live: current.object, next, resource, manager, now, subresource: 'status' }),
    }
  })
}

/** Counts anew what is used of a quota, and says so in its status. */
export async function recount(cluster: Cluster, namespace: string, name: string): Promise<void> {
  const quota = cluster.store.head(quotaTable, keyOf(namespace, name))
  if (quota !== undefined) await writeUsage(cluster, namespace, name, measure(cluster, quota.object))
}

export const quotasIn = (store: Store, namespace: string): KubeObject[] =>
  [...store.headEntries(quotaTable)]
    .map((entry) => entry.object)
    .filter((object) => object.metadata.namespace === namespace)
