import { Experiment, MetricPoint, RunDetail, RunPage } from '@keelson/contracts/experiments'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type Ctx, withActor } from '../context/index.ts'
import { type BareContext, openBareContext, person } from '../testing/bare-context.ts'
import {
  createExperiment,
  createRun,
  logBatch,
  showExperiment,
  showMetricHistory,
  showRun,
  showRuns,
  updateRun,
} from './index.ts'

let bare: BareContext
let ana: Ctx
beforeAll(async () => {
  bare = await openBareContext({ 'ana@example.com': { telco: 'owner' } })
  ana = withActor(bare.base, person('ana@example.com'))
})
afterAll(() => bare.close())

test('whatever a client logged fits the contracts that the dashboard reads', async () => {
  const workspace = 'telco'
  const experimentId = await createExperiment(ana, { workspace, name: 'shown' })
  const { id: runId } = await createRun(ana, { workspace, experimentId, startTimeMs: 9e18 })
  const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1]
  const metrics = values.map((value, index) => ({ key: `m${index}`, value, timeMs: 9e15, step: -3 }))
  await logBatch(ana, { workspace, runId, metrics, params: [{ key: 'empty', value: '' }], tags: [] })
  await updateRun(ana, { workspace, runId, status: 'FINISHED', endTimeMs: 8e15 })
  const detail = RunDetail.parse(await showRun(ana, { workspace, runId }))
  expect(detail.run).toMatchObject({ user: 'ana@example.com', startedAt: null, finishedAt: null, status: 'FINISHED' })
  expect(detail.run.metrics.map((metric) => metric.value)).toEqual([Number.NaN, Number.MAX_VALUE, -Number.MAX_VALUE, 1])
  const page = RunPage.parse(await showRuns(ana, { workspace, experimentId, filter: '', orderBy: [], limit: 10 }))
  expect(page.items).toHaveLength(1)
  const points = z.array(MetricPoint).parse(await showMetricHistory(ana, { workspace, runId, key: 'm0', maxPoints: 5 }))
  expect(points[0]?.value).toBeNaN()
  expect(Experiment.parse(await showExperiment(ana, { workspace, experimentId })).runCount).toBe(1)
})
