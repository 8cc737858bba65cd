import { createHash } from 'node:crypto'
import type { Condition } from '../node/types.ts'
import type { PodTemplate } from './job-types.ts'
import { nonZero } from './replica-set.ts'
import type { Deployment, DeploymentStatus, ReplicaSet } from './workload-types.ts'

export const hashLabel = 'pod-template-hash'
export const revisionKey = 'deployment.kubernetes.io/revision'

/** A template as text that is the same for the same content, whatever the order of its keys. */
export function canonicalTemplate(template: PodTemplate): string {
  const { [hashLabel]: _, ...labels } = template.metadata?.labels ?? {}
  return stable({ spec: template.spec, labels, annotations: template.metadata?.annotations ?? {} })
}

function stable(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stable).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${stable(each)}`).join(',')}}`
}

const letters = 'bcdfghjklmnpqrstvwxz2456789'

/** Ten letters that name a template's ReplicaSet. */
export function templateHash(template: PodTemplate): string {
  const bytes = createHash('sha256').update(canonicalTemplate(template)).digest()
  return Array.from(bytes.subarray(0, 10), (byte) => letters[byte % letters.length]).join('')
}

/** An absolute number, or a percentage of `total`. */
function resolve(value: number | string | undefined, total: number, round: (value: number) => number): number {
  if (value === undefined) return round(total * 0.25)
  if (typeof value === 'number') return value
  return value.endsWith('%') ? round((total * Number.parseFloat(value)) / 100) : Number.parseInt(value, 10) || 0
}

/** How many pods more, and how many available ones fewer, a rolling update may have. Never both 0. */
export function rollingLimits(deployment: Deployment): { maxSurge: number; maxUnavailable: number } {
  const replicas = deployment.spec.replicas ?? 1
  if (deployment.spec.strategy?.type === 'Recreate') return { maxSurge: 0, maxUnavailable: 0 }
  const { maxSurge, maxUnavailable } = deployment.spec.strategy?.rollingUpdate ?? {}
  const surge = resolve(maxSurge, replicas, Math.ceil)
  const unavailable = resolve(maxUnavailable, replicas, Math.floor)
  return surge === 0 && unavailable === 0
    ? { maxSurge: 0, maxUnavailable: 1 }
    : { maxSurge: surge, maxUnavailable: Math.min(unavailable, replicas) }
}

const wished = (set: ReplicaSet) => set.spec.replicas ?? 0
const available = (set: ReplicaSet) => set.status?.availableReplicas ?? 0
const total = (sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number) =>
  sets.reduce((sum, set) => sum + of(set), 0)

export type Scaling = { set: ReplicaSet; replicas: number }

/**
 * The next scalings of a rolling update, as `reconcileNewReplicaSet` and `reconcileOldReplicaSets` do them: up within the
 * surge, down so far that enough pods stay available, the old unhealthy ones first.
 */
export function rollingScalings(deployment: Deployment, fresh: ReplicaSet, old: readonly ReplicaSet[]): Scaling[] {
  const replicas = deployment.spec.replicas ?? 1
  const { maxSurge, maxUnavailable } = rollingLimits(deployment)
  const all = [fresh, ...old]
  if (wished(fresh) > replicas) return [{ set: fresh, replicas }]
  if (wished(fresh) < replicas) {
    const room = replicas + maxSurge - total(all, wished)
    const up = Math.min(room, replicas - wished(fresh))
    if (up > 0) return [{ set: fresh, replicas: wished(fresh) + up }]
  }
  const oldSets = [...old]
    .filter((set) => wished(set) > 0)
    .sort((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''))
  if (oldSets.length === 0) return []
  const least = replicas - maxUnavailable
  const freshUnavailable = Math.max(0, wished(fresh) - available(fresh))
  const mayGo = total(all, wished) - least - freshUnavailable
  if (mayGo <= 0) return []
  const next = new Map(oldSets.map((set) => [set, wished(set)]))
  let cleaned = 0
  for (const set of oldSets) {
    const down = Math.min(mayGo - cleaned, Math.max(0, wished(set) - available(set)))
    next.set(set, wished(set) - down)
    cleaned += down
  }
  let healthy = Math.min(mayGo - cleaned, total(all, available) - least)
  for (const set of oldSets) {
    const down = Math.min(Math.max(0, healthy), next.get(set) ?? 0)
    next.set(set, (next.get(set) ?? 0) - down)
    healthy -= down
  }
  return [...next].filter(([set, count]) => count !== wished(set)).map(([set, count]) => ({ set, replicas: count }))
}

