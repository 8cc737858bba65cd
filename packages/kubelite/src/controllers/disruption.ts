import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Condition, Pod } from '../node/types.ts'
import { sameJson } from '../patch/json-patch.ts'
import { type Cache, openCache } from './cache.ts'
import type { ControllerContext } from './context.ts'
import { controllerOf, isFinished, isPodReady, type LabelSelector } from './job-types.ts'
import { type StatefulSet, statefulSets } from './stateful-set-plan.ts'
import { openWorkQueue, type ReconcileResult } from './work-queue.ts'
import { type ReplicaSet, selects } from './workload-types.ts'

export type DisruptionBudget = KubeObject & {
  spec: { minAvailable?: number | string; maxUnavailable?: number | string; selector?: LabelSelector }
  status?: {
    observedGeneration?: number
    disruptedPods?: Record<string, string>
    disruptionsAllowed: number
    currentHealthy: number
    desiredHealthy: number
    expectedPods: number
    conditions?: Condition[]
  }
}
export const budgets = { group: 'policy', version: 'v1', plural: 'poddisruptionbudgets' } as const

/** After this time a pod that was to be evicted, and is still there, counts again. */
const evictionTimeoutMs = 120_000

/** Keeps the numbers of PodDisruptionBudgets, by which evictions are allowed (k8s.io/kubernetes/pkg/controller/disruption). */
export function startDisruptionController(
  context: ControllerContext,
  podCache: Cache<Pod>,
  setCache: Cache<ReplicaSet>,
  controllerCache: Cache<ReplicaSet>,
): void {
  const { client, log, signal, clock, events } = context
  const options = { log, signal }
  const budgetCache = openCache<DisruptionBudget>(client, budgets, {}, options)
  const statefulCache = openCache<StatefulSet>(client, statefulSets, {}, options)
  const caches: Readonly<Record<string, Cache<ReplicaSet | StatefulSet>>> = {
    ReplicaSet: setCache,
    ReplicationController: controllerCache,
    StatefulSet: statefulCache,
  }
  const wantedOf = (pod: Pod): { uid: string; replicas: number } | string => {
    const owner = controllerOf(pod)
    if (owner === undefined) return `found no controller ref for pod "${pod.metadata.name}"`
    const ref = { namespace: pod.metadata.namespace, name: owner.name }
    const found = caches[owner.kind]?.get(ref)
    return found === undefined
      ? `${owner.kind.toLowerCase()}s does not implement the scale subresource`
      : { uid: owner.uid, replicas: found.spec.replicas ?? 1 }
  }
  const queue = openWorkQueue({ name: 'disruption', clock, log, signal }, async (key) => {
    await Promise.all([budgetCache, podCache, ...Object.values(caches)].map((cache) => cache.synced))
    const [namespace = '', name = ''] = key.split('/')
    const budget = budgetCache.get({ namespace, name })
    if (budget === undefined || budget.metadata.deletionTimestamp !== undefined) return undefined
    const pods = podCache
      .list(namespace)
      .filter((pod) => budget.spec.selector !== undefined && selects(budget.spec.selector, pod.metadata.labels))
    if (pods.length === 0) events.record(budget, 'Normal', 'NoPods', 'No matching pods found')
    const { status, againMs } = budgetStatus(budget, pods, wantedOf, clock.now())
    if (!sameJson(status, budget.status))
      budgetCache.put(await client.updateStatus<DisruptionBudget>(budgets, { ...budget, status }))
    return againMs
  })
  const addAll = (namespace: string | undefined, labels?: Record<string, string>) => {
    for (const budget of budgetCache.list(namespace))
      if (labels === undefined || selects(budget.spec.selector, labels))
        queue.add(`${namespace}/${budget.metadata.name}`)
  }
  budgetCache.onEvent(({ object }) => queue.add(`${object.metadata.namespace}/${object.metadata.name}`))
  podCache.onEvent(({ object }) => addAll(object.metadata.namespace, object.metadata.labels ?? {}))
  for (const cache of Object.values(caches)) cache.onEvent(({ object }) => addAll(object.metadata.namespace))
}

