import type { Gate, GateResult, SetGate, Stage, StageTransition } from '@keelson/contracts/registry'
import { AppError } from '@keelson/process/app-error'
import { allow } from '../access/index.ts'
import { type Ctx, inTransaction } from '../context/index.ts'
import { checkRunsExist, invalid, latestMetric } from '../experiments/index.ts'
import { decideGate } from './gate.rules.ts'
import { archiveOthers, listVersionRows, updateVersionRow } from './model.store.ts'
import { existingVersion } from './model-versions.ts'
import { lockedModel, note } from './registered-models.ts'
import { parseStage } from './registry.rules.ts'
import type { RegistryVersion } from './registry-entity.ts'
import {
  decideTransitionRow,
  findModelMetric,
  findOpenRequest,
  findTransition,
  insertTransition,
  listGates,
  upsertGate,
} from './transition.store.ts'

type InVersion = { workspace: string; name: string; version: string }

/** Who decides when no person does. */
const gateDecider = 'gate'

/** Sets (replaces) what a version must show before it may enter a stage. */
export async function setGate(ctx: Ctx, input: SetGate): Promise<Gate> {
  await allow(ctx, { verb: 'update', resource: 'registeredmodels/stage', namespace: input.workspace }, { fresh: true })
  const { workspace, ...gate } = input
  if (gate.stage === 'None')
    throw invalid('A gate guards Staging, Production or Archived; every version begins in None.', 'stage')
  if (gate.baselineRunId !== null) await checkRunsExist(ctx, workspace, [gate.baselineRunId])
  await inTransaction(ctx, async (tx) => {
    const key = await lockedModel(tx, { workspace, name: gate.model })
    const before = (await listGates(tx.db, key)).find((entry) => entry.stage === gate.stage)
    await upsertGate(tx.db, key, gate)
    await note(tx, { workspace, name: gate.model }, 'models.setGate', { before: before ?? null, after: gate })
  })
  return gate
}

/**
 * Asks to move a version to a stage. A gate of that stage is measured at once: when it is not met the request is kept as
 * refused, with the reason. Production then waits for {@link decideTransition}; every other stage is entered at once.
 */
export async function requestTransition(
  ctx: Ctx,
  input: { workspace: string; name: string; version: number; to: Stage; reason: string },
): Promise<StageTransition> {
  await allow(ctx, { verb: 'update', resource: 'registeredmodels', namespace: input.workspace })
  const asked = { workspace: input.workspace, name: input.name, version: String(input.version) }
  return inTransaction(ctx, async (tx) => {
    const key = await lockedModel(tx, asked)
    const version = await existingVersion(tx, asked)
    if (version.stage === input.to) throw invalid(`Version ${version.version} is in ${input.to} already.`, 'to')
    const open = await findOpenRequest(tx.db, key, version.version, input.to)
    if (open !== null) return existingTransition(tx, input.workspace, open)
    const gate = await measureGate(tx, key, version, input.to)
    const state = gate !== null && !gate.passed ? 'refused' : input.to === 'Production' ? 'requested' : 'applied'
    const id = await insertTransition(tx.db, key, {
      version: version.version,
      from: version.stage,
      to: input.to,
      state,
      requestedBy: ctx.actor.username,
      decidedBy: state === 'requested' ? null : gate === null ? ctx.actor.username : gateDecider,
      reason: input.reason || gate?.reason || '',
      gate,
      at: ctx.clock.now(),
    })
    if (state === 'applied') await enterStage(tx, key, version, input.to, false)
    await note(
      tx,
      asked,
      'models.requestTransition',
      { before: { stage: version.stage }, after: { stage: input.to, state, gate } },
      `/versions/${version.version}`,
    )
    return existingTransition(tx, input.workspace, id)
  })
}

/** Approves or refuses a waiting request, with the reason. Approving for Production archives the version that held it. */
export async function decideTransition(
  ctx: Ctx,
  input: { workspace: string; id: string; approve: boolean; reason: string },
): Promise<StageTransition> {
  await allow(ctx, { verb: 'update', resource: 'registeredmodels/stage', namespace: input.workspace }, { fresh: true })
  return inTransaction(ctx, async (tx) => {
    const found = await existingTransition(tx, input.workspace, input.id)
    const asked = { workspace: input.workspace, name: found.model, version: String(found.version) }
    const key = await lockedModel(tx, asked)
    // Read again under the lock: two people may decide at once.
    const transition = await existingTransition(tx, input.workspace, input.id)
    if (transition.state !== 'requested')
      throw new AppError('conflict', `This request was ${transition.state} already.`)
    const version = await existingVersion(tx, asked)
    if (input.approve && version.stage !== transition.from)
      throw new AppError(
        'conflict',
        `Version ${version.version} has moved from ${transition.from} to ${version.stage} since this was asked.`,
      )
    const state = input.approve ? 'applied' : 'refused'
    await decideTransitionRow(tx.db, input.id, {
      state,
      decidedBy: ctx.actor.username,
      reason: input.reason,
      at: ctx.clock.now(),
    })
    const archived = input.approve
      ? await enterStage(tx, key, version, transition.to, transition.to === 'Production')
      : []
    await note(
      tx,
      asked,
      input.approve ? 'models.approveTransition' : 'models.refuseTransition',
      {
        before: { stage: version.stage },
        after: { stage: input.approve ? transition.to : version.stage, reason: input.reason, archived },
      },
      `/versions/${version.version}`,
    )
    return existingTransition(tx, input.workspace, input.id)
  })
}

