import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Ctx, withActor } from '../context/index.ts'
import { type BareContext, openBareContext, person, podActor } from '../testing/bare-context.ts'
import {
  abandonedTag,
  closeAbandonedRuns,
  createExperiment,
  createRun,
  getMetricHistory,
  getRun,
  logBatch,
  sampleMetricHistory,
  searchRuns,
  updateRun,
} from './index.ts'

const workspace = 'telco'
let bare: BareContext
let ana: Ctx
let experimentId: string

beforeAll(async () => {
  bare = await openBareContext({
    'ana@example.com': { telco: 'owner' },
    'system:serviceaccount:telco:default-editor': { telco: 'contributor' },
  })
  ana = withActor(bare.base, person('ana@example.com'))
  experimentId = await createExperiment(ana, { workspace, name: 'tracking' })
})
afterAll(() => bare.close())

const newRun = async (name?: string, startTimeMs?: number) =>
  (await createRun(ana, { workspace, experimentId, name, startTimeMs })).id
const log = (runId: string, parts: Partial<Parameters<typeof logBatch>[1]>) =>
  logBatch(ana, { workspace, runId, metrics: [], params: [], tags: [], ...parts })

describe('batches', () => {
  test('the latest metric is the greatest (step, time, value), whatever came last and however many write', async () => {
    const runId = await newRun()
    const points = Array.from({ length: 400 }, (_, index) => ({
      key: `m${index % 5}`,
      step: (index * 37) % 90,
      timeMs: (index * 13) % 7,
      value: (index * 31) % 11,
    }))
    const batches = Array.from({ length: 20 }, (_, index) => points.filter((_point, at) => at % 20 === index))
    await Promise.all(
      batches.flatMap((metrics) => [log(runId, { metrics }), log(runId, { metrics: metrics.toReversed() })]),
    )
    const { metrics } = await getRun(ana, { workspace, runId })
    for (const key of ['m0', 'm1', 'm2', 'm3', 'm4']) {
      const own = points.filter((point) => point.key === key)
      const [latest] = own.toSorted((a, b) => b.step - a.step || b.timeMs - a.timeMs || b.value - a.value)
      expect(metrics.find((metric) => metric.key === key)).toEqual(latest)
      // Every point once, though each was sent twice.
      const history = await getMetricHistory(ana, { workspace, runId, key })
      expect(history.items).toHaveLength(new Set(own.map((point) => JSON.stringify(point))).size)
    }
  })

  test('all or nothing: a changed parameter undoes the whole batch', async () => {
    const runId = await newRun()
    await log(runId, { params: [{ key: 'p', value: '1' }] })
    await expect(
      log(runId, {
        metrics: [{ key: 'm', value: 1, timeMs: 1, step: 0 }],
        params: [
          { key: 'q', value: '1' },
          { key: 'p', value: '2' },
        ],
        tags: [{ key: 't', value: 'v' }],
      }),
    ).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining("'old_value': '1', 'new_value': '2'") })
    const run = await getRun(ana, { workspace, runId })
    expect(run.params).toEqual([{ key: 'p', value: '1' }])
    expect(run.metrics).toEqual([])
    expect(run.tags.some((tag) => tag.key === 't')).toBe(false)
  })

  test('of writers that disagree about a parameter one wins and the others are told', async () => {
    const runId = await newRun()
    const results = await Promise.allSettled(
      Array.from({ length: 12 }, (_, index) => log(runId, { params: [{ key: 'p', value: String(index % 3) }] })),
    )
    const value = (await getRun(ana, { workspace, runId })).params[0]?.value
    for (const [index, result] of results.entries())
      expect(result.status).toBe(String(index % 3) === value ? 'fulfilled' : 'rejected')
  })

  test('quotes, braces, backslashes and other odd texts come back as they went in', async () => {
    const runId = await newRun()
    const values = [
      '',
      ' ',
      '"',
      "'",
      '\\',
      '{a,b}',
      'NULL',
      'null',
      '\\"x\\"',
      'line\nbreak\ttab',
      '𝔘𝔫𝔦 ☃ ü',
      '$1',
      '%s',
      "'); drop table run; --",
    ]
    await log(runId, {
      params: values.map((value, index) => ({ key: `p${index}`, value })),
      tags: values.map((value, index) => ({ key: `t${index}`, value })),
    })
    const run = await getRun(ana, { workspace, runId })
    for (const [index, value] of values.entries()) {
      expect(run.params.find((param) => param.key === `p${index}`)?.value).toBe(value)
      expect(run.tags.find((tag) => tag.key === `t${index}`)?.value).toBe(value)
    }
    const found = await searchRuns(ana, {
      workspace,
      experimentIds: [experimentId],
      filter: `params.p13 = "${values[13]}"`,
      maxResults: 5,
    })
    expect(found.items.map((item) => item.id)).toEqual([runId])
  })
})

describe('history', () => {
  test('a sample keeps both ends and the asked number, in order', async () => {
    const runId = await newRun()
    for (let from = 0; from < 3_000; from += 1_000)
      await log(runId, {
        metrics: Array.from({ length: 1_000 }, (_, index) => ({
          key: 'm',
          value: from + index,
          timeMs: from + index,
          step: from + index,
        })),
      })
    for (const maxPoints of [1, 2, 7, 320, 2_500]) {
      const sample = await sampleMetricHistory(ana, { workspace, runId, key: 'm', maxPoints })
      expect(sample).toHaveLength(maxPoints)
      expect(sample.at(-1)?.step).toBe(2_999)
      if (maxPoints > 1) expect(sample[0]?.step).toBe(0)
      expect(sample.map((point) => point.step)).toEqual(sample.map((point) => point.step).toSorted((a, b) => a - b))
    }
    const range = await sampleMetricHistory(ana, {
      workspace,
      runId,
      key: 'm',
      maxPoints: 10,
      steps: { from: 100, to: 104 },
    })
    expect(range.map((point) => point.step)).toEqual([100, 101, 102, 103, 104])
    const pages: number[] = []
    let pageToken: string | undefined
    do {
      const page = await getMetricHistory(ana, { workspace, runId, key: 'm', maxResults: 700, pageToken })
      pages.push(page.items.length)
      pageToken = page.nextToken ?? undefined
    } while (pageToken !== undefined)
    expect(pages).toEqual([700, 700, 700, 700, 200])
  })
})

