import type { ResourceId } from '../client.ts'
import { toSeconds } from '../node/pod-status.ts'
import { type Condition, type Pod, pods } from '../node/types.ts'
import { sameJson } from '../patch/json-patch.ts'
import { type Cache, openCache } from './cache.ts'
import type { ControllerContext } from './context.ts'
import { controllerOf, isFinished, isPodReady, type LabelSelector } from './job-types.ts'
import { adoptPods, deletePod, namePrefix, nameSuffix, ownedPods, podFromTemplate } from './owned-pods.ts'
import { openWorkQueue, type ReconcileResult } from './work-queue.ts'
import {
  type ReplicaSet,
  type ReplicaSetStatus,
  replicaSets,
  replicationControllers,
  selects,
} from './workload-types.ts'

/** No more pods than this are made in one pass. */
const burst = 500

/** What ReplicaSets and their elder, ReplicationControllers, do not share. */
type SetKind = {
  kind: string
  id: ResourceId
  selectorOf(set: ReplicaSet): LabelSelector
  /** Whether the status counts pods on their way out. */
  countsTerminating: boolean
}
const replicaSetKind: SetKind = {
  kind: 'ReplicaSet',
  id: replicaSets,
  selectorOf: (set) => set.spec.selector,
  countsTerminating: true,
}
const replicationControllerKind: SetKind = {
  kind: 'ReplicationController',
  id: replicationControllers,
  selectorOf: (set) => ({ matchLabels: set.spec.selector as Record<string, string> }),
  countsTerminating: false,
}

/** Keeps as many pods as each ReplicaSet asks for. Gives back its cache, which the Deployment controller shares. */
export const startReplicaSetController = (context: ControllerContext, podCache: Cache<Pod>): Cache<ReplicaSet> =>
  startSetController(context, replicaSetKind, podCache)

/** The same for ReplicationControllers. */
export const startReplicationController = (context: ControllerContext, podCache: Cache<Pod>): Cache<ReplicaSet> =>
  startSetController(context, replicationControllerKind, podCache)

function startSetController(context: ControllerContext, of: SetKind, podCache: Cache<Pod>): Cache<ReplicaSet> {
  const { client, log, signal, clock } = context
  const cache = openCache<ReplicaSet>(client, of.id, {}, { log, signal })
  const queue = openWorkQueue({ name: of.kind.toLowerCase(), clock, log, signal }, async (key) => {
    await Promise.all([cache.synced, podCache.synced])
    const [namespace = '', name = ''] = key.split('/')
    const set = cache.get({ namespace, name })
    return set ? reconcile(context, of, set, cache, podCache) : undefined
  })
  cache.onEvent(({ object }) => queue.add(`${object.metadata.namespace}/${object.metadata.name}`))
  podCache.onEvent(({ object }) => {
    const owner = controllerOf(object)
    if (owner?.kind === of.kind) queue.add(`${object.metadata.namespace}/${owner.name}`)
    else if (owner === undefined) {
      for (const set of cache.list(object.metadata.namespace))
        if (selects(of.selectorOf(set), object.metadata.labels))
          queue.add(`${object.metadata.namespace}/${set.metadata.name}`)
    }
  })
  return cache
}

async function reconcile(
  context: ControllerContext,
  of: SetKind,
  set: ReplicaSet,
  cache: Cache<ReplicaSet>,
  podCache: Cache<Pod>,
): Promise<ReconcileResult> {
  const { client, clock } = context
  if (set.metadata.deletionTimestamp !== undefined) return undefined
  await adoptPods(context, set, of.selectorOf(set), podCache)
  const living = () => ownedPods(podCache, set).filter((pod) => !isFinished(pod))
  const active = () => living().filter((pod) => pod.metadata.deletionTimestamp === undefined)
  const failure = await scale(context, set, active(), podCache)
  const now = clock.now().getTime()
  const { status: counted, againMs } = replicaSetStatus(set, active(), failure, now)
  const status = of.countsTerminating ? { ...counted, terminatingReplicas: living().length - active().length } : counted
  if (!sameJson(status, set.status)) cache.put(await client.updateStatus<ReplicaSet>(of.id, { ...set, status }))
  if (failure !== null) return { afterMs: 1_000 }
  return againMs === null ? undefined : { afterMs: againMs }
}

