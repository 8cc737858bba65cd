/** Predictions, labels, quality, drift and lineage on a real Postgres and a real artifact folder. */
import { Readable } from 'node:stream'
import { AppError } from '@keelson/process/app-error'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Ctx, withActor } from '../context/index.ts'
import { createExperiment, createRun, getRun, logInputs } from '../experiments/index.ts'
import { getLineage } from '../lineage/index.ts'
import { createModelVersion, createRegisteredModel } from '../registry/index.ts'
import { projectEndpoint, projectEndpointGone } from '../serving/index.ts'
import { type BareContext, openBareContext, person } from '../testing/index.ts'
import {
  computeDrift,
  driftDue,
  getMonitoring,
  insertCalls,
  type LoggedCall,
  listPredictions,
  submitLabels,
} from './index.ts'

const workspace = 'telco'
const endpoint = 'churn'
let bare: BareContext
let ctx: Ctx
let viewer: Ctx
let outsider: Ctx
let runId = ''

beforeAll(async () => {
  bare = await openBareContext({ sam: { telco: 'owner' }, vera: { telco: 'viewer' } })
  ctx = withActor(bare.base, person('sam'))
  viewer = withActor(bare.base, person('vera'))
  outsider = withActor(bare.base, person('otto'))
  const experimentId = await createExperiment(ctx, { workspace, name: 'telco-churn' })
  const run = await createRun(ctx, { workspace, experimentId, name: 'boosting', startTimeMs: Date.now() })
  runId = run.id
  const dataset = {
    name: 'telco',
    digest: 'abc',
    sourceType: 'local',
    source: '{}',
    schema: null,
    profile: null,
    tags: [],
  }
  await logInputs(ctx, { workspace, runId, datasets: [dataset], modelIds: [] })
  await createRegisteredModel(ctx, { workspace, name: 'churn' })
  const { artifactUri } = await getRun(ctx, { workspace, runId })
  await createModelVersion(ctx, { workspace, name: 'churn', source: `${artifactUri}/model`, runId })
  const lines = Array.from({ length: 2_000 }, (_, i) => `${i % 60},${i % 3 ? 'a' : 'b'}`)
  const key = `${workspace}/${artifactUri.replace(/^mlflow-artifacts:\/*/, '')}/keelson/reference.csv`
  await ctx.artifacts.write(key, Readable.from(`age,plan\n${lines.join('\n')}\n`))
}, 60_000)
afterAll(() => bare?.close())

const service = (uid: string) => ({
  apiVersion: 'serving.kserve.io/v1beta1',
  kind: 'InferenceService',
  metadata: { namespace: workspace, name: endpoint, uid, creationTimestamp: new Date().toISOString(), generation: 1 },
  spec: { predictor: { sklearn: { storageUri: 'models:/churn/1' } } },
})

let uid = ''
let lives = 0
beforeEach(async () => {
  uid = `uid-${lives++}`
  await projectEndpoint(bare.base, service(uid))
})

const call = (requestId: string, more: Partial<LoggedCall> = {}): LoggedCall => ({
  workspace, endpoint, endpointUid: uid, requestId, revision: 'r1', model: 'churn', modelVersion: 1, protocol: 'v1', caller: 'sam', status: 200, latencyMs: 4, at: new Date(), ...more,
}) // biome-ignore format: one row
const row = (age: number, prediction: unknown = 1, positive = 0.8) => ({
  features: { age, plan: age % 3 ? 'a' : 'b' },
  prediction,
  scores: { No: 1 - positive, Yes: positive },
})
const at = { workspace, endpoint }

