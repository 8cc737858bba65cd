import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Ctx, withActor } from '../context/index.ts'
import { createExperiment, createRun, logMetric } from '../experiments/index.ts'
import { type BareContext, openBareContext, person } from '../testing/bare-context.ts'
import {
  createModelVersion,
  createRegisteredModel,
  decideTransition,
  getModelDetail,
  getModelVersion,
  getVersionDetail,
  requestTransition,
  setGate,
  transitionVersionStage,
} from './index.ts'

const workspace = 'telco'
let bare: BareContext
let owner: Ctx
let contributor: Ctx
let experimentId: string

beforeAll(async () => {
  bare = await openBareContext({ 'ana@example.com': { telco: 'owner' }, 'cleo@example.com': { telco: 'contributor' } })
  owner = withActor(bare.base, person('ana@example.com'))
  contributor = withActor(bare.base, person('cleo@example.com'))
  experimentId = await createExperiment(owner, { workspace, name: 'registry' })
})
afterAll(() => bare.close())

async function runWith(auc: number | null): Promise<{ runId: string; uri: string }> {
  const run = await createRun(contributor, { workspace, experimentId, startTimeMs: 1 })
  if (auc !== null)
    await logMetric(contributor, { workspace, runId: run.id, metric: { key: 'auc', value: auc, timeMs: 1, step: 0 } })
  return { runId: run.id, uri: run.artifactUri }
}

async function versionWith(name: string, auc: number | null): Promise<number> {
  const { runId, uri } = await runWith(auc)
  return (await createModelVersion(contributor, { workspace, name, source: `${uri}/model`, runId })).version
}

const gateOf = (model: string, baselineRunId: string | null) => ({
  workspace,
  model,
  stage: 'Staging' as const,
  metric: 'auc',
  higherIsBetter: true,
  minimum: 0.7,
  minimumImprovement: 0.01,
  baselineRunId,
})
const ask = (name: string, version: number, to: 'Staging' | 'Production', reason = '') =>
  requestTransition(contributor, { workspace, name, version, to, reason })

describe('the way to Production', () => {
  test('through a measured gate and a recorded approval; refusals are kept with their reason', async () => {
    const name = 'churn'
    await createRegisteredModel(owner, { workspace, name })
    const baseline = await runWith(0.75)
    await expect(setGate(contributor, gateOf(name, null))).rejects.toMatchObject({ code: 'forbidden' })
    await expect(setGate(owner, gateOf(name, 'no-such-run'))).rejects.toMatchObject({ code: 'not_found' })
    await setGate(owner, gateOf(name, baseline.runId))

    const worse = await versionWith(name, 0.755)
    const refused = await ask(name, worse, 'Staging')
    expect(refused).toMatchObject({
      state: 'refused',
      decidedBy: 'gate',
      gate: { passed: false, candidate: 0.755, baseline: 0.75 },
    })
    expect(refused.reason).toContain('asks for 0.01')
    expect((await getModelVersion(owner, { workspace, name, version: String(worse) })).stage).toBe('None')

    const unmeasured = await versionWith(name, null)
    expect((await ask(name, unmeasured, 'Staging')).gate).toMatchObject({ passed: false, candidate: null })

    const better = await versionWith(name, 0.84)
    expect(await ask(name, better, 'Staging')).toMatchObject({ state: 'applied', from: 'None', to: 'Staging' })
    const request = await ask(name, better, 'Production', 'It is better.')
    expect(request).toMatchObject({ state: 'requested', requestedBy: 'cleo@example.com', decidedBy: null })
    expect((await ask(name, better, 'Production')).id).toBe(request.id)
    await expect(
      decideTransition(contributor, { workspace, id: request.id, approve: true, reason: 'mine' }),
    ).rejects.toMatchObject({ code: 'forbidden' })
    const approved = await decideTransition(owner, {
      workspace,
      id: request.id,
      approve: true,
      reason: 'Checked on the held-out rows.',
    })
    expect(approved).toMatchObject({
      state: 'applied',
      decidedBy: 'ana@example.com',
      reason: 'Checked on the held-out rows.',
    })
    await expect(
      decideTransition(owner, { workspace, id: request.id, approve: false, reason: 'late' }),
    ).rejects.toMatchObject({ code: 'conflict' })
    await expect(ask(name, better, 'Production')).rejects.toMatchObject({ code: 'invalid' })

    // From now on the version in Production is the baseline.
    const close = await versionWith(name, 0.845)
    expect((await ask(name, close, 'Staging')).gate).toMatchObject({
      passed: false,
      baseline: 0.84,
      baselineSource: `version ${better}, now in Production`,
    })
    const best = await versionWith(name, 0.9)
    await ask(name, best, 'Staging')
    const next = await ask(name, best, 'Production')
    await decideTransition(owner, { workspace, id: next.id, approve: true, reason: 'ok' })
    expect((await getModelVersion(owner, { workspace, name, version: String(better) })).stage).toBe('Archived')
    const detail = await getModelDetail(owner, { workspace, name })
    expect(detail.transitions.filter((transition) => transition.state === 'refused')).toHaveLength(3)
    const audit = await bare.base.db.query<{ action: string }>(
      `select action from audit_event where workspace = 'telco' and action = 'models.approveTransition'`,
    )
    expect(audit).toHaveLength(2)
  })

  test("MLflow's own call obeys the same rules", async () => {
    const name = 'by-client'
    await createRegisteredModel(owner, { workspace, name })
    await setGate(owner, gateOf(name, null))
    const weak = await versionWith(name, 0.6)
    const move = (ctx: Ctx, version: number, stage: string) =>
      transitionVersionStage(ctx, { workspace, name, version: String(version), stage, archiveExisting: false })
    await expect(move(contributor, weak, 'staging')).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('The gate of Staging is not met: auc is 0.6'),
    })
    const strong = await versionWith(name, 0.8)
    expect((await move(contributor, strong, 'STAGING')).stage).toBe('Staging')
    await expect(move(contributor, strong, 'Production')).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('needs an approval'),
    })
    expect((await move(owner, strong, 'Production')).stage).toBe('Production')
    const { transitions } = await getModelDetail(owner, { workspace, name })
    expect(transitions[0]).toMatchObject({ to: 'Production', state: 'applied', decidedBy: 'ana@example.com' })
    expect(transitions.some((transition) => transition.version === weak && transition.state === 'refused')).toBe(true)
  })

  test('many registrations at once get numbers of their own', async () => {
    await createRegisteredModel(owner, { workspace, name: 'crowd' })
    const versions = await Promise.all(Array.from({ length: 8 }, () => versionWith('crowd', 0.5)))
    expect(versions.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })
})

