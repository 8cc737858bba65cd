import type { JobCurves, JobPod, TrainingJob } from '@keelson/contracts/training'
import { expect, it } from 'vitest'
import { compareEnvironment, compareFacts, compareMetrics } from './compare.ts'

const job: TrainingJob = {
  uid: 'u',
  workspace: 'w',
  kind: 'Job',
  framework: null,
  name: 'j',
  status: { status: 'succeeded', reason: null, message: null, since: null },
  createdBy: null,
  createdAt: '2026-01-02T03:04:05.000Z',
  startedAt: '2026-01-02T03:04:05.000Z',
  finishedAt: '2026-01-02T03:05:05.000Z',
  failedPods: 0,
  backoffLimit: null,
  retries: 0,
  replicasReady: 0,
  replicasTotal: 1,
  progress: null,
  resources: {},
  exists: true,
}
const pod = (exitCode: number | null, environment: JobPod['environment'] = []): JobPod => ({
  uid: 'p',
  name: 'p',
  replicaType: 'Worker',
  replicaIndex: 0,
  attempt: 1,
  environment,
  status: job.status,
  node: null,
  startedAt: null,
  finishedAt: null,
  exitCode,
  restarts: 0,
  exists: true,
})

it('facts tell what differs', () => {
  const rows = compareFacts(
    { job, pods: [pod(137), pod(0), pod(0)] },
    { job: { ...job, finishedAt: null }, pods: [pod(null)] },
  )
  const of = (name: string) => rows.find((row) => row.name === name)
  expect(of('Exit codes')).toEqual({ name: 'Exit codes', values: ['0 ×2, 137 ×1', '–'], differs: true })
  expect(of('Took')?.values[1]).toBe('still running')
  expect(of('Kind')?.differs).toBe(false)
})

it('only variables that differ are shown, by replica and container', () => {
  const entry = (name: string, value: string | null, from: string | null = null) => ({
    container: 'c',
    name,
    value,
    from,
  })
  expect(
    compareEnvironment(
      [pod(0, [entry('A', '1'), entry('SAME', 'x'), entry('S', null, 'secret s, key k')])],
      [pod(0, [entry('A', '2'), entry('SAME', 'x')])],
    ),
  ).toEqual([
    { name: 'Worker 0 / c / A', values: ['1', '2'], differs: true },
    { name: 'Worker 0 / c / S', values: ['from secret s, key k', '–'], differs: true },
  ])
})

it('metrics are compared by their newest values, use is not among them', () => {
  const curves = (all: [string, number, 'log' | 'usage'][]): JobCurves => ({
    curves: all.map(([name, value, source]) => ({
      source,
      name,
      label: 'l',
      podUid: null,
      runId: null,
      points: [
        { step: 0, timeMs: 0, value: 99 },
        { step: 1, timeMs: 1, value },
      ],
    })),
    leftOff: 0,
    runsHidden: false,
    runsLeftOff: 0,
    isMeasured: true,
  })
  expect(
    compareMetrics(
      curves([
        ['loss', 0.5, 'log'],
        ['loss', 0.25, 'log'],
        ['cpu', 1, 'usage'],
      ]),
      curves([['auc', 1, 'log']]),
    ),
  ).toEqual([
    { name: 'auc', values: ['–', '1'], differs: true },
    { name: 'loss', values: ['0.25 … 0.5', '–'], differs: true },
  ])
})
