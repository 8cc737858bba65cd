/** How a Deployment that is scaled in the middle of a rollout shares the difference among its ReplicaSets. */
import { rollingLimits, type Scaling } from './deployment-plan.ts'
import type { Deployment, ReplicaSet } from './workload-types.ts'

export const desiredKey = 'deployment.kubernetes.io/desired-replicas'
export const maxKey = 'deployment.kubernetes.io/max-replicas'

const sizeOf = (set: ReplicaSet): number => set.spec.replicas ?? 0
const wantedOf = (deployment: Deployment): number => deployment.spec.replicas ?? 1
const ageOf = (set: ReplicaSet): string => set.metadata.creationTimestamp ?? ''

/** What a ReplicaSet is told of its Deployment's size (`SetReplicasAnnotations`). */
export function sizeAnnotations(deployment: Deployment): Record<string, string> {
  return {
    [desiredKey]: String(wantedOf(deployment)),
    [maxKey]: String(wantedOf(deployment) + rollingLimits(deployment).maxSurge),
  }
}

/** True when a set that has pods was last scaled for another size of the Deployment (`isScalingEvent`). */
export function isScalingEvent(deployment: Deployment, sets: readonly ReplicaSet[]): boolean {
  return sets.some((set) => {
    const desired = set.metadata.annotations?.[desiredKey]
    return sizeOf(set) > 0 && desired !== undefined && Number(desired) !== wantedOf(deployment)
  })
}

/** The sizes that all sets get, in proportion to what they have (`DeploymentController.scale`). */
export function proportionalScalings(
  deployment: Deployment,
  fresh: ReplicaSet | null,
  old: readonly ReplicaSet[],
): Scaling[] {
  const wanted = wantedOf(deployment)
  const all = fresh === null ? [...old] : [fresh, ...old]
  const active = all.filter((set) => sizeOf(set) > 0)
  if (active.length <= 1) {
    const newest = active[0] ?? fresh ?? [...old].sort((a, b) => ageOf(b).localeCompare(ageOf(a)))[0]
    return newest === undefined ? [] : [{ set: newest, replicas: wanted }]
  }
  if (fresh !== null && isSaturated(deployment, fresh))
    return active.filter((set) => set !== fresh).map((set) => ({ set, replicas: 0 }))
  if (deployment.spec.strategy?.type === 'Recreate') return []
  const allowed = wanted === 0 ? 0 : wanted + rollingLimits(deployment).maxSurge
  const toAdd = allowed - active.reduce((sum, set) => sum + sizeOf(set), 0)
  const ordered = [...active].sort(
    (a, b) =>
      sizeOf(b) - sizeOf(a) || (toAdd > 0 ? ageOf(b).localeCompare(ageOf(a)) : ageOf(a).localeCompare(ageOf(b))),
  )
  let added = 0
  const scalings = ordered.map((set) => {
    const share = proportion(deployment, set, toAdd, added)
    added += share
    return { set, replicas: sizeOf(set) + share }
  })
  const [largest] = scalings
  if (largest !== undefined) largest.replicas = Math.max(0, largest.replicas + toAdd - added)
  return scalings
}

function isSaturated(deployment: Deployment, set: ReplicaSet): boolean {
  const wanted = wantedOf(deployment)
  return (
    sizeOf(set) === wanted &&
    Number(set.metadata.annotations?.[desiredKey]) === wanted &&
    (set.status?.availableReplicas ?? 0) === wanted
  )
}

/** A set's share of what is to be added (or removed), never more than what is left of it. */
function proportion(deployment: Deployment, set: ReplicaSet, toAdd: number, added: number): number {
  const left = toAdd - added
  if (toAdd === 0 || left === 0) return 0
  const share = fraction(deployment, set)
  return toAdd > 0 ? Math.min(share, left) : Math.max(share, left)
}

function fraction(deployment: Deployment, set: ReplicaSet): number {
  if (wantedOf(deployment) === 0) return -sizeOf(set)
  const before = Number(set.metadata.annotations?.[maxKey]) || (deployment.status?.replicas ?? 0)
  if (before === 0) return 0
  const now = wantedOf(deployment) + rollingLimits(deployment).maxSurge
  return Math.round((sizeOf(set) * now) / before) - sizeOf(set)
}
