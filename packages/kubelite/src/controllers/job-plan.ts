import type { Pod } from '../node/types.ts'
import { parseIndexes } from './job-indexes.ts'
import { countCarriers, failedIndexes, judgeFailure, matchSuccess } from './job-policies.ts'
import { hasCondition, indexOf, isFinished, isPodReady, type Job, trackingFinalizer } from './job-types.ts'

/** What the next step for a Job is. Counts are of pods that are there now plus what was counted before. */
export type JobPlan = {
  active: Pod[]
  terminating: number
  ready: number
  /**
   * Finished pods that still carry the tracking finalizer: to be written down before the finalizer goes. Without those that keep it
   * until their index is tried again (backoffLimitPerIndex).
   */
  newlySucceeded: Pod[]
  newlyFailed: Pod[]
  /** Failed pods that the failure policy does not count. */
  newlyIgnored: Pod[]
  /** Totals, those not yet counted included. */
  succeeded: number
  failed: number
  /** Indexes that have succeeded, of an Indexed job. */
  completedIndexes: Set<number>
  /** Indexes that are not tried again (backoffLimitPerIndex). */
  failedIndexes: Set<number>
  verdict: { type: 'SuccessCriteriaMet' | 'FailureTarget'; reason: string; message: string } | null
  /** Completion indexes to start a pod for; `null` entries for a job without indexes. */
  create: (number | null)[]
  remove: Pod[]
  wakeInMs: number | null
}

const firstBackOffMs = 10_000
const longestBackOffMs = 600_000

/**
 * A deleted pod counts as failed at once, since it may never come to say so (podReplacementPolicy TerminatingOrFailed);
 * otherwise when it has ended, or when no node had it.
 */
export function isFailedPod(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === 'Failed') return true
  if (pod.metadata.deletionTimestamp === undefined || pod.status?.phase === 'Succeeded') return false
  return job.spec.podReplacementPolicy !== 'Failed' || !pod.spec.nodeName
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
  const ended = tracked.filter((pod) => isFailedPod(pod, job))
  const isIgnored = (pod: Pod) => judgeFailure(spec.podFailurePolicy, pod).action === 'Ignore'
  const allFailed = pods.filter((pod) => isFailedPod(pod, job))
  const active = pods.filter((pod) => !isFinished(pod) && pod.metadata.deletionTimestamp === undefined)
  const succeeded =
    (status.succeeded ?? 0) + (status.uncountedTerminatedPods?.succeeded?.length ?? 0) + newlySucceeded.length
  const newlyFailed = ended.filter((pod) => !isIgnored(pod))
  const failed = (status.failed ?? 0) + (status.uncountedTerminatedPods?.failed?.length ?? 0) + newlyFailed.length
  const completedIndexes = indexed(job) ? doneIndexes(job, pods) : new Set<number>()
  const givenUp = failedIndexes(job, allFailed)
  const settled = new Set([...completedIndexes, ...givenUp, ...active.map(indexOf)])
  const base: JobPlan = {
    active,
    terminating: pods.filter((pod) => !isFinished(pod) && pod.metadata.deletionTimestamp !== undefined).length,
    ready: active.filter(isPodReady).length,
    newlySucceeded,
    newlyFailed,
    newlyIgnored: ended.filter(isIgnored),
    succeeded: indexed(job) ? completedIndexes.size : succeeded,
    failed,
    completedIndexes,
    failedIndexes: givenUp,
    verdict: null,
    create: [],
    remove: [],
    wakeInMs: null,
  }
  if (hasCondition(status.conditions, 'SuccessCriteriaMet') || hasCondition(status.conditions, 'FailureTarget'))
    return { ...base, remove: active }
  const verdict = verdictOf(job, base, active, allFailed, now)
  if (verdict !== null) return { ...base, verdict, remove: active }
  const carriers = countCarriers(job, ended, settled)
  const going: JobPlan = {
    ...base,
    newlyFailed: newlyFailed.filter((pod) => !carriers.has(pod)),
    newlyIgnored: base.newlyIgnored.filter((pod) => !carriers.has(pod)),
  }
  if (spec.suspend) return { ...going, remove: active }
  return { ...going, ...manage(job, going, pods, now) }
}

const indexed = (job: Job) => job.spec.completionMode === 'Indexed'

