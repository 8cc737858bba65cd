import type { Pod } from '../node/types.ts'
import { hasCondition, indexKey, isFinished, isPodReady, type Job, trackingFinalizer } from './job-types.ts'

/** What the next step for a Job is. Counts are of pods that are there now plus what was counted before. */
export type JobPlan = {
  active: Pod[]
  terminating: number
  ready: number
  /** Finished pods that still carry the tracking finalizer: to be written down before the finalizer goes. */
  newlySucceeded: Pod[]
  newlyFailed: Pod[]
  /** Totals, those not yet counted included. */
  succeeded: number
  failed: number
  /** Indexes that have succeeded, of an Indexed job. */
  completedIndexes: Set<number>
  verdict: { type: 'SuccessCriteriaMet' | 'FailureTarget'; reason: string; message: string } | null
  /** Completion indexes to start a pod for; `null` entries for a job without indexes. */
  create: (number | null)[]
  remove: Pod[]
  wakeInMs: number | null
}

const firstBackOffMs = 10_000
const longestBackOffMs = 600_000

/** Fields whose meaning this controller does not have: a job with one of them is failed by name, not run wrongly. */
export function unsupportedJobField(job: Job): string | null {
  const { spec } = job
  if (spec.podFailurePolicy !== undefined) return 'spec.podFailurePolicy'
  if (spec.successPolicy !== undefined) return 'spec.successPolicy'
  if (spec.backoffLimitPerIndex !== undefined) return 'spec.backoffLimitPerIndex'
  return null
}

/** A deleted pod counts as failed at once, since it may never come to say so (podReplacementPolicy TerminatingOrFailed). */
export function isFailedPod(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === 'Failed') return true
  if (job.spec.podReplacementPolicy === 'Failed') return false
  return pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded'
}

/** The next step for a job whose owned pods are `pods`. Pure. Follows `syncJob` of Kubernetes' job controller. */
export function planJob(job: Job, pods: readonly Pod[], now: number): JobPlan {
  const { spec, status = {} } = job
  const uncounted = new Set([
    ...(status.uncountedTerminatedPods?.succeeded ?? []),
    ...(status.uncountedTerminatedPods?.failed ?? []),
  ])
  const tracked = pods.filter(
    (pod) => pod.metadata.finalizers?.includes(trackingFinalizer) && !uncounted.has(pod.metadata.uid ?? ''),
  )
  const newlySucceeded = tracked.filter((pod) => pod.status?.phase === 'Succeeded')
  const newlyFailed = tracked.filter((pod) => isFailedPod(pod, job))
  const active = pods.filter((pod) => !isFinished(pod) && pod.metadata.deletionTimestamp === undefined)
  const succeeded =
    (status.succeeded ?? 0) + (status.uncountedTerminatedPods?.succeeded?.length ?? 0) + newlySucceeded.length
  const failed = (status.failed ?? 0) + (status.uncountedTerminatedPods?.failed?.length ?? 0) + newlyFailed.length
  const completedIndexes = indexed(job) ? doneIndexes(job, pods) : new Set<number>()
  const base: JobPlan = {
    active,
    terminating: pods.filter((pod) => !isFinished(pod) && pod.metadata.deletionTimestamp !== undefined).length,
    ready: active.filter(isPodReady).length,
    newlySucceeded,
    newlyFailed,
    succeeded: indexed(job) ? completedIndexes.size : succeeded,
    failed,
    completedIndexes,
    verdict: null,
    create: [],
    remove: [],
    wakeInMs: null,
  }
  if (hasCondition(status.conditions, 'SuccessCriteriaMet') || hasCondition(status.conditions, 'FailureTarget'))
    return { ...base, remove: active }
  const verdict = verdictOf(job, base, active, now)
  if (verdict !== null) return { ...base, verdict, remove: active }
  if (spec.suspend) return { ...base, remove: active }
  return { ...base, ...manage(job, base, pods, now) }
}

const indexed = (job: Job) => job.spec.completionMode === 'Indexed'

function verdictOf(job: Job, plan: JobPlan, active: readonly Pod[], now: number): JobPlan['verdict'] {
  const { spec, status = {} } = job
  const unsupported = unsupportedJobField(job)
  if (unsupported !== null)
    return { type: 'FailureTarget', reason: 'Unsupported', message: `${unsupported} is not supported by kubelite` }
  const limit = spec.backoffLimit ?? 6
  const failed = (reason: string, message: string) => ({ type: 'FailureTarget' as const, reason, message })
  if (plan.failed > limit || restartsPastLimit(job, active, limit))
    return failed('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  const deadline = deadlineOf(job)
  if (deadline !== null && now >= deadline && status.startTime !== undefined)
    return failed('DeadlineExceeded', 'Job was active longer than specified deadline')
  const complete =
    spec.completions === undefined ? plan.succeeded > 0 && active.length === 0 : plan.succeeded >= spec.completions
  return complete
    ? { type: 'SuccessCriteriaMet', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' }
    : null
}

/** With restartPolicy OnFailure the containers' restarts count as failures of the job. */
function restartsPastLimit(job: Job, active: readonly Pod[], limit: number): boolean {
  if (job.spec.template.spec.restartPolicy !== 'OnFailure') return false
  const restarts = active
    .flatMap((pod) => [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])])
    .reduce((total, container) => total + container.restartCount, 0)
  return limit === 0 ? restarts > 0 : restarts >= limit
}

