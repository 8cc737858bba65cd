import { parseSchedule, timeZoneFault } from '../kinds/cron-schedule.ts'
import { toSeconds } from '../node/pod-status.ts'
import { refOf } from '../node/types.ts'
import { sameJson } from '../patch/json-patch.ts'
import { type Cache, openCache } from './cache.ts'
import type { ControllerContext } from './context.ts'
import { type CronJob, cronJobs, dueTimes, type JobReference, surplusHistory, zonedTime } from './cron-plan.ts'
import { controllerOf, hasCondition, type Job, jobs } from './job-types.ts'
import { openWorkQueue, type ReconcileResult } from './work-queue.ts'

type CronContext = ControllerContext & { cronCache: Cache<CronJob>; jobCache: Cache<Job> }
type Status = NonNullable<CronJob['status']>

/** Starts Jobs by the clock. A job is named by its minute, so that none is started twice, whatever happens in between. */
export function startCronJobController(context: ControllerContext, jobCache: Cache<Job>): void {
  const { client, log, signal, clock } = context
  const cronCache = openCache<CronJob>(client, cronJobs, {}, { log, signal })
  const inner: CronContext = { ...context, cronCache, jobCache }
  const queue = openWorkQueue({ name: 'cronjob', clock, log, signal }, async (key) => {
    await Promise.all([cronCache.synced, jobCache.synced])
    const [namespace = '', name = ''] = key.split('/')
    const cronJob = cronCache.get({ namespace, name })
    return cronJob === undefined ? undefined : reconcile(inner, cronJob)
  })
  cronCache.onEvent(({ object }) => queue.add(`${object.metadata.namespace}/${object.metadata.name}`))
  jobCache.onEvent(({ object }) => {
    const owner = controllerOf(object)
    if (owner?.kind === 'CronJob') queue.add(`${object.metadata.namespace}/${owner.name}`)
  })
}

