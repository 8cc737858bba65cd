import type { JobPod } from '@keelson/contracts/training'

type Named = Pick<JobPod, 'replicaType' | 'replicaIndex'>

/** `worker-1`, as log lines are labelled; null for a pod that is no numbered replica. */
export function replicaWord({ replicaType, replicaIndex }: Named): string | null {
  const parts = [replicaType?.toLowerCase(), replicaIndex].filter((part) => part !== undefined && part !== null)
  return parts.length === 0 ? null : parts.join('-')
}

/** `Worker 1`, for people. */
export function replicaTitle({ replicaType, replicaIndex }: Named): string | null {
  if (replicaType === null && replicaIndex === null) return null
  return `${replicaType ?? 'Index'}${replicaIndex === null ? '' : ` ${replicaIndex}`}`
}