function verdictOf(
  job: Job,
  plan: JobPlan,
  active: readonly Pod[],
  failedPods: readonly Pod[],
  now: number,
): JobPlan['verdict'] {
  const { spec, status = {} } = job
  const limit = spec.backoffLimit ?? 6
  const failed = (reason: string, message: string) => ({ type: 'FailureTarget' as const, reason, message })
  const met = (reason: string, message: string) => ({ type: 'SuccessCriteriaMet' as const, reason, message })
  const fatal = failedPods
    .map((pod) => judgeFailure(spec.podFailurePolicy, pod))
    .find(({ action }) => action === 'FailJob')
  if (fatal !== undefined) return failed('PodFailurePolicy', fatal.message)
  if (plan.failed > limit || restartsPastLimit(job, active, limit))
    return failed('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  const deadline = deadlineOf(job)
  if (deadline !== null && now >= deadline && status.startTime !== undefined)
    return failed('DeadlineExceeded', 'Job was active longer than specified deadline')
  if (spec.maxFailedIndexes !== undefined && plan.failedIndexes.size > spec.maxFailedIndexes)
    return failed('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes')
  const settled = plan.failedIndexes.size + plan.completedIndexes.size
  if (plan.failedIndexes.size > 0 && settled >= (spec.completions ?? 0))
    return failed('FailedIndexes', 'Job has failed indexes')
  const rule = matchSuccess(spec.successPolicy, plan.completedIndexes)
  if (rule !== null) return met('SuccessPolicy', rule)
  const complete =
    spec.completions === undefined ? plan.succeeded > 0 && active.length === 0 : plan.succeeded >= spec.completions
  return complete ? met('CompletionsReached', 'Reached expected number of succeeded pods') : null
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
  // An Indexed job may be made smaller while it runs.
  const beyond = indexed(job) ? plan.active.filter((pod) => indexOf(pod) >= (spec.completions ?? 0)) : []
  if (beyond.length > 0) return { create: [], remove: beyond, wakeInMs }
  const wanted =
    spec.completions === undefined
      ? plan.succeeded > 0 || plan.newlySucceeded.length > 0
        ? plan.active.length
        : parallelism
      : Math.min(parallelism, Math.max(0, spec.completions - plan.succeeded - plan.failedIndexes.size))
  if (plan.active.length > wanted)
    return { create: [], remove: leastUseful(plan.active).slice(0, plan.active.length - wanted), wakeInMs }
  // With podReplacementPolicy Failed a pod that is going keeps its place until it has ended.
  const held = spec.podReplacementPolicy === 'Failed' ? plan.terminating : 0
  const missing = wanted - plan.active.length - held
  if (missing <= 0) return { create: [], remove: [], wakeInMs }
  if (spec.backoffLimitPerIndex !== undefined)
    return { remove: [], ...retryIndexes(job, plan, pods, missing, now, wakeInMs) }
  const waitMs = backOffLeftMs(pods, job, now)
  if (waitMs > 0) return { create: [], remove: [], wakeInMs: wakeInMs === null ? waitMs : Math.min(waitMs, wakeInMs) }
  return {
    create: indexed(job) ? freeIndexes(job, plan, pods).slice(0, missing) : Array.from({ length: missing }, () => null),
    remove: [],
    wakeInMs,
  }
}

/** Each index waits for its own failures. */
function retryIndexes(
  job: Job,
  plan: JobPlan,
  pods: readonly Pod[],
  missing: number,
  now: number,
  wakeInMs: number | null,
): Pick<JobPlan, 'create' | 'wakeInMs'> {
  const due: number[] = []
  const waits = wakeInMs === null ? [] : [wakeInMs]
  for (const index of freeIndexes(job, plan, pods)) {
    const own = pods.filter((pod) => indexOf(pod) === index)
    const left = backOffLeftMs(own, job, now)
    if (left > 0) waits.push(left)
    else if (due.length < missing) due.push(index)
  }
  return { create: due, wakeInMs: waits.length === 0 ? null : Math.min(...waits) }
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

function doneIndexes(job: Job, pods: readonly Pod[]): Set<number> {
  const limit = job.spec.completions ?? 0
  const done = new Set([...parseIndexes(job.status?.completedIndexes ?? '')].filter((index) => index < limit))
  for (const pod of pods) if (pod.status?.phase === 'Succeeded' && indexOf(pod) < limit) done.add(indexOf(pod))
  return done
}

/** Indexes that are neither done nor given up nor at work; a pod that is going still has its own (policy Failed). */
function freeIndexes(job: Job, plan: JobPlan, pods: readonly Pod[]): number[] {
  const going = job.spec.podReplacementPolicy === 'Failed' ? pods.filter((pod) => !isFinished(pod)) : []
  const busy = new Set([...plan.active, ...going].map(indexOf))
  return Array.from({ length: job.spec.completions ?? 0 }, (_, index) => index).filter(
    (index) => !plan.completedIndexes.has(index) && !plan.failedIndexes.has(index) && !busy.has(index),
  )
}