describe('a version', () => {
  test('shows the signature and example of its MLmodel; garbage there is no signature', async () => {
    await createRegisteredModel(owner, { workspace, name: 'signed' })
    const { runId, uri } = await runWith(0.8)
    const folder = `${workspace}/${uri.replace('mlflow-artifacts:/', '')}/model`
    const put = (file: string, text: string) =>
      bare.base.artifacts.write(`${folder}/${file}`, Readable.from([Buffer.from(text)]))
    const mlmodel = [
      'flavors: {}',
      'saved_input_example_info:',
      '  artifact_path: input_example.json',
      '  pandas_orient: split',
      '  type: dataframe',
      'signature:',
      `  inputs: '[{"type": "double", "name": "tenure", "required": true}, {"type": "string", "name": "contract", "required": false}]'`,
      `  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'`,
    ]
    await put('MLmodel', mlmodel.join('\n'))
    await put(
      'input_example.json',
      JSON.stringify({ columns: ['tenure', 'contract'], data: Array.from({ length: 9 }, (_, index) => [index, 'x']) }),
    )
    const { version } = await createModelVersion(owner, { workspace, name: 'signed', source: `${uri}/model`, runId })
    const detail = await getVersionDetail(owner, { workspace, name: 'signed', version })
    expect(detail.signature).toEqual({
      inputs: [
        { name: 'tenure', type: 'double', required: true },
        { name: 'contract', type: 'string', required: false },
      ],
      outputs: [{ name: 'output', type: 'tensor(int64, [-1])', required: true }],
    })
    expect((detail.inputExample as { data: unknown[] }).data).toHaveLength(5)
    expect(detail.metrics).toEqual([{ key: 'auc', value: 0.8 }])
    for (const garbage of [
      '{{{',
      'signature: 5',
      'a: &a [x]\nb: [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a]',
      `signature:\n  inputs: 'not json'`,
    ]) {
      await put('MLmodel', garbage)
      expect((await getVersionDetail(owner, { workspace, name: 'signed', version })).signature).toBeNull()
    }
  })
})
