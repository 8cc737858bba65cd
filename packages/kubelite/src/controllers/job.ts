import { toSeconds } from '../node/pod-status.ts'
import { type Condition, type Pod, pods, refOf } from '../node/types.ts'
import type { Cache } from './cache.ts'
import { openCache } from './cache.ts'
import type { ControllerContext } from './context.ts'
import { formatIndexes } from './job-indexes.ts'
import { isFailedPod, type JobPlan, planJob } from './job-plan.ts'
import { indexFailures } from './job-policies.ts'
import {
  controllerOf,
  hasCondition,
  indexFailuresKey,
  indexKey,
  type Job,
  type JobStatus,
  jobs,
  trackingFinalizer,
} from './job-types.ts'
import { deletePod, namePrefix, nameSuffix, ownedPods, podFromTemplate } from './owned-pods.ts'
import { openWorkQueue, type ReconcileResult } from './work-queue.ts'

type JobContext = ControllerContext & { jobCache: Cache<Job>; podCache: Cache<Pod> }

/** Runs Jobs to completion: each pass compares a job with its pods and does the next step. Gives back its cache. */
export function startJobController(context: ControllerContext, podCache: Cache<Pod>): Cache<Job> {
  const { client, log, signal, clock } = context
  const jobCache = openCache<Job>(client, jobs, {}, { log, signal })
  const inner: JobContext = { ...context, jobCache, podCache }
  const queue = openWorkQueue({ name: 'job', clock, log, signal }, async (key) => {
    await Promise.all([jobCache.synced, podCache.synced])
    const [namespace = '', name = ''] = key.split('/')
    const job = jobCache.get({ namespace, name })
    return job ? reconcileJob(inner, job) : undefined
  })
  jobCache.onEvent(({ type, object }) => {
    const { namespace, name, uid } = refOf(object)
    if (type === 'deleted')
      for (const pod of podCache.list(namespace)) if (controllerOf(pod)?.uid === uid) void releasePod(inner, pod)
    queue.add(`${namespace}/${name}`)
  })
  podCache.onEvent(({ object }) => {
    const owner = controllerOf(object)
    if (owner?.kind !== 'Job') return
    queue.add(`${object.metadata.namespace}/${owner.name}`)
    void jobCache.synced.then(() => {
      const job = jobCache.get({ namespace: object.metadata.namespace, name: owner.name })
      if (job?.metadata.uid !== owner.uid) void releasePod(inner, object)
    })
  })
  return jobCache
}

/** A pod whose job is gone must not be held back by the job's finalizer. */
async function releasePod(context: JobContext, pod: Pod): Promise<void> {
  await removeFinalizer(context, pod).catch((error) =>
    context.log.warn('finalizer not removed', { name: pod.metadata.name ?? '', error }),
  )
}

async function removeFinalizer({ client, podCache }: JobContext, pod: Pod): Promise<void> {
  const finalizers = pod.metadata.finalizers
  if (!finalizers?.includes(trackingFinalizer)) return
  const left = finalizers.filter((name) => name !== trackingFinalizer)
  try {
    const done = await client.patch<Pod>(pods, refOf(pod), {
      metadata: { uid: pod.metadata.uid, finalizers: left.length > 0 ? left : null },
    })
    // A pod that only waited for this is gone now; the watch says so.
    if (done.metadata.deletionTimestamp === undefined) podCache.put(done)
  } catch (error) {
    if ((error as { code?: number }).code !== 404) throw error
  }
}

async function reconcileJob(context: JobContext, job: Job): Promise<ReconcileResult> {
  const { podCache, clock } = context
  if (job.spec.managedBy !== undefined && job.spec.managedBy !== 'kubernetes.io/job-controller') return undefined
  const owned = ownedPods(podCache, job)
  if (hasCondition(job.status?.conditions, 'Complete') || hasCondition(job.status?.conditions, 'Failed')) {
    for (const pod of owned) await removeFinalizer(context, pod)
    return job.metadata.deletionTimestamp === undefined ? timeToLive(context, job) : undefined
  }
  const plan = planJob(job, owned, clock.now().getTime())
  const counted = await count(context, job, owned, plan)
  if (counted.metadata.deletionTimestamp !== undefined) return undefined
  // What the status says (that the job began) is written also where a pod is refused.
  const failure: unknown = await act(context, counted, plan).then(
    () => null,
    (error: unknown) => error,
  )
  const settled = await settle(context, counted, ownedPods(podCache, counted), plan)
  if (failure !== null) throw failure
  if (settled) return undefined
  return plan.wakeInMs === null ? undefined : { afterMs: plan.wakeInMs + 10 }
}

