import type { Status } from '@keelson/contracts/status'
import { describe, expect, it } from 'vitest'
import { adviceFor } from './advice.rules.ts'

const now = new Date('2026-01-02T05:00:00Z')
const detail = (status: Status, reason: string | null = null, message: string | null = null) => ({
  ...{ status, reason, message },
  since: null,
})
const job = (status: Status, reason: string | null = null, message: string | null = null) => ({
  status: detail(status, reason, message),
  startedAt: '2026-01-02T03:00:00.000Z',
  exists: true,
})
const pod = (exitCode: number | null, reason: string | null = null, message: string | null = null) => ({
  name: 'train-worker-1',
  exitCode,
  status: detail(exitCode === null ? 'pending' : 'failed', reason, message),
})

describe('adviceFor', () => {
  it.each([
    [job('pending', 'ImagePullBackOff'), [], /image/],
    [job('pending', 'Unschedulable', '0/1 nodes are available: 1 Insufficient cpu.'), [], /No machine/],
    [job('pending', 'TFJobCreated', 'TFJob x waits. pods "x" is forbidden: exceeded quota: few'), [], /quota/],
    [job('failed', 'BackoffLimitExceeded'), [pod(137, 'OOMKilled')], /memory/],
    [job('failed', 'DeadlineExceeded', 'Job was active longer than specified deadline.'), [], /longer/],
    [job('failed', 'BackoffLimitExceeded'), [pod(137)], /signal 9/],
    [job('failed', 'BackoffLimitExceeded'), [pod(127)], /not found in the image/],
    [job('failed', 'BackoffLimitExceeded'), [pod(3)], /train-worker-1 ended with exit code 3/],
    [job('failed', 'TFJobFailed', 'was ended (Evicted).'), [], /lost with its machine/],
  ])('%o %o', (given, pods, wanted) => expect(adviceFor(given, pods, null, now)?.what).toMatch(wanted))

  it('a job that runs in silence may hang; one that writes, or is over, does not', () => {
    expect(adviceFor(job('running'), [], null, now)?.what).toContain('120 minutes')
    expect(adviceFor(job('running'), [], '2026-01-02T04:59:00.000Z', now)).toBeNull()
    expect(adviceFor(job('succeeded'), [], null, now)).toBeNull()
    expect(adviceFor(job('stopped', 'Suspended'), [pod(143)], null, now)).toBeNull()
  })
})
