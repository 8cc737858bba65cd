import { randomUUID } from 'node:crypto'
import { AppError } from '@keelson/process/app-error'
import { allow, recordAudit } from '../access/index.ts'
import { type Ctx, inTransaction } from '../context/index.ts'
import { announceRun } from './announce.ts'
import { checkExperimentActive, resolveExperiment } from './create-experiment.ts'
import { findLoggedModel, insertLoggedModel, updateLoggedModel } from './logged-model.store.ts'
import { randomName } from './random-name.ts'
import { pythonRepr } from './text.rules.ts'
import type { LoggedModelStatus, Pair, TrackedModel } from './tracked.ts'
import { checkKey, checkLoggedModelName } from './tracking.rules.ts'

type InModel = { workspace: string; modelId: string }

export function noSuchLoggedModel(id: string): AppError {
  return new AppError('not_found', `Logged model with ID '${id}' not found.`)
}

/** Makes a logged model that waits for its artifacts; {@link finalizeLoggedModel} ends that. */
export async function createLoggedModel(
  ctx: Ctx,
  input: {
    workspace: string
    experimentId: string
    name?: string | undefined
    modelType?: string | undefined
    sourceRunId?: string | undefined
    params?: readonly Pair[]
    tags?: readonly Pair[]
  },
): Promise<TrackedModel> {
  await allow(ctx, { verb: 'create', resource: 'experiments', namespace: input.workspace })
  if (input.name !== undefined) checkLoggedModelName(input.name)
  const experiment = await resolveExperiment(ctx, input.workspace, input.experimentId)
  checkExperimentActive(experiment)
  const id = `m-${randomUUID().replaceAll('-', '')}`
  return inTransaction(ctx, async (tx) => {
    await insertLoggedModel(tx.db, {
      id,
      experimentId: experiment.id,
      workspace: input.workspace,
      name: input.name ?? randomName(),
      modelType: input.modelType ?? '',
      sourceRunId: input.sourceRunId ?? '',
      params: input.params ?? [],
      tags: input.tags ?? [],
      at: ctx.clock.now(),
    })
    return existing(tx, { workspace: input.workspace, modelId: id })
  })
}

export async function getLoggedModel(ctx: Ctx, input: InModel & { allowDeleted?: boolean }): Promise<TrackedModel> {
  await allow(ctx, { verb: 'get', resource: 'experiments', namespace: input.workspace })
  const model = await existing(ctx, input)
  if (model.deleted && input.allowDeleted !== true) throw noSuchLoggedModel(input.modelId)
  return model
}

async function existing(ctx: Ctx, input: InModel): Promise<TrackedModel> {
  const model = await findLoggedModel(ctx.db, input.workspace, input.modelId)
  if (model === null) throw noSuchLoggedModel(input.modelId)
  return model
}

async function change(
  ctx: Ctx,
  input: InModel,
  work: (tx: Ctx, model: TrackedModel) => Promise<void>,
): Promise<TrackedModel> {
  await allow(ctx, { verb: 'update', resource: 'experiments', namespace: input.workspace })
  const model = await inTransaction(ctx, async (tx) => {
    const found = await existing(tx, input)
    if (found.deleted) throw noSuchLoggedModel(input.modelId)
    await work(tx, found)
    return existing(tx, input)
  })
  if (model.sourceRunId !== '') announceRun(ctx, input.workspace, model.sourceRunId)
  return model
}

/** Says that the artifacts are uploaded, or that it failed. */
export function finalizeLoggedModel(ctx: Ctx, input: InModel & { status: LoggedModelStatus }): Promise<TrackedModel> {
  return change(ctx, input, (tx) =>
    updateLoggedModel(tx.db, input.modelId, { status: input.status, at: ctx.clock.now() }),
  )
}

/** Parameters of a logged model are immutable: another value is `invalid`. */
export function logLoggedModelParams(ctx: Ctx, input: InModel & { params: readonly Pair[] }): Promise<TrackedModel> {
  return change(ctx, input, async (tx, model) => {
    const before = new Map(model.params.map((param) => [param.key, param.value]))
    for (const { key, value } of input.params) {
      const old = before.get(key)
      if (old !== undefined && old !== value)
        throw new AppError(
          'invalid',
          `Changing param values is not allowed. Param with key='${key}' was already logged with value='${old}' for model ID='${model.id}'.`,
        )
    }
    await updateLoggedModel(tx.db, input.modelId, { params: input.params })
  })
}

export function setLoggedModelTags(ctx: Ctx, input: InModel & { tags: readonly Pair[] }): Promise<TrackedModel> {
  for (const tag of input.tags) checkKey(tag.key, 'key')
  return change(ctx, input, (tx) => updateLoggedModel(tx.db, input.modelId, { tags: input.tags }))
}

export async function deleteLoggedModelTag(ctx: Ctx, input: InModel & { key: string }): Promise<void> {
  await change(ctx, input, async (tx, model) => {
    if (!model.tags.some((tag) => tag.key === input.key))
      throw new AppError(
        'not_found',
        `No tag with key ${pythonRepr(input.key)} found for model with ID ${pythonRepr(model.id)}.`,
      )
    await updateLoggedModel(tx.db, input.modelId, { dropTag: input.key })
  })
}

/** Soft: only `allow_deleted` finds it afterwards. */
export async function deleteLoggedModel(ctx: Ctx, input: InModel): Promise<void> {
  await allow(ctx, { verb: 'delete', resource: 'experiments', namespace: input.workspace }, { fresh: true })
  await inTransaction(ctx, async (tx) => {
    const model = await existing(tx, input)
    await updateLoggedModel(tx.db, input.modelId, { deletedAt: ctx.clock.now(), at: ctx.clock.now() })
    await recordAudit(tx, {
      workspace: input.workspace,
      action: 'loggedmodels.delete',
      subject: `loggedmodel/${model.id}`,
      before: { name: model.name },
    })
  })
}
