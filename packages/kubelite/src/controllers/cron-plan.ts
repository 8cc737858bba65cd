import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Schedule } from '../kinds/cron-schedule.ts'
import { hasCondition, type Job, type JobSpec } from './job-types.ts'

export type JobReference = {
  apiVersion?: string
  kind?: string
  name: string
  namespace?: string
  uid: string
  resourceVersion?: string
}
export type CronJob = KubeObject & {
  spec: {
    schedule: string
    timeZone?: string
    suspend?: boolean
    startingDeadlineSeconds?: number
    concurrencyPolicy?: 'Allow' | 'Forbid' | 'Replace'
    successfulJobsHistoryLimit?: number
    failedJobsHistoryLimit?: number
    jobTemplate: { metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> }; spec: JobSpec }
  }
  status?: { active?: JobReference[]; lastScheduleTime?: string; lastSuccessfulTime?: string }
}
export const cronJobs = { group: 'batch', version: 'v1', plural: 'cronjobs' } as const

export type DueTimes = {
  /** The newest time that has come and has not been served; null when there is none. */
  due: Date | null
  /** So many were missed that somebody should know (more than 100). */
  tooMany: boolean
  /** The next time to come. */
  next: Date | null
}

const mostMissed = 100
const windowsMs = [60_000, 3_600_000, 86_400_000, 31 * 86_400_000]

/** Which start is due for a cron job at `now` (`mostRecentScheduleTime`). */
export function dueTimes(cronJob: CronJob, schedule: Schedule, now: Date): DueTimes {
  const { startingDeadlineSeconds: deadline } = cronJob.spec
  const last = cronJob.status?.lastScheduleTime ?? cronJob.metadata.creationTimestamp ?? now.toISOString()
  const oldest = deadline === undefined ? 0 : now.getTime() - deadline * 1000
  const earliest = new Date(Math.max(Date.parse(last), oldest))
  const next = schedule.next(now)
  let at = schedule.next(earliest)
  if (at === null || at > now) return { due: null, tooMany: false, next }
  let missed = 0
  for (; at !== null && at <= now && missed <= mostMissed; at = schedule.next(at)) missed += 1
  return { due: newest(schedule, earliest, now), tooMany: missed > mostMissed, next }
}

/** The last time of the schedule in (earliest, now], looked for in ever larger windows. */
function newest(schedule: Schedule, earliest: Date, now: Date): Date | null {
  for (const window of [...windowsMs, Number.POSITIVE_INFINITY]) {
    const from = new Date(Math.max(earliest.getTime(), now.getTime() - window))
    let found: Date | null = null
    for (let at = schedule.next(from); at !== null && at <= now; at = schedule.next(at)) found = at
    if (found !== null) return found
  }
  return null
}

/** Finished jobs beyond the history limits, oldest first. */
export function surplusHistory(cronJob: CronJob, jobs: readonly Job[]): Job[] {
  const startOf = (job: Job) => job.status?.startTime ?? job.metadata.creationTimestamp ?? ''
  const beyond = (type: 'Complete' | 'Failed', limit: number | undefined) => {
    const ended = jobs
      .filter((job) => hasCondition(job.status?.conditions, type) && job.metadata.deletionTimestamp === undefined)
      .sort((a, b) => startOf(a).localeCompare(startOf(b)))
    return limit === undefined ? [] : ended.slice(0, Math.max(0, ended.length - limit))
  }
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob.spec
  return [...beyond('Complete', successfulJobsHistoryLimit), ...beyond('Failed', failedJobsHistoryLimit)]
}

/** `2026-01-01T10:00:00+01:00`: a time as the schedule's zone writes it. */
export function zonedTime(date: Date, timeZone: string | undefined): string {
  if (timeZone === undefined) return `${date.toISOString().slice(0, 19)}Z`
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'longOffset',
  }).formatToParts(date)
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? ''
  const offset = of('timeZoneName').replace('GMT', '') || 'Z'
  return `${of('year')}-${of('month')}-${of('day')}T${of('hour')}:${of('minute')}:${of('second')}${offset}`
}
