import { describe, expect, it } from 'vitest'
import { parseSchedule, timeZoneFault } from '../kinds/cron-schedule.ts'
import { type CronJob, dueTimes, surplusHistory, zonedTime } from './cron-plan.ts'
import type { Job } from './job-types.ts'

const cronJob = (spec: Partial<CronJob['spec']> = {}, lastScheduleTime?: string): CronJob => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'c', creationTimestamp: '2026-03-01T00:00:30Z' },
  spec: { schedule: '*/10 * * * *', jobTemplate: { spec: { template: { spec: { containers: [] } } } }, ...spec },
  ...(lastScheduleTime ? { status: { lastScheduleTime } } : {}),
})
const due = (subject: CronJob, now: string) => {
  const times = dueTimes(subject, parseSchedule(subject.spec.schedule, subject.spec.timeZone), new Date(now))
  return [times.due?.toISOString() ?? null, times.next?.toISOString() ?? null, times.tooMany]
}

describe('a schedule', () => {
  it('is due once its time has come, and not twice', () => {
    expect(due(cronJob(), '2026-03-01T00:09:59Z')).toEqual([null, '2026-03-01T00:10:00.000Z', false])
    expect(due(cronJob(), '2026-03-01T00:10:00Z')).toEqual([
      '2026-03-01T00:10:00.000Z',
      '2026-03-01T00:20:00.000Z',
      false,
    ])
    expect(due(cronJob({}, '2026-03-01T00:10:00Z'), '2026-03-01T00:10:05Z')[0]).toBeNull()
  })

  it('of many that were missed the newest is served', () => {
    expect(due(cronJob(), '2026-03-01T01:05:00Z')).toEqual([
      '2026-03-01T01:00:00.000Z',
      '2026-03-01T01:10:00.000Z',
      false,
    ])
    expect(due(cronJob(), '2027-03-01T00:05:00Z')).toEqual([
      '2027-03-01T00:00:00.000Z',
      '2027-03-01T00:10:00.000Z',
      true,
    ])
  })

  it('is not due any more after its starting deadline', () => {
    expect(due(cronJob({ startingDeadlineSeconds: 60 }), '2026-03-01T00:15:00Z')[0]).toBeNull()
    expect(due(cronJob({ startingDeadlineSeconds: 600 }), '2026-03-01T00:15:00Z')[0]).toBe('2026-03-01T00:10:00.000Z')
  })

  it('keeps to its time zone, also where the clocks change', () => {
    const daily = cronJob({ schedule: '0 9 * * *', timeZone: 'Europe/Berlin' }, '2026-03-27T08:00:00Z')
    expect(due(daily, '2026-03-28T08:00:00Z')).toEqual(['2026-03-28T08:00:00.000Z', '2026-03-29T07:00:00.000Z', false])
    expect(zonedTime(new Date('2026-07-01T07:00:00Z'), 'Europe/Berlin')).toBe('2026-07-01T09:00:00+02:00')
    expect(zonedTime(new Date('2026-07-01T07:00:00Z'), undefined)).toBe('2026-07-01T07:00:00Z')
  })

  it('takes a day of the month or a weekday, where both are stated; names and intervals', () => {
    const next = (text: string, from: string) => parseSchedule(text).next(new Date(from))?.toISOString()
    expect(next('0 0 13 * FRI', '2026-03-01T00:00:00Z')).toBe('2026-03-06T00:00:00.000Z')
    expect(next('0 0 ? * MON', '2026-03-01T00:00:00Z')).toBe('2026-03-02T00:00:00.000Z')
    expect(next('@hourly', '2026-03-01T00:00:30Z')).toBe('2026-03-01T01:00:00.000Z')
    expect(next('@every 1m30s', '2026-03-01T00:00:00.700Z')).toBe('2026-03-01T00:01:30.000Z')
  })

  it.each(['* * *', '* * * * * *', '@reboot', '@every soon', '61 * * * *', 'x'])('refuses %s', (text) => {
    expect(() => parseSchedule(text)).toThrow()
  })

  it('knows zones', () => {
    expect([timeZoneFault('Asia/Tokyo'), timeZoneFault('UTC')]).toEqual([null, null])
    for (const text of ['', 'Local', 'Mars/Base', '../etc/passwd', 'Asia/-x'])
      expect(timeZoneFault(text)).not.toBeNull()
  })
})

describe('the history of a cron job', () => {
  const job = (name: string, type: 'Complete' | 'Failed' | null, startTime: string): Job => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: { template: { spec: { containers: [] } } },
    status: { startTime, conditions: type === null ? [] : [{ type, status: 'True' }] },
  })

  it('keeps the newest of each kind, and what still runs', () => {
    const jobs = [
      job('a', 'Complete', '2026-01-01T00:00:00Z'),
      job('c', 'Complete', '2026-01-03T00:00:00Z'),
      job('b', 'Complete', '2026-01-02T00:00:00Z'),
      job('d', 'Failed', '2026-01-01T00:00:00Z'),
      job('e', null, '2025-01-01T00:00:00Z'),
    ]
    const names = (spec: Partial<CronJob['spec']>) =>
      surplusHistory(cronJob(spec), jobs).map((each) => each.metadata.name)
    expect(names({ successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 1 })).toEqual(['a', 'b'])
    expect(names({ successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 0 })).toEqual(['d'])
  })
})