describe('the log', () => {
  it('absorbs what it has seen, and keeps odd text', async () => {
    const batch = [
      { call: call('a'), rows: [row(1), { features: { 'naïve "x"': 'a\0b\ud800' }, prediction: null, scores: null }] },
      { call: call('b', { status: 400 }), rows: [] },
    ]
    expect(await insertCalls(ctx.db, batch)).toEqual({ requests: 2, predictions: 2 })
    expect(await insertCalls(ctx.db, batch)).toEqual({ requests: 0, predictions: 0 })
    const page = await listPredictions(ctx, { ...at, limit: 1 })
    expect(page.items[0]).toMatchObject({
      requestId: 'a',
      features: { 'naïve "x"': 'ab\ufffd' },
      prediction: null,
      scores: null,
      label: null,
    })
    const rest = await listPredictions(ctx, { ...at, limit: 10, cursor: page.nextCursor ?? '' })
    expect(rest).toMatchObject({
      items: [{ rowIndex: 0, features: { age: 1, plan: 'a' }, scores: { Yes: 0.8 } }],
      nextCursor: null,
    })
    await expect(listPredictions(ctx, { ...at, limit: 10, cursor: "1'--" })).rejects.toMatchObject({ code: 'invalid' })
  })

  it('is only for those who may', async () => {
    await expect(listPredictions(outsider, { ...at, limit: 1 })).rejects.toMatchObject({ code: 'forbidden' })
    await expect(
      submitLabels(viewer, { ...at, labels: [{ requestId: 'a', rowIndex: 0, label: 1 }] }),
    ).rejects.toMatchObject({ code: 'forbidden' })
    await expect(listPredictions(ctx, { workspace, endpoint: 'never', limit: 1 })).rejects.toBeInstanceOf(AppError)
  })
})

describe('labels', () => {
  const label = (requestId: string, value: unknown, rowIndex = 0) => ({ requestId, rowIndex, label: value as string })
  it('join before and after the prediction, again and changed, and unknown ones are told', async () => {
    await insertCalls(ctx.db, [{ call: call('x1'), rows: [row(1, 1, 0.9), row(2, 0, 0.3)] }])
    const first = await submitLabels(ctx, { ...at, labels: [label('x1', 'Yes'), label('x1', 0, 1), label('late', 1)] })
    expect(first).toEqual({ joined: 2, unknown: [{ requestId: 'late', rowIndex: 0 }] })
    await insertCalls(ctx.db, [{ call: call('late'), rows: [row(3, 1, 0.7)] }])
    expect(await submitLabels(ctx, { ...at, labels: [label('late', 1), label('x1', 1)] })).toEqual({
      joined: 2,
      unknown: [],
    })
    const { items } = await listPredictions(ctx, { ...at, limit: 10 })
    expect(items.map((item) => item.label).sort()).toEqual([0, 1, 1])
    const audit = await ctx.db.query<{ before: unknown }>(
      "select before from audit_event where action = 'labels.submit' order by id desc limit 2",
    )
    expect(audit.map((event) => event.before)).toEqual([[{ requestId: 'x1', rowIndex: 0, label: 'Yes' }], []])
    expect(await submitLabels(ctx, { ...at, labels: [label('late', 1)] })).toEqual({ joined: 1, unknown: [] })
    expect(await ctx.db.query("select id from audit_event where action = 'labels.submit'")).toHaveLength(2)
  })

  it('that contradict each other or cannot be kept are refused whole', async () => {
    await expect(submitLabels(ctx, { ...at, labels: [label('y', 1), label('y', 0)] })).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('labels[1]'),
    })
    await expect(submitLabels(ctx, { ...at, labels: [label('y', 'a\0')] })).rejects.toMatchObject({ code: 'invalid' })
  })

  it('find predictions of the endpoint that was there before', async () => {
    await insertCalls(ctx.db, [{ call: call('old-life'), rows: [row(1)] }])
    await projectEndpointGone(bare.base, workspace, endpoint)
    await projectEndpoint(bare.base, service(`uid-${lives++}`))
    expect(await submitLabels(ctx, { ...at, labels: [label('old-life', 1)] })).toEqual({ joined: 1, unknown: [] })
  })
})