function deadlineOf(job: Job): number | null {
  const { activeDeadlineSeconds, suspend } = job.spec
  if (activeDeadlineSeconds === undefined || suspend || job.status?.startTime === undefined) return null
  return Date.parse(job.status.startTime) + activeDeadlineSeconds * 1000
}

function manage(
  job: Job,
  plan: JobPlan,
  pods: readonly Pod[],
  now: number,
): Pick<JobPlan, 'create' | 'remove' | 'wakeInMs'> {
  const { spec } = job
  const parallelism = spec.parallelism ?? 1
  const deadline = deadlineOf(job)
  const wakeInMs = deadline === null ? null : Math.max(0, deadline - now)
  const wanted =
    spec.completions === undefined
      ? plan.succeeded > 0 || plan.newlySucceeded.length > 0
        ? plan.active.length
        : parallelism
      : Math.min(parallelism, Math.max(0, spec.completions - plan.succeeded))
  if (plan.active.length > wanted)
    return { create: [], remove: leastUseful(plan.active).slice(0, plan.active.length - wanted), wakeInMs }
  const missing = wanted - plan.active.length
  if (missing === 0) return { create: [], remove: [], wakeInMs }
  const waitMs = backOffLeftMs(pods, job, now)
  if (waitMs > 0) return { create: [], remove: [], wakeInMs: wakeInMs === null ? waitMs : Math.min(waitMs, wakeInMs) }
  return {
    create: indexed(job) ? freeIndexes(job, plan, missing) : Array.from({ length: missing }, () => null),
    remove: [],
    wakeInMs,
  }
}

/** 10 s after the first failure in a row, then twice as long each time, up to ten minutes. */
export function backOffLeftMs(pods: readonly Pod[], job: Job, now: number): number {
  const endOf = (pod: Pod) =>
    Math.max(
      0,
      ...(pod.status?.containerStatuses ?? []).map(
        (container) => Date.parse(container.state.terminated?.finishedAt ?? '') || 0,
      ),
    ) ||
    Date.parse(pod.metadata.deletionTimestamp ?? '') ||
    0
  const lastSuccess = Math.max(0, ...pods.filter((pod) => pod.status?.phase === 'Succeeded').map(endOf))
  const failures = pods.filter((pod) => isFailedPod(pod, job) && endOf(pod) >= lastSuccess)
  if (failures.length === 0) return 0
  const last = Math.max(...failures.map(endOf))
  return last + Math.min(firstBackOffMs * 2 ** (failures.length - 1), longestBackOffMs) - now
}

/** Pods that do not run yet go first. */
function leastUseful(active: readonly Pod[]): Pod[] {
  const rank = (pod: Pod) => (pod.status?.phase !== 'Running' ? 0 : isPodReady(pod) ? 2 : 1)
  return [...active].sort(
    (a, b) =>
      rank(a) - rank(b) || (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''),
  )
}

export const indexOf = (pod: Pod) => Number(pod.metadata.annotations?.[indexKey] ?? Number.NaN)

function doneIndexes(job: Job, pods: readonly Pod[]): Set<number> {
  const done = parseIndexes(job.status?.completedIndexes ?? '')
  const limit = job.spec.completions ?? 0
  for (const pod of pods) if (pod.status?.phase === 'Succeeded' && indexOf(pod) < limit) done.add(indexOf(pod))
  return done
}

function freeIndexes(job: Job, plan: JobPlan, count: number): number[] {
  const busy = new Set(plan.active.map(indexOf))
  const free: number[] = []
  for (let index = 0; index < (job.spec.completions ?? 0) && free.length < count; index += 1) {
    if (!plan.completedIndexes.has(index) && !busy.has(index)) free.push(index)
  }
  return free
}

/** `1,3-5` → 1, 3, 4, 5. */
export function parseIndexes(text: string): Set<number> {
  const indexes = new Set<number>()
  for (const part of text.split(',').filter((each) => each !== '')) {
    const [from = 0, to = from] = part.split('-').map(Number)
    for (let index = from; index <= to; index += 1) indexes.add(index)
  }
  return indexes
}

export function formatIndexes(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b)
  const parts: string[] = []
  for (let at = 0; at < sorted.length; ) {
    let end = at
    while (sorted[end + 1] === (sorted[end] ?? 0) + 1) end += 1
    // Two neighbours are written `1,2`, as the job controller does.
    parts.push(
      end === at ? `${sorted[at]}` : end === at + 1 ? `${sorted[at]},${sorted[end]}` : `${sorted[at]}-${sorted[end]}`,
    )
    at = end + 1
  }
  return parts.join(',')
}