describe('search', () => {
  test('values, then NaN, then missing, in both directions, and pages that neither skip nor repeat', async () => {
    const own = await createExperiment(ana, { workspace, name: 'nan-order' })
    const values = [3, Number.NaN, 1, null, 2, Number.NaN, null]
    const ids: string[] = []
    for (const [index, value] of values.entries()) {
      const { id } = await createRun(ana, {
        workspace,
        experimentId: own,
        name: `r${index}`,
        startTimeMs: 1_000 + (index % 2),
      })
      ids.push(id)
      if (value !== null) await log(id, { metrics: [{ key: 'm', value, timeMs: 1, step: 0 }] })
    }
    const kinds = async (direction: string) => {
      const page = await searchRuns(ana, {
        workspace,
        experimentIds: [own],
        orderBy: [`metrics.m ${direction}`],
        maxResults: 10,
      })
      return page.items.map((run) => run.metrics[0]?.value ?? null)
    }
    expect(await kinds('ASC')).toEqual([1, 2, 3, Number.NaN, Number.NaN, null, null])
    expect(await kinds('DESC')).toEqual([3, 2, 1, Number.NaN, Number.NaN, null, null])
    for (const orderBy of [[], ['metrics.m DESC'], ['params.none'], ['attributes.status']]) {
      const seen: string[] = []
      let pageToken: string | undefined
      do {
        const page = await searchRuns(ana, { workspace, experimentIds: [own], orderBy, maxResults: 2, pageToken })
        seen.push(...page.items.map((run) => run.id))
        pageToken = page.nextToken ?? undefined
      } while (pageToken !== undefined)
      expect(seen.toSorted()).toEqual(ids.toSorted())
    }
    const notNan = await searchRuns(ana, { workspace, experimentIds: [own], filter: 'metrics.m < 5', maxResults: 10 })
    expect(notNan.items).toHaveLength(3)
    const unequal = await searchRuns(ana, { workspace, experimentIds: [own], filter: 'metrics.m != 1', maxResults: 10 })
    expect(unequal.items).toHaveLength(4)
  })
})

describe('runs that a pod left behind', () => {
  test('are ended as failed with the reason, once; finished ones are left alone', async () => {
    const pod = withActor(bare.base, podActor(workspace, { name: 'gone', uid: 'gone-1' }))
    const open = await createRun(pod, { workspace, experimentId, name: 'open' })
    const done = await createRun(pod, { workspace, experimentId, name: 'done' })
    await updateRun(pod, { workspace, runId: done.id, status: 'FINISHED', endTimeMs: 5 })
    const platform = withActor(bare.base, { kind: 'platform', username: 'keelson', groups: [] })
    await expect(closeAbandonedRuns(ana, { podUid: 'gone-1' })).rejects.toMatchObject({ code: 'forbidden' })
    expect(await closeAbandonedRuns(platform, { podUid: 'gone-1', reason: 'It was killed: OOMKilled.' })).toEqual([
      open.id,
    ])
    expect(await closeAbandonedRuns(platform, { podUid: 'gone-1' })).toEqual([])
    const closed = await getRun(ana, { workspace, runId: open.id })
    expect(closed.status).toBe('FAILED')
    expect(closed.tags).toContainEqual({ key: abandonedTag, value: 'It was killed: OOMKilled.' })
    expect((await getRun(ana, { workspace, runId: done.id })).status).toBe('FINISHED')
  })

  test('a run that was made before there was a pod is its pod’s that says RUNNING, then the next attempt’s, and no other job’s', async () => {
    const made = await createRun(ana, { workspace, experimentId, name: 'made-before' })
    const pods = new Map([
      ['first', 'job-a'],
      ['second', 'job-a'],
      ['stranger', 'job-b'],
    ])
    for (const [uid, jobUid] of pods) {
      await bare.base.db.query(
        `insert into job (uid, workspace, kind, name, status, created_at, manifest) values ($1, $2, 'Job', $1, 'running', now(), '{}')
         on conflict do nothing returning uid`,
        jobUid,
        workspace,
      )
      await bare.base.db.query(
        `insert into job_pod (uid, job_uid, workspace, name, attempt, status, created_at)
         values ($1, $2, $3, $1, 1, 'running', now()) returning uid`,
        `adopt-${uid}`,
        jobUid,
        workspace,
      )
    }
    const takenUpBy = async (name: string) => {
      const pod = withActor(bare.base, podActor(workspace, { name, uid: `adopt-${name}` }))
      await updateRun(pod, { workspace, runId: made.id, status: 'RUNNING' })
      const { podUid, jobUid } = await getRun(ana, { workspace, runId: made.id })
      return [podUid, jobUid]
    }
    expect(await takenUpBy('first')).toEqual(['adopt-first', 'job-a'])
    expect(await takenUpBy('stranger')).toEqual(['adopt-first', 'job-a'])
    expect(await takenUpBy('second')).toEqual(['adopt-second', 'job-a'])
  })
})