/**
 * Counts ended pods without ever counting one twice: their uids are written to the status, then they lose the finalizer,
 * then the uids become numbers. A crash between any two steps goes on from the status.
 */
async function count(context: JobContext, job: Job, owned: readonly Pod[], plan: JobPlan): Promise<Job> {
  const before = job.status?.uncountedTerminatedPods ?? {}
  const uids = (list: readonly Pod[]) => list.map((pod) => pod.metadata.uid ?? '')
  const succeeded = [...new Set([...(before.succeeded ?? []), ...uids(plan.newlySucceeded)])]
  const failed = [...new Set([...(before.failed ?? []), ...uids(plan.newlyFailed)])]
  let current = job
  for (const pod of plan.newlyIgnored) await removeFinalizer(context, pod)
  if (plan.newlySucceeded.length + plan.newlyFailed.length > 0) {
    current = await writeStatus(context, current, { uncountedTerminatedPods: { succeeded, failed } })
  }
  if (succeeded.length + failed.length === 0) return current
  const listed = new Set([...succeeded, ...failed])
  for (const pod of owned) if (listed.has(pod.metadata.uid ?? '')) await removeFinalizer(context, pod)
  const indexed = job.spec.completionMode === 'Indexed'
  return writeStatus(context, current, {
    succeeded: indexed ? plan.completedIndexes.size : (current.status?.succeeded ?? 0) + succeeded.length,
    failed: (current.status?.failed ?? 0) + failed.length,
    ...(indexed ? { completedIndexes: formatIndexes(plan.completedIndexes) } : {}),
    ...(job.spec.backoffLimitPerIndex === undefined ? {} : { failedIndexes: formatIndexes(plan.failedIndexes) }),
    uncountedTerminatedPods: {},
  })
}

async function act(context: JobContext, job: Job, plan: JobPlan): Promise<void> {
  const { client, podCache, events } = context
  for (const pod of plan.remove) {
    await deletePod(client, pod, podCache)
    events.record(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)
  }
  const failed = ownedPods(podCache, job).filter((pod) => isFailedPod(pod, job))
  const failures = job.spec.backoffLimitPerIndex === undefined ? null : indexFailures(job, failed)
  for (const index of plan.create) {
    try {
      const before = failures === null || index === null ? null : (failures.get(index) ?? 0)
      const pod = await client.create<Pod>(pods, jobPod(job, index, before))
      podCache.put(pod)
      events.record(job, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
    } catch (error) {
      events.record(
        job,
        'Warning',
        'FailedCreate',
        `Error creating: ${error instanceof Error ? error.message : String(error)}`,
      )
      throw error
    }
  }
}

function jobPod(job: Job, index: number | null, failures: number | null): Pod {
  const base = job.metadata.name ?? ''
  const prefix = index === null ? namePrefix(base) : namePrefix(`${base.slice(0, 52)}-${index}`)
  const pod = podFromTemplate(job, job.spec.template, `${prefix}${nameSuffix()}`)
  pod.metadata.finalizers = [...(pod.metadata.finalizers ?? []), trackingFinalizer]
  if (index === null) return pod
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [indexKey]: String(index),
    ...(failures === null ? {} : { [indexFailuresKey]: String(failures) }),
  }
  pod.metadata.labels = { ...pod.metadata.labels, [indexKey]: String(index) }
  pod.spec.hostname ??= `${base}-${index}`
  const variable = {
    name: 'JOB_COMPLETION_INDEX',
    valueFrom: { fieldRef: { fieldPath: `metadata.labels['${indexKey}']` } },
  }
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers])
    container.env = [...(container.env ?? []), variable]
  return pod
}

