import { isUniqueViolation } from '@keelson/db'
import { AppError } from '@keelson/process/app-error'
import { allow, recordAudit } from '../access/index.ts'
import { type Ctx, inTransaction } from '../context/index.ts'
import type { Pair } from '../experiments/index.ts'
import { deleteModelRow, findModel, insertModel, lockModel, touchVersions, updateModelRow } from './model.store.ts'
import { checkModelName, checkRegistryTag } from './registry.rules.ts'
import type { RegistryModel } from './registry-entity.ts'

type InModel = { workspace: string; name: string }

export function noSuchModel(name: string): AppError {
  return new AppError('not_found', `Registered Model with name=${name} not found`)
}

/** The model as it stands, without an access check: for use cases that have made theirs. */
export async function existingModel(ctx: Ctx, input: InModel): Promise<RegistryModel> {
  checkModelName(input.name)
  const model = await findModel(ctx.db, input.workspace, input.name)
  if (model === null) throw noSuchModel(input.name)
  return model
}

/** Locks a model for a change inside a transaction and returns its key. */
export async function lockedModel(tx: Ctx, input: InModel): Promise<string> {
  checkModelName(input.name)
  const key = await lockModel(tx.db, input.workspace, input.name)
  if (key === null) throw noSuchModel(input.name)
  return key
}

export async function createRegisteredModel(
  ctx: Ctx,
  input: InModel & { description?: string | undefined; tags?: readonly Pair[] },
): Promise<RegistryModel> {
  await allow(ctx, { verb: 'create', resource: 'registeredmodels', namespace: input.workspace })
  checkModelName(input.name)
  for (const tag of input.tags ?? []) checkRegistryTag(tag)
  return inTransaction(ctx, async (tx) => {
    const made = await insertModel(tx.db, {
      workspace: input.workspace,
      name: input.name,
      description: input.description ?? '',
      tags: input.tags ?? [],
      at: ctx.clock.now(),
    })
    if (!made) throw new AppError('already_exists', `Registered Model (name=${input.name}) already exists.`)
    await note(tx, input, 'models.create', { after: { description: input.description ?? '' } })
    return existingModel(tx, input)
  })
}

export async function getRegisteredModel(ctx: Ctx, input: InModel): Promise<RegistryModel> {
  await allow(ctx, { verb: 'get', resource: 'registeredmodels', namespace: input.workspace })
  return existingModel(ctx, input)
}

export function updateRegisteredModel(ctx: Ctx, input: InModel & { description: string }): Promise<RegistryModel> {
  return change(ctx, input, async (tx, key, before) => {
    await updateModelRow(tx.db, key, { description: input.description, at: ctx.clock.now() })
    await note(tx, input, 'models.update', {
      before: { description: before.description },
      after: { description: input.description },
    })
  })
}

/** Renames a model; its versions, aliases and history go with it. */
export async function renameRegisteredModel(ctx: Ctx, input: InModel & { newName: string }): Promise<RegistryModel> {
  checkModelName(input.newName, 'new_name')
  await change(
    ctx,
    input,
    async (tx, key) => {
      await updateModelRow(tx.db, key, { name: input.newName, at: ctx.clock.now() })
      await touchVersions(tx.db, key, ctx.clock.now())
      await note(tx, input, 'models.rename', { before: { name: input.name }, after: { name: input.newName } })
    },
    { reread: false },
  ).catch((error) => {
    throw isUniqueViolation(error)
      ? new AppError('already_exists', `Registered Model (name=${input.newName}) already exists.`)
      : error
  })
  return existingModel(ctx, { workspace: input.workspace, name: input.newName })
}

export async function deleteRegisteredModel(ctx: Ctx, input: InModel): Promise<void> {
  await allow(ctx, { verb: 'delete', resource: 'registeredmodels', namespace: input.workspace }, { fresh: true })
  await inTransaction(ctx, async (tx) => {
    const key = await lockedModel(tx, input)
    const before = await existingModel(tx, input)
    await deleteModelRow(tx.db, key)
    await note(tx, input, 'models.delete', {
      before: {
        description: before.description,
        latestVersions: before.latestVersions.map(({ version, stage }) => ({ version, stage })),
      },
    })
  })
}

export async function setRegisteredModelTag(ctx: Ctx, input: InModel & Pair): Promise<void> {
  checkModelName(input.name)
  checkRegistryTag(input)
  await change(ctx, input, async (tx, key) => {
    await updateModelRow(tx.db, key, { tags: [{ key: input.key, value: input.value }] })
    await note(tx, input, 'models.tag', { after: { key: input.key, value: input.value } })
  })
}

/** Deleting a tag that is not there is no error, as with the peer. */
export async function deleteRegisteredModelTag(ctx: Ctx, input: InModel & { key: string }): Promise<void> {
  await change(ctx, input, async (tx, key) => {
    await updateModelRow(tx.db, key, { dropTag: input.key })
    await note(tx, input, 'models.untag', { before: { key: input.key } })
  })
}

async function change(
  ctx: Ctx,
  input: InModel,
  work: (tx: Ctx, key: string, before: RegistryModel) => Promise<void>,
  options: { reread: boolean } = { reread: true },
): Promise<RegistryModel> {
  await allow(ctx, { verb: 'update', resource: 'registeredmodels', namespace: input.workspace })
  return inTransaction(ctx, async (tx) => {
    const key = await lockedModel(tx, input)
    const before = await existingModel(tx, input)
    await work(tx, key, before)
    return options.reread ? existingModel(tx, input) : before
  })
}

/** Audit row and announcement of a change of a model, in its transaction. */
export async function note(
  tx: Ctx,
  input: InModel,
  action: string,
  values: { before?: unknown; after?: unknown },
  part = '',
): Promise<void> {
  await recordAudit(tx, { workspace: input.workspace, action, subject: `model/${input.name}${part}`, ...values })
  await tx.db.publish({ workspace: input.workspace, topic: 'models', id: input.name })
}