/** Counts and conditions of a deployment (`calculateStatus`, `syncRolloutStatus`). */
export function deploymentStatus(
  deployment: Deployment,
  fresh: ReplicaSet | null,
  old: readonly ReplicaSet[],
  note: { reason: string; message: string } | null,
  now: Date,
): DeploymentStatus {
  const all = fresh === null ? old : [fresh, ...old]
  const replicas = deployment.spec.replicas ?? 1
  const availableReplicas = total(all, available)
  const counts = {
    replicas: total(all, (set) => set.status?.replicas ?? 0),
    updatedReplicas: fresh?.status?.replicas ?? 0,
    readyReplicas: total(all, (set) => set.status?.readyReplicas ?? 0),
    availableReplicas,
  }
  const unavailableReplicas = Math.max(0, total(all, wished) - availableReplicas)
  const enough = availableReplicas >= replicas - rollingLimits(deployment).maxUnavailable
  const before = deployment.status?.conditions ?? []
  const availability = enough
    ? {
        type: 'Available',
        status: 'True' as const,
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False' as const,
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      }
  const progress = progressing(deployment, fresh, counts, note, now)
  const conditions = [availability, ...(progress === null ? [] : [progress])].map((condition) =>
    stamp(condition, before, now),
  )
  return {
    ...(deployment.metadata.generation === undefined ? {} : { observedGeneration: deployment.metadata.generation }),
    ...nonZero({ ...counts, unavailableReplicas }),
    terminatingReplicas: total(all, (set) => set.status?.terminatingReplicas ?? 0),
    conditions: [
      ...conditions,
      ...failureOf(fresh, old),
      ...before.filter(
        ({ type }) => type !== replicaFailure && !conditions.some((condition) => condition.type === type),
      ),
    ],
  }
}

const replicaFailure = 'ReplicaFailure'

/** Why pods are refused, as the newest ReplicaSet tells it, else one before (`getReplicaFailures`). */
function failureOf(fresh: ReplicaSet | null, old: readonly ReplicaSet[]): Condition[] {
  const sets = fresh === null ? old : [fresh, ...old]
  return sets.flatMap(({ status }) => status?.conditions?.find(({ type }) => type === replicaFailure) ?? []).slice(0, 1)
}

type Counts = { replicas: number; updatedReplicas: number; availableReplicas: number; readyReplicas: number }
type Unstamped = Pick<Condition, 'type' | 'status'> & { reason: string; message: string; renew?: boolean }

/** True when every wished pod is of the newest template, is available, and no older one is left. */
export function isComplete(deployment: Deployment, counts: Counts): boolean {
  const replicas = deployment.spec.replicas ?? 1
  return counts.updatedReplicas === replicas && counts.replicas === replicas && counts.availableReplicas === replicas
}

function progressing(
  deployment: Deployment,
  fresh: ReplicaSet | null,
  counts: Counts,
  note: { reason: string; message: string } | null,
  now: Date,
): Unstamped | null {
  const name = fresh?.metadata.name ?? ''
  const before = deployment.status?.conditions?.find((condition) => condition.type === 'Progressing')
  if (deployment.spec.paused)
    return { type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' }
  if (note !== null)
    return { type: 'Progressing', status: note.reason === 'ReplicaSetCreateError' ? 'False' : 'True', ...note }
  if (fresh === null) return null
  const done = before?.reason === 'NewReplicaSetAvailable' && before.message?.includes(`"${name}"`)
  if (
    isComplete(deployment, counts) ||
    (done && deployment.metadata.generation === deployment.status?.observedGeneration)
  ) {
    return {
      type: 'Progressing',
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `ReplicaSet "${name}" has successfully progressed.`,
    }
  }
  const status = deployment.status ?? {}
  const moved =
    counts.updatedReplicas > (status.updatedReplicas ?? 0) ||
    counts.readyReplicas > (status.readyReplicas ?? 0) ||
    counts.availableReplicas > (status.availableReplicas ?? 0) ||
    counts.replicas - counts.updatedReplicas < (status.replicas ?? 0) - (status.updatedReplicas ?? 0)
  if (!moved && isTooLate(deployment, now)) {
    return {
      type: 'Progressing',
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: `ReplicaSet "${name}" has timed out progressing.`,
    }
  }
  if (!moved && before !== undefined && before.reason !== 'NewReplicaSetAvailable')
    return { ...before, reason: before.reason ?? '', message: before.message ?? '' }
  return {
    type: 'Progressing',
    status: 'True',
    reason: 'ReplicaSetUpdated',
    message: `ReplicaSet "${name}" is progressing.`,
    renew: true,
  }
}

/** Milliseconds until a deployment that does not move counts as stuck; null when it is not on its way. */
export function deadlineInMs(deployment: Deployment, now: Date): number | null {
  const before = deployment.status?.conditions?.find((condition) => condition.type === 'Progressing')
  if (
    before === undefined ||
    before.status !== 'True' ||
    before.reason === 'NewReplicaSetAvailable' ||
    !before.lastUpdateTime
  )
    return null
  return Date.parse(before.lastUpdateTime) + (deployment.spec.progressDeadlineSeconds ?? 600) * 1000 - now.getTime()
}

function isTooLate(deployment: Deployment, now: Date): boolean {
  const before = deployment.status?.conditions?.find((condition) => condition.type === 'Progressing')
  if (before?.reason === 'ProgressDeadlineExceeded') return true
  const left = deadlineInMs(deployment, now)
  return left !== null && left <= 0
}

function stamp(condition: Unstamped, before: readonly Condition[], now: Date): Condition {
  const { type, status, reason, message, renew } = condition
  const at = `${now.toISOString().slice(0, 19)}Z`
  const old = before.find((each) => each.type === type)
  const same = old?.status === status && old.reason === reason && old.message === message && !renew
  if (same) return old
  return {
    type,
    status,
    reason,
    message,
    lastUpdateTime: at,
    lastTransitionTime: old?.status === status ? (old.lastTransitionTime ?? at) : at,
  }
}
