import type { Pod } from '../node/types.ts'
import { isPodReady } from './job-types.ts'

export const isTerminating = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined

/** Milliseconds until a ready pod counts as available; 0 when it does, null when it is not ready. */
export function availableInMs(pod: Pod, minReadySeconds: number, now: number): number | null {
  if (!isPodReady(pod)) return null
  if (minReadySeconds === 0) return 0
  const since = pod.status?.conditions?.find((condition) => condition.type === 'Ready')?.lastTransitionTime ?? ''
  return Math.max(0, Date.parse(since) + minReadySeconds * 1000 - now)
}

export const isAvailable = (pod: Pod, minReadySeconds: number, now: number): boolean =>
  availableInMs(pod, minReadySeconds, now) === 0