/** Writes the counts and conditions. True when the job has ended. */
async function settle(context: JobContext, job: Job, owned: readonly Pod[], plan: JobPlan): Promise<boolean> {
  const { clock, events } = context
  const at = toSeconds(clock.now().toISOString())
  const fresh = planJob(job, owned, clock.now().getTime())
  const conditions = [...(job.status?.conditions ?? [])]
  const add = (type: string, reason: string, message: string, status: 'True' | 'False' = 'True') => {
    const old = conditions.findIndex((condition) => condition.type === type)
    const next: Condition = { type, status, reason, message, lastProbeTime: at, lastTransitionTime: at }
    if (old < 0) conditions.push(next)
    else if (conditions[old]?.status !== status) conditions[old] = next
  }
  if (plan.verdict !== null && !hasCondition(conditions, plan.verdict.type))
    add(plan.verdict.type, plan.verdict.reason, plan.verdict.message)
  const status: JobStatus = { active: fresh.active.length, ready: fresh.ready, terminating: fresh.terminating }
  suspendConditions(context, job, status, add, at)
  const target = conditions.find(
    (condition) => condition.type === 'FailureTarget' || condition.type === 'SuccessCriteriaMet',
  )
  // The verdict becomes final when no pod runs any more and every one is counted.
  const uncounted = fresh.newlyFailed.length + fresh.newlySucceeded.length + fresh.newlyIgnored.length
  const quiet = fresh.active.length + fresh.terminating + uncounted === 0
  const ended = target !== undefined && quiet
  if (ended) {
    const complete = target.type === 'SuccessCriteriaMet'
    add(complete ? 'Complete' : 'Failed', target.reason ?? '', target.message ?? '')
    if (complete) status.completionTime = at
    if (complete) events.record(job, 'Normal', 'Completed', 'Job completed')
    else events.record(job, 'Warning', target.reason ?? '', target.message ?? '')
  }
  await writeStatus(context, job, { ...status, conditions })
  return ended
}

type AddCondition = (type: string, reason: string, message: string, status?: 'True' | 'False') => void

function suspendConditions({ events }: JobContext, job: Job, status: JobStatus, add: AddCondition, at: string): void {
  const suspended = hasCondition(job.status?.conditions, 'Suspended')
  if (job.spec.suspend) {
    if (!suspended) events.record(job, 'Normal', 'Suspended', 'Job suspended')
    add('Suspended', 'JobSuspended', 'Job suspended')
    return
  }
  if (suspended) {
    add('Suspended', 'JobResumed', 'Job resumed', 'False')
    events.record(job, 'Normal', 'Resumed', 'Job resumed')
    // The deadline counts from the resumption.
    status.startTime = at
  } else if (job.status?.startTime === undefined) status.startTime = at
}

async function writeStatus({ client, jobCache }: JobContext, job: Job, changes: JobStatus): Promise<Job> {
  const status: JobStatus = { ...job.status, ...changes }
  // Counts of zero are left out, as by the real controller (`ready` and `terminating` are not).
  for (const key of ['active', 'succeeded', 'failed'] as const) if (status[key] === 0) delete status[key]
  if (status.conditions?.length === 0) delete status.conditions
  if (JSON.stringify(status) === JSON.stringify(job.status)) return job
  // The version that was read: a pass on an old one must not undo a newer.
  const next = await client.updateStatus<Job>(jobs, { ...job, status })
  jobCache.put(next)
  return next
}

async function timeToLive({ client, clock }: JobContext, job: Job): Promise<ReconcileResult> {
  const seconds = job.spec.ttlSecondsAfterFinished
  if (seconds === undefined) return undefined
  const ended = job.status?.conditions?.find(
    (condition) => (condition.type === 'Complete' || condition.type === 'Failed') && condition.status === 'True',
  )
  const left = Date.parse(ended?.lastTransitionTime ?? '') + seconds * 1000 - clock.now().getTime()
  if (left > 0) return { afterMs: left + 10 }
  const { namespace, name, uid } = refOf(job)
  await client.delete(jobs, { namespace, name }, { uid, propagation: 'Foreground' })
  return undefined
}