const resolve = (value: number | string, total: number): number =>
  typeof value === 'number' ? value : Math.ceil((total * Number.parseFloat(value)) / 100)

/** Pods that should be there and how many must be healthy; a text when that cannot be known (`getExpectedPodCount`). */
function expectation(
  { minAvailable, maxUnavailable }: DisruptionBudget['spec'],
  pods: readonly Pod[],
  wantedOf: (pod: Pod) => { uid: string; replicas: number } | string,
): { expected: number; desired: number } | string {
  if (typeof minAvailable === 'number') return { expected: pods.length, desired: minAvailable }
  if (minAvailable === undefined && maxUnavailable === undefined) return { expected: 0, desired: 0 }
  const byOwner = new Map<string, number>()
  for (const pod of pods) {
    const wanted = wantedOf(pod)
    if (typeof wanted === 'string') return wanted
    byOwner.set(wanted.uid, wanted.replicas)
  }
  const expected = [...byOwner.values()].reduce((sum, replicas) => sum + replicas, 0)
  if (minAvailable !== undefined) return { expected, desired: resolve(minAvailable, expected) }
  return { expected, desired: Math.max(0, expected - resolve(maxUnavailable ?? 0, expected)) }
}

/** The numbers of a budget; `againMs` says when a pod that was to go counts again. */
export function budgetStatus(
  budget: DisruptionBudget,
  pods: readonly Pod[],
  wantedOf: (pod: Pod) => { uid: string; replicas: number } | string,
  now: Date,
): { status: NonNullable<DisruptionBudget['status']>; againMs: ReconcileResult } {
  const leftMs = (at: string) => Date.parse(at) + evictionTimeoutMs - now.getTime()
  const disrupted = Object.entries(budget.status?.disruptedPods ?? {}).filter(([name, at]) => {
    const pod = pods.find((each) => each.metadata.name === name)
    return pod !== undefined && pod.metadata.deletionTimestamp === undefined && leftMs(at) > 0
  })
  const going = new Set(disrupted.map(([name]) => name))
  const healthy = pods.filter(
    (pod) =>
      pod.metadata.deletionTimestamp === undefined &&
      !isFinished(pod) &&
      !going.has(pod.metadata.name ?? '') &&
      isPodReady(pod),
  ).length
  const found = expectation(budget.spec, pods, wantedOf)
  const { expected, desired } = typeof found === 'string' ? { expected: 0, desired: 0 } : found
  const allowed = typeof found === 'string' || expected <= 0 ? 0 : Math.max(0, healthy - desired)
  const [reason, message] =
    typeof found === 'string' ? ['SyncFailed', found] : [allowed > 0 ? 'SufficientPods' : 'InsufficientPods', '']
  const waits = disrupted.map(([, at]) => leftMs(at))
  return {
    status: {
      observedGeneration: budget.metadata.generation ?? 0,
      ...(disrupted.length > 0 ? { disruptedPods: Object.fromEntries(disrupted) } : {}),
      disruptionsAllowed: allowed,
      currentHealthy: healthy,
      desiredHealthy: desired,
      expectedPods: expected,
      conditions: [condition(budget, allowed > 0 ? 'True' : 'False', reason ?? '', message ?? '', now)],
    },
    againMs: waits.length === 0 ? undefined : { afterMs: Math.min(...waits) + 10 },
  }
}

function condition(
  budget: DisruptionBudget,
  status: 'True' | 'False',
  reason: string,
  message: string,
  now: Date,
): Condition {
  const before = budget.status?.conditions?.find((each) => each.type === 'DisruptionAllowed')
  const at = `${now.toISOString().slice(0, 19)}Z`
  return {
    type: 'DisruptionAllowed',
    status,
    observedGeneration: budget.metadata.generation ?? 0,
    lastTransitionTime: before?.status === status ? (before.lastTransitionTime ?? at) : at,
    reason,
    message,
  }
}