async function reconcile(context: CronContext, cronJob: CronJob): Promise<ReconcileResult> {
  const { client, cronCache, jobCache, events } = context
  const own = jobCache.list(cronJob.metadata.namespace).filter((job) => controllerOf(job)?.uid === cronJob.metadata.uid)
  const status = review(context, cronJob, own)
  const result = cronJob.metadata.deletionTimestamp === undefined ? await start(context, cronJob, status) : undefined
  for (const job of surplusHistory(cronJob, own)) {
    const { uid, ...ref } = refOf(job)
    await client.delete(jobs, ref, { uid, propagation: 'Background' }).catch((error: { code?: number }) => {
      if (error.code !== 404) throw error
    })
    events.record(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${job.metadata.name}`)
  }
  if (!sameJson(status, cronJob.status ?? {}))
    cronCache.put(await client.updateStatus<CronJob>(cronJobs, { ...cronJob, status }))
  return result
}

const endOf = (job: Job): 'Complete' | 'Failed' | null =>
  hasCondition(job.status?.conditions, 'Complete')
    ? 'Complete'
    : hasCondition(job.status?.conditions, 'Failed')
      ? 'Failed'
      : null

/** The status with what became of its jobs: ended ones leave the active list. */
function review({ events }: CronContext, cronJob: CronJob, own: readonly Job[]): Status {
  const before = cronJob.status ?? {}
  const byUid = new Map(own.map((job) => [job.metadata.uid, job]))
  const active: JobReference[] = []
  let lastSuccess = before.lastSuccessfulTime
  for (const reference of before.active ?? []) {
    const job = byUid.get(reference.uid)
    const end = job === undefined ? null : endOf(job)
    if (job === undefined) events.record(cronJob, 'Normal', 'MissingJob', `Active job went missing: ${reference.name}`)
    else if (end === null) active.push(reference)
    else events.record(cronJob, 'Normal', 'SawCompletedJob', `Saw completed job: ${reference.name}, condition: ${end}`)
  }
  for (const job of own) {
    const { completionTime } = job.status ?? {}
    if (endOf(job) === 'Complete' && completionTime && completionTime > (lastSuccess ?? ''))
      lastSuccess = completionTime
  }
  return {
    ...(active.length > 0 ? { active } : {}),
    ...(before.lastScheduleTime ? { lastScheduleTime: before.lastScheduleTime } : {}),
    ...(lastSuccess ? { lastSuccessfulTime: lastSuccess } : {}),
  }
}

/** Starts what is due and says when to look again. Changes `status`. */
async function start(context: CronContext, cronJob: CronJob, status: Status): Promise<ReconcileResult> {
  const { clock, events } = context
  const { spec } = cronJob
  const fault = spec.timeZone === undefined ? null : timeZoneFault(spec.timeZone)
  if (fault !== null) {
    events.record(cronJob, 'Warning', 'UnknownTimeZone', `invalid timeZone: ${JSON.stringify(spec.timeZone)}: ${fault}`)
    return undefined
  }
  if (spec.suspend) return undefined
  const now = clock.now()
  const { due, tooMany, next } = dueTimes(cronJob, parseSchedule(spec.schedule, spec.timeZone), now)
  if (tooMany)
    events.record(
      cronJob,
      'Warning',
      'TooManyMissedTimes',
      'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
    )
  if (due !== null) await startDue(context, cronJob, status, due)
  // A little late rather than early: at the time itself nothing is due yet.
  return next === null ? undefined : { afterMs: Math.min(next.getTime() - now.getTime() + 100, 2 ** 31 - 1) }
}

async function startDue(context: CronContext, cronJob: CronJob, status: Status, due: Date): Promise<void> {
  const { client, jobCache, events } = context
  const { concurrencyPolicy } = cronJob.spec
  const active = status.active ?? []
  if (concurrencyPolicy === 'Forbid' && active.length > 0) {
    events.record(
      cronJob,
      'Normal',
      'JobAlreadyActive',
      'Not starting job because prior execution is running and concurrency policy is Forbid',
    )
    return
  }
  if (concurrencyPolicy === 'Replace') {
    for (const { name, uid } of active) {
      await client
        .delete(jobs, { namespace: cronJob.metadata.namespace, name }, { uid, propagation: 'Background' })
        .catch((error: { code?: number }) => {
          if (error.code !== 404) throw error
        })
      events.record(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`)
    }
    delete status.active
  }
  const job = await startJob(context, cronJob, due)
  status.lastScheduleTime = toSeconds(due.toISOString())
  if (job === null) return
  jobCache.put(job)
  const { name = '', namespace = '', uid = '', resourceVersion = '' } = job.metadata
  if (endOf(job) !== null || status.active?.some((each) => each.uid === uid)) return
  status.active = [
    ...(status.active ?? []),
    { apiVersion: 'batch/v1', kind: 'Job', name, namespace, uid, resourceVersion },
  ]
}

/** The job of a time: a new one, or the one that an earlier pass made and did not live to write down. */
async function startJob({ client, events }: CronContext, cronJob: CronJob, due: Date): Promise<Job | null> {
  const { name = '', namespace = '', uid = '' } = cronJob.metadata
  const { metadata, spec } = cronJob.spec.jobTemplate
  const ref = { namespace, name: `${name}-${Math.floor(due.getTime() / 60_000)}` }
  const ownerReferences = [
    { apiVersion: 'batch/v1', kind: 'CronJob', name, uid, controller: true, blockOwnerDeletion: true },
  ]
  const annotations = {
    ...metadata?.annotations,
    'batch.kubernetes.io/cronjob-scheduled-timestamp': zonedTime(due, cronJob.spec.timeZone),
  }
  const labels = metadata?.labels
  try {
    const job = await client.create<Job>(jobs, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { ...ref, annotations, ownerReferences, ...(labels ? { labels } : {}) },
      spec: structuredClone(spec),
    })
    events.record(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${ref.name}`)
    return job
  } catch (error) {
    if ((error as { code?: number }).code === 409) {
      const present = await client.find<Job>(jobs, ref)
      return present !== null && controllerOf(present)?.uid === uid ? present : null
    }
    const message = error instanceof Error ? error.message : String(error)
    events.record(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${message}`)
    throw error
  }
}
