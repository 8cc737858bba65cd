/** Numbers of a job's pods over time: kept in order, bounded, and found with those of its runs. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Ctx, withActor } from '../context/index.ts'
import { createExperiment, createRun, logBatch } from '../experiments/index.ts'
import { type BareContext, openBareContext, person } from '../testing/index.ts'
import { listCurves } from './list-curves.ts'
import { projectJob } from './project-job.ts'
import { type Sample, samples } from './sample.store.ts'

const workspace = 'telco'
let bare: BareContext
let ctx: Ctx
let scientist: Ctx

beforeAll(async () => {
  bare = await openBareContext({ 'ada@example.test': { [workspace]: 'contributor' } })
  ctx = withActor(bare.base, { kind: 'platform', username: 'keelson', groups: [] })
  scientist = withActor(bare.base, person('ada@example.test'))
}, 60_000)
afterAll(() => bare?.close())

const at = (second: number) => new Date(Date.UTC(2026, 0, 2) + second * 1_000).toISOString()
const sample = (value: number, more: Partial<Sample> = {}): Sample => ({
  podUid: 'pod-1',
  jobUid: 'job-1',
  source: 'log',
  name: 'loss',
  step: value,
  at: at(value),
  value,
  ...more,
})
const range = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index)

it('a long series stays evenly spread over all of its time, with its newest number', async () => {
  for (let from = 0; from < 10_000; from += 500)
    await samples.append(
      ctx.db,
      range(500, from).map((n) => sample(n)),
    )
  const [{ count }] = (await ctx.db.query<{ count: number }>('select count(*)::int as count from pod_sample')) as [
    { count: number },
  ]
  expect(count).toBeGreaterThanOrEqual(1_000)
  expect(count).toBeLessThan(2_000)
  const { series } = await samples.list(ctx.db, 'job-1')
  const steps = series[0]?.points.map(({ step }) => step ?? -1) ?? []
  expect(steps.length).toBeGreaterThan(150)
  expect(steps.length).toBeLessThanOrEqual(401)
  expect([steps[0], steps.at(-1)]).toEqual([0, 9_999])
  const gaps = new Set(steps.slice(1, -1).map((step, index) => step - (steps[index] ?? 0)))
  expect(gaps.size).toBe(1)
})

it('a program with ever new names fills nothing', async () => {
  for (let from = 0; from < 2_000; from += 500) {
    await samples.append(
      ctx.db,
      range(500, from).map((n) => sample(1, { jobUid: 'job-2', podUid: 'pod-2', name: `n${n}` })),
    )
  }
  const { series } = await samples.list(ctx.db, 'job-2')
  expect(series).toHaveLength(100)
})

it('a number without a step is told by its time, the smallest and the largest are kept as they are', async () => {
  const job = { jobUid: 'job-3', podUid: 'pod-3' }
  await samples.append(
    ctx.db,
    [5e-324, 1.7e308, -0.5].map((value) => ({ ...sample(7, job), step: null, value })),
  )
  const { series } = await samples.list(ctx.db, 'job-3')
  expect(series[0]?.points).toEqual(
    [5e-324, 1.7e308, -0.5].map((value) => ({ step: null, timeMs: Date.parse(at(7)), value })),
  )
})

it('the page gets curves of runs, of lines and of use, named by replica and attempt; others get nothing', async () => {
  const creationTimestamp = '2026-01-02T03:04:05Z'
  const pod = (uid: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: uid,
      namespace: workspace,
      uid,
      creationTimestamp,
      labels: { 'training.kubeflow.org/replica-type': 'worker', 'training.kubeflow.org/replica-index': '1' },
    },
  })
  await projectJob(ctx, {
    uid: 'job-4',
    job: {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'four', namespace: workspace, uid: 'job-4', creationTimestamp },
    },
    pods: [pod('pod-4a'), pod('pod-4b')],
  })
  await samples.append(ctx.db, [
    sample(1, { jobUid: 'job-4', podUid: 'pod-4a' }),
    sample(2, { jobUid: 'job-4', podUid: 'pod-4b' }),
    sample(3, { jobUid: 'job-4', podUid: 'pod-4b', source: 'usage', name: 'cpu', step: null }),
  ])
  const experimentId = await createExperiment(scientist, { workspace, name: 'e' })
  const run = await createRun(scientist, { workspace, experimentId, name: 'curvy' })
  await ctx.db.query('update run set job_uid = $1, pod_uid = $2 where id = $3 returning id', 'job-4', 'pod-4b', run.id)
  const metrics = range(999).map((step) => ({ key: 'auc', value: step / 1_000, timeMs: step, step }))
  await logBatch(scientist, {
    workspace,
    runId: run.id,
    metrics: [...metrics, { key: 'broken', value: Number.NaN, timeMs: 1, step: 1 }],
    params: [],
    tags: [],
  })
  const { curves, ...rest } = await listCurves(scientist, { workspace, uid: 'job-4' })
  expect(rest).toMatchObject({ leftOff: 0, runsHidden: false, runsLeftOff: 0 })
  expect(curves.map(({ source, name, label }) => [source, name, label])).toEqual([
    ['run', 'auc', 'curvy'],
    ['usage', 'cpu', 'worker-1, attempt 2'],
    ['log', 'loss', 'worker-1, attempt 1'],
    ['log', 'loss', 'worker-1, attempt 2'],
  ])
  const auc = curves[0]?.points ?? []
  expect(auc.at(-1)).toEqual({ step: 998, timeMs: 998, value: 0.998 })
  expect(auc.length).toBeGreaterThan(300)
  expect(auc.length).toBeLessThanOrEqual(400)
  const outsider = withActor(bare.base, person('eve@example.test'))
  await expect(listCurves(outsider, { workspace, uid: 'job-4' })).rejects.toMatchObject({ code: 'forbidden' })
})
