import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Condition, Pod } from '../node/types.ts'
import { isFinished, isPodReady, type LabelSelector, type PodTemplate } from './job-types.ts'
import { availableInMs, isAvailable, isTerminating } from './pod-state.ts'
import type { Claim } from './storage-types.ts'

export type StatefulSet = KubeObject & {
  spec: {
    replicas?: number
    serviceName?: string
    selector: LabelSelector
    template: PodTemplate
    volumeClaimTemplates?: Claim[]
    podManagementPolicy?: 'OrderedReady' | 'Parallel'
    updateStrategy?: {
      type?: 'RollingUpdate' | 'OnDelete'
      rollingUpdate?: { partition?: number; maxUnavailable?: number | string }
    }
    minReadySeconds?: number
    revisionHistoryLimit?: number
    ordinals?: { start?: number }
    persistentVolumeClaimRetentionPolicy?: { whenDeleted?: 'Retain' | 'Delete'; whenScaled?: 'Retain' | 'Delete' }
  }
  status?: StatefulSetStatus
}
export type StatefulSetStatus = {
  observedGeneration?: number
  replicas: number
  readyReplicas?: number
  currentReplicas?: number
  updatedReplicas?: number
  currentRevision?: string
  updateRevision?: string
  collisionCount?: number
  conditions?: Condition[]
  availableReplicas: number
}
export const statefulSets = { group: 'apps', version: 'v1', plural: 'statefulsets' } as const
export const revisionLabel = 'controller-revision-hash'

export type StatefulSetPlan = {
  /** Ordinals to make a pod for, with the revision that each gets. */
  create: { ordinal: number; revision: 'current' | 'update' }[]
  remove: Pod[]
  /** Pods outside the range, whose claims may have to go with them. */
  condemned: Pod[]
  wakeInMs: number | null
}

/** The number at the end of a pod's name; -1 for a name that is not one of the set's. */
export function ordinalOf(set: StatefulSet, pod: Pod): number {
  const prefix = `${set.metadata.name}-`
  const name = pod.metadata.name ?? ''
  const rest = name.slice(prefix.length)
  return name.startsWith(prefix) && /^\d+$/.test(rest) ? Number(rest) : -1
}

export const startOf = (set: StatefulSet): number => set.spec.ordinals?.start ?? 0
const replicasOf = (set: StatefulSet): number => set.spec.replicas ?? 1
export const inRange = (set: StatefulSet, ordinal: number): boolean =>
  ordinal >= startOf(set) && ordinal < startOf(set) + replicasOf(set)

const revisionOf = (pod: Pod): string => pod.metadata.labels?.[revisionLabel] ?? ''

/** The next steps of a set whose pods are `pods`. Pure. Follows `updateStatefulSet` of Kubernetes' controller. */
export function planStatefulSet(set: StatefulSet, pods: readonly Pod[], update: string, now: number): StatefulSetPlan {
  const ordered = set.spec.podManagementPolicy !== 'Parallel'
  const minReady = set.spec.minReadySeconds ?? 0
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod), pod]))
  const ordinals = Array.from({ length: replicasOf(set) }, (_, index) => startOf(set) + index)
  const condemned = pods
    .filter((pod) => ordinalOf(set, pod) >= 0 && !inRange(set, ordinalOf(set, pod)))
    .sort((a, b) => ordinalOf(set, b) - ordinalOf(set, a))
  const waits = pods.flatMap((pod) => availableInMs(pod, minReady, now) ?? []).filter((ms) => ms > 0)
  const plan: StatefulSetPlan = {
    create: [],
    remove: [],
    condemned,
    wakeInMs: waits.length === 0 ? null : Math.min(...waits) + 10,
  }
  for (const ordinal of ordinals) {
    const pod = byOrdinal.get(ordinal)
    if (pod === undefined) plan.create.push({ ordinal, revision: revisionFor(set, ordinal) })
    else if (isFinished(pod) && !isTerminating(pod)) plan.remove.push(pod)
    // One after the other: what comes later waits until this one is there, ready and available.
    if (ordered && (pod === undefined || isTerminating(pod) || isFinished(pod) || !isAvailable(pod, minReady, now)))
      return plan
  }
  if (plan.create.length + plan.remove.length > 0) return plan
  const scaled = scaleDown(set, plan, byOrdinal, ordinals, ordered, now)
  return scaled ?? roll(set, plan, byOrdinal, ordinals, update, now)
}