describe('monitoring', () => {
  it('measures traffic, latency and quality', async () => {
    const calls = Array.from({ length: 20 }, (_, i) => ({
      call: call(`m${i}`, { latencyMs: i + 1, ...(i < 2 ? { status: 503 } : {}) }),
      rows: i < 2 ? [] : [row(i, i % 2, i % 2 ? 0.9 : 0.2)],
    }))
    await insertCalls(ctx.db, calls)
    expect(await getMonitoring(ctx, { ...at, sinceMs: 60_000 })).toMatchObject({
      predictions: 18,
      labelled: 0,
      accuracy: null,
      rocAuc: null,
      drift: null,
    })
    const labels = calls
      .slice(2)
      .map(({ call: { requestId } }, i) => ({ requestId, rowIndex: 0, label: i < 2 ? (i + 1) % 2 : i % 2 }))
    await submitLabels(ctx, { ...at, labels })
    const seen = await getMonitoring(ctx, { ...at, sinceMs: 60_000 })
    expect(seen).toMatchObject({ predictions: 18, labelled: 18, latency: { p50Ms: 11.5 } })
    expect(seen.accuracy).toBeCloseTo(16 / 18, 12)
    expect(seen.traffic.reduce((sum, point) => sum + point.requests, 0)).toBe(20)
    expect(seen.traffic.reduce((sum, point) => sum + point.errors, 0)).toBe(2)
    expect(seen.quality.reduce((sum, point) => sum + point.labelled, 0)).toBe(18)
  })

  it('computes drift against the training rows of the version, when enough came', async () => {
    const few = await computeDrift(ctx, at)
    expect(few).toMatchObject({ computed: false, reason: expect.stringContaining('0 predictions') })
    const same = Array.from({ length: 240 }, (_, i) => ({ call: call(`d${i}`), rows: [row(i % 60)] }))
    await insertCalls(ctx.db, same)
    expect((await driftDue(ctx)).map((due) => due.uid)).toEqual([uid])
    expect(await computeDrift(ctx, at)).toEqual({ computed: true, reason: null, share: 0, drifted: false })
    expect(await driftDue(ctx)).toEqual([])
    const moved = Array.from({ length: 900 }, (_, i) => ({
      call: call(`e${i}`),
      rows: [{ ...row(60 + (i % 60)), features: { age: 60 + (i % 60), plan: 'b' } }],
    }))
    await insertCalls(ctx.db, moved)
    expect(await computeDrift(ctx, at)).toMatchObject({ computed: true, share: 1, drifted: true })
    const { drift } = await getMonitoring(ctx, { ...at, sinceMs: 60_000 })
    expect(drift).toMatchObject({
      share: 1,
      drifted: true,
      reference: `runs:/${runId}/keelson/reference.csv`,
      features: [
        { feature: 'age', referenceCount: 2000, currentCount: 1140 },
        { feature: 'plan', kind: 'category' },
      ],
    })
  })
})

describe('lineage', () => {
  it('goes from the data to the predictions, each with its page', async () => {
    await insertCalls(ctx.db, [{ call: call('lin'), rows: [row(1)] }])
    const graph = await getLineage(ctx, { workspace, limit: 200 })
    const chain = ['dataset:telco@abc', `run:${runId}`, 'model-version:churn/1', 'endpoint:churn', 'predictions:churn']
    expect(graph.nodes.map((node) => node.id).sort()).toEqual([...chain].sort())
    for (const [place, from] of chain.slice(0, -1).entries())
      expect(graph.edges).toContainEqual(expect.objectContaining({ from, to: chain[place + 1] }))
    expect(graph.nodes.find((node) => node.kind === 'model-version')?.href).toBe('/w/telco/models/churn/versions/1')
    const around = await getLineage(ctx, { workspace, focus: `run:${runId}`, limit: 200 })
    expect(around.nodes).toHaveLength(5)
    await expect(getLineage(ctx, { workspace, focus: 'run:nope', limit: 10 })).rejects.toMatchObject({
      code: 'not_found',
    })
    await expect(getLineage(outsider, { workspace, limit: 10 })).rejects.toMatchObject({ code: 'forbidden' })
  })
})