async function scale(
  { client, events }: ControllerContext,
  set: ReplicaSet,
  active: readonly Pod[],
  podCache: Cache<Pod>,
): Promise<string | null> {
  const missing = (set.spec.replicas ?? 1) - active.length
  for (const pod of firstToGo(active).slice(0, Math.max(0, -missing))) {
    await deletePod(client, pod, podCache)
    events.record(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)
  }
  for (let made = 0; made < Math.min(missing, burst); made += 1) {
    try {
      const pod = await client.create<Pod>(
        pods,
        podFromTemplate(set, set.spec.template, `${namePrefix(set.metadata.name ?? '')}${nameSuffix()}`),
      )
      podCache.put(pod)
      events.record(set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      events.record(set, 'Warning', 'FailedCreate', `Error creating: ${message}`)
      return message
    }
  }
  return null
}

/** Not yet placed before placed, pending before running, not ready before ready, young before old. */
function firstToGo(active: readonly Pod[]): Pod[] {
  const rank = (pod: Pod) =>
    (pod.spec.nodeName ? 1 : 0) + (pod.status?.phase === 'Running' ? 2 : 0) + (isPodReady(pod) ? 4 : 0)
  return [...active].sort(
    (a, b) =>
      rank(a) - rank(b) || (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''),
  )
}

/** The counts; `againMs` says when a ready pod will count as available (minReadySeconds). */
export function replicaSetStatus(
  set: ReplicaSet,
  active: readonly Pod[],
  failure: string | null,
  now: number,
): { status: ReplicaSetStatus; againMs: number | null } {
  const minReadyMs = (set.spec.minReadySeconds ?? 0) * 1000
  const ready = active.filter(isPodReady)
  const waits = ready.map((pod) => Date.parse(readySince(pod)) + minReadyMs - now)
  const available = waits.filter((wait) => minReadyMs === 0 || wait <= 0).length
  const pending = waits.filter((wait) => minReadyMs > 0 && wait > 0)
  const labels = Object.entries(set.spec.template.metadata?.labels ?? {})
  const others = (set.status?.conditions ?? []).filter((condition) => condition.type !== 'ReplicaFailure')
  const before = set.status?.conditions?.find((condition) => condition.type === 'ReplicaFailure')
  const failed: Condition[] =
    failure === null
      ? []
      : [
          before?.message === failure
            ? before
            : {
                type: 'ReplicaFailure',
                status: 'True',
                reason: 'FailedCreate',
                message: failure,
                lastTransitionTime: toSeconds(new Date(now).toISOString()),
              },
        ]
  const conditions = [...others, ...failed]
  return {
    status: {
      replicas: active.length,
      fullyLabeledReplicas: active.filter((pod) => labels.every(([key, value]) => pod.metadata.labels?.[key] === value))
        .length,
      ...nonZero({ readyReplicas: ready.length, availableReplicas: available }),
      ...(set.metadata.generation === undefined ? {} : { observedGeneration: set.metadata.generation }),
      ...(conditions.length > 0 ? { conditions } : {}),
    },
    againMs: pending.length === 0 ? null : Math.min(...pending) + 10,
  }
}

function readySince(pod: Pod): string {
  return pod.status?.conditions?.find((condition) => condition.type === 'Ready')?.lastTransitionTime ?? ''
}

/** Counts without those that are 0, which the real controllers leave out of a status. */
export function nonZero<T extends Record<string, number>>(counts: T): Partial<T> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)) as Partial<T>
}