/** Below the partition new pods are of the old revision. */
function revisionFor(set: StatefulSet, ordinal: number): 'current' | 'update' {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {}
  return type !== 'OnDelete' && ordinal < startOf(set) + (rollingUpdate?.partition ?? 0) ? 'current' : 'update'
}

function scaleDown(
  set: StatefulSet,
  plan: StatefulSetPlan,
  byOrdinal: ReadonlyMap<number, Pod>,
  ordinals: readonly number[],
  ordered: boolean,
  now: number,
): StatefulSetPlan | null {
  const { condemned } = plan
  const going = condemned.filter((pod) => !isTerminating(pod))
  if (!ordered) return condemned.length === 0 ? null : { ...plan, remove: going }
  const [first] = condemned
  if (first === undefined) return null
  const unavailable = (pod: Pod) => isTerminating(pod) || !isAvailable(pod, set.spec.minReadySeconds ?? 0, now)
  const living = ordinals.flatMap((ordinal) => byOrdinal.get(ordinal) ?? [])
  const firstUnavailable = [...living, ...[...condemned].reverse()].find(unavailable)
  const mayGo = !isTerminating(first) && (!unavailable(first) || first === firstUnavailable)
  return { ...plan, remove: mayGo ? [first] : [] }
}

/** From the highest ordinal down to the partition, as many at once as may be unavailable (one when nothing is said). */
function roll(
  set: StatefulSet,
  plan: StatefulSetPlan,
  byOrdinal: ReadonlyMap<number, Pod>,
  ordinals: readonly number[],
  update: string,
  now: number,
): StatefulSetPlan {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {}
  if (type === 'OnDelete') return plan
  const lowest = startOf(set) + (rollingUpdate?.partition ?? 0)
  const pods = ordinals.flatMap((ordinal) => byOrdinal.get(ordinal) ?? []).reverse()
  const minReady = set.spec.minReadySeconds ?? 0
  const unavailable = pods.filter((pod) => isTerminating(pod) || !isAvailable(pod, minReady, now)).length
  const room = mostUnavailable(rollingUpdate?.maxUnavailable, replicasOf(set)) - unavailable
  const old = pods.filter((pod) => ordinalOf(set, pod) >= lowest && revisionOf(pod) !== update && !isTerminating(pod))
  if (room > 0) return { ...plan, remove: old.slice(0, room) }
  // A new template must be able to mend what the old one broke.
  const [next] = old
  const isFirstInLine =
    next !== undefined &&
    !isAvailable(next, minReady, now) &&
    pods.find((pod) => isTerminating(pod) || !isAvailable(pod, minReady, now)) === next
  return isFirstInLine ? { ...plan, remove: [next] } : plan
}

function mostUnavailable(value: number | string | undefined, replicas: number): number {
  if (value === undefined) return 1
  const asked = typeof value === 'number' ? value : Math.ceil((replicas * Number.parseFloat(value)) / 100)
  return Math.max(1, asked)
}

/** Counts and revisions (`updateStatus`, `completeRollingUpdate`). */
export function statefulSetStatus(
  set: StatefulSet,
  pods: readonly Pod[],
  revisions: { current: string; update: string },
  now: number,
): StatefulSetStatus {
  const replicas = replicasOf(set)
  const ready = pods.filter((pod) => pod.status?.phase === 'Running' && isPodReady(pod))
  const available = ready.filter((pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, now)).length
  const on = (revision: string) => pods.filter((pod) => !isTerminating(pod) && revisionOf(pod) === revision).length
  const updated = on(revisions.update)
  const complete =
    set.spec.updateStrategy?.type !== 'OnDelete' &&
    updated === replicas &&
    ready.length === replicas &&
    pods.length === replicas
  const currentReplicas = complete ? updated : on(revisions.current)
  return {
    ...(set.metadata.generation === undefined ? {} : { observedGeneration: set.metadata.generation }),
    replicas: pods.length,
    ...(ready.length > 0 ? { readyReplicas: ready.length } : {}),
    ...(currentReplicas > 0 ? { currentReplicas } : {}),
    ...(updated > 0 ? { updatedReplicas: updated } : {}),
    currentRevision: complete ? revisions.update : revisions.current,
    updateRevision: revisions.update,
    collisionCount: set.status?.collisionCount ?? 0,
    ...(set.status?.conditions === undefined ? {} : { conditions: set.status.conditions }),
    availableReplicas: available,
  }
}
