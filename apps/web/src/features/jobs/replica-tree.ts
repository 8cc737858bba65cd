import type { Status } from '@keelson/contracts/status'
import type { JobPod } from '@keelson/contracts/training'
import { replicaTitle } from './replica-words.ts'

/** A replica with its attempts, oldest first; the newest says how it is. */
export type Replica = { key: string; title: string; attempts: readonly JobPod[]; newest: JobPod }
/** The replicas of a type. A job whose pods have no types has one group. */
export type ReplicaGroup = {
  type: string
  replicas: readonly Replica[]
  counts: readonly (readonly [Status, number])[]
}

/** Pods come ordered by type, index and attempt. Those without type and index are attempts of the one thing that the job runs. */
export function replicaTree(pods: readonly JobPod[]): ReplicaGroup[] {
  const replicas = [...Map.groupBy(pods, (pod) => `${pod.replicaType} ${pod.replicaIndex}`)].flatMap(
    ([key, attempts]) => {
      const newest = attempts.at(-1)
      return newest ? [{ key, title: replicaTitle(newest) ?? 'Pods', attempts, newest }] : []
    },
  )
  return [
    ...Map.groupBy(replicas, ({ newest }) => newest.replicaType ?? (newest.replicaIndex === null ? 'Pods' : 'Index')),
  ].map(([type, own]) => ({ type, replicas: own, counts: countsOf(own) }))
}

function countsOf(replicas: readonly Replica[]): ReplicaGroup['counts'] {
  const counts = Map.groupBy(replicas, ({ newest }) => newest.status.status)
  return [...counts].map(([status, own]) => [status, own.length] as const).sort(([, one], [, other]) => other - one)
}

/** What is open before anybody touched it: types, and replicas of which somebody would want to see every attempt. */
export function isOpenAtFirst(replica: Replica, group: ReplicaGroup): boolean {
  return group.replicas.length === 1 || replica.attempts.length > 1
}