/**
 * MLflow's own `transition-stage`: the same rules in one call. A gate that is not met refuses it (kept, with the reason);
 * Production is entered at once by a person who may approve, which is recorded as the approval.
 */
export async function transitionVersionStage(
  ctx: Ctx,
  input: InVersion & { stage: string; archiveExisting: boolean },
): Promise<RegistryVersion> {
  await allow(ctx, { verb: 'update', resource: 'registeredmodels', namespace: input.workspace })
  const to = parseStage(input.stage)
  if (input.archiveExisting && to !== 'Staging' && to !== 'Production')
    throw invalid(
      `Model version transition cannot archive existing model versions because '${input.stage}' is not an Active stage. Valid stages are ['Staging', 'Production']`,
      'archive_existing_versions',
    )
  if (to === 'Production') await allowApproval(ctx, input)
  const refusal = await inTransaction(ctx, async (tx) => {
    const key = await lockedModel(tx, input)
    const version = await existingVersion(tx, input)
    const gate = version.stage === to ? null : await measureGate(tx, key, version, to)
    const refused = gate !== null && !gate.passed
    const why = refused
      ? gate.reason
      : to === 'Production'
        ? 'Approved by the call that moved it (MLflow transition-stage).'
        : (gate?.reason ?? '')
    await insertTransition(tx.db, key, {
      version: version.version,
      from: version.stage,
      to,
      state: refused ? 'refused' : 'applied',
      requestedBy: ctx.actor.username,
      decidedBy: gate !== null && to !== 'Production' ? gateDecider : ctx.actor.username,
      reason: why,
      gate,
      at: ctx.clock.now(),
    })
    const archived = refused ? [] : await enterStage(tx, key, version, to, input.archiveExisting)
    await note(
      tx,
      input,
      'models.transition',
      { before: { stage: version.stage }, after: { stage: refused ? version.stage : to, refused, archived, gate } },
      `/versions/${version.version}`,
    )
    return refused ? gate.reason : null
  })
  // Thrown after the commit: the refusal itself is kept.
  if (refusal !== null) throw invalid(`The gate of ${to} is not met: ${refusal}`, 'stage')
  return existingVersion(ctx, input)
}

async function allowApproval(ctx: Ctx, input: InVersion): Promise<void> {
  try {
    await allow(
      ctx,
      { verb: 'update', resource: 'registeredmodels/stage', namespace: input.workspace },
      { fresh: true },
    )
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'forbidden') throw error
    throw new AppError(
      'forbidden',
      `Production needs an approval: ask for it on the version's page. ${error.message}`,
      { cause: error },
    )
  }
}

async function existingTransition(ctx: Ctx, workspace: string, id: string): Promise<StageTransition> {
  const found = await findTransition(ctx.db, workspace, id)
  if (found === null) throw new AppError('not_found', `There is no stage transition ${id}.`)
  return found
}

async function enterStage(
  tx: Ctx,
  key: string,
  version: RegistryVersion,
  to: Stage,
  archive: boolean,
): Promise<number[]> {
  const at = tx.clock.now()
  await updateVersionRow(tx.db, key, version.version, { stage: to, at })
  return archive ? archiveOthers(tx.db, key, to, version.version, at) : []
}

/** The gate of a stage, measured for a version; null where the stage has no gate. */
async function measureGate(ctx: Ctx, key: string, version: RegistryVersion, to: Stage): Promise<GateResult | null> {
  const gate = (await listGates(ctx.db, key)).find((entry) => entry.stage === to)
  if (gate === undefined) return null
  const candidate = await metricOf(ctx, version, gate.metric)
  const production = (await listVersionRows(ctx.db, key)).find(
    (entry) => entry.stage === 'Production' && entry.version !== version.version,
  )
  if (production !== undefined) {
    const baseline = await metricOf(ctx, production, gate.metric)
    return decideGate(gate, { candidate, baseline, baselineSource: `version ${production.version}, now in Production` })
  }
  if (gate.baselineRunId === null) return decideGate(gate, { candidate, baseline: null, baselineSource: null })
  const baseline = await latestMetric(ctx, {
    workspace: version.workspace,
    runId: gate.baselineRunId,
    key: gate.metric,
  })
  return decideGate(gate, { candidate, baseline, baselineSource: `run ${gate.baselineRunId}` })
}

/** A version's metric: of its logged model where it was measured there, else of its run. */
async function metricOf(ctx: Ctx, version: RegistryVersion, metric: string): Promise<number | null> {
  const measured =
    version.modelId === null ? null : await findModelMetric(ctx.db, version.workspace, version.modelId, metric)
  if (measured !== null || version.runId === null) return measured
  return latestMetric(ctx, { workspace: version.workspace, runId: version.runId, key: metric })
}
