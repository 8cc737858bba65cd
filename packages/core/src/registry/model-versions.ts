import { AppError } from '@keelson/process/app-error'
import { allow } from '../access/index.ts'
import { type Ctx, inTransaction } from '../context/index.ts'
import { invalid, type Pair, pythonJson, setLoggedModelTags } from '../experiments/index.ts'
import {
  deleteAliasRow,
  deleteVersionRow,
  findVersion,
  insertVersion,
  updateVersionRow,
  upsertAlias,
} from './model.store.ts'
import { existingModel, lockedModel, note } from './registered-models.ts'
import { checkAlias, checkAliasFree, checkRegistryTag, parseStage, parseVersion } from './registry.rules.ts'
import type { RegistryVersion } from './registry-entity.ts'
import { resolveSource } from './resolve-source.ts'

type InVersion = { workspace: string; name: string; version: string }

export function noSuchVersion(name: string, version: string | number): AppError {
  return new AppError('not_found', `Model Version (name=${name}, version=${version}) not found`)
}

/** The version as it stands, without an access check: for use cases that have made theirs. */
export async function existingVersion(ctx: Ctx, input: InVersion): Promise<RegistryVersion> {
  const version = await findVersion(ctx.db, input.workspace, input.name, parseVersion(input.version))
  if (version === null) throw noSuchVersion(input.name, input.version)
  return version
}

export type CreateModelVersion = {
  workspace: string
  name: string
  source: string
  runId?: string | undefined
  modelId?: string | undefined
  runLink?: string | undefined
  description?: string | undefined
  tags?: readonly Pair[]
}

/** Registers the next version of a model. Its source must belong to the run or logged model that it names. */
export async function createModelVersion(ctx: Ctx, input: CreateModelVersion): Promise<RegistryVersion> {
  await allow(ctx, { verb: 'create', resource: 'registeredmodels', namespace: input.workspace })
  for (const tag of input.tags ?? []) checkRegistryTag(tag)
  const resolved = await resolveSource(ctx, input)
  return inTransaction(ctx, async (tx) => {
    const modelKey = await lockedModel(tx, input)
    const version = await insertVersion(tx.db, {
      modelKey,
      description: input.description ?? '',
      source: resolved.source,
      storageUri: resolved.storageUri,
      runId: resolved.runId,
      modelId: resolved.modelId,
      runLink: input.runLink ?? '',
      createdBy: ctx.actor.username,
      tags: input.tags ?? [],
      at: ctx.clock.now(),
    })
    if (resolved.modelId !== null)
      await tagLoggedModel(tx, input.workspace, resolved.modelId, { name: input.name, version })
    await note(
      tx,
      input,
      'models.register',
      { after: { version, source: resolved.source, runId: resolved.runId, modelId: resolved.modelId } },
      `/versions/${version}`,
    )
    await tx.db.publish({ workspace: input.workspace, topic: 'lineage', id: input.name })
    return existingVersion(tx, { ...input, version: String(version) })
  })
}

const versionsTag = 'mlflow.modelVersions'

/** MLflow keeps on the logged model which versions were made of it, as a JSON list in a tag. */
async function tagLoggedModel(
  tx: Ctx,
  workspace: string,
  modelId: string,
  made: { name: string; version: number },
): Promise<void> {
  const [row] = await tx.db.query<{ tag: string | null }>(
    'select tags ->> $2 as tag from logged_model where id = $1 for update',
    modelId,
    versionsTag,
  )
  const before = (row?.tag ?? '').replace(/^\[|\]$/g, '')
  const entry = `{"name": ${pythonJson(made.name)}, "version": ${made.version}}`
  await setLoggedModelTags(tx, {
    workspace,
    modelId,
    tags: [{ key: versionsTag, value: `[${before === '' ? '' : `${before}, `}${entry}]` }],
  })
}

export async function getModelVersion(ctx: Ctx, input: InVersion): Promise<RegistryVersion> {
  await allow(ctx, { verb: 'get', resource: 'registeredmodels', namespace: input.workspace })
  return existingVersion(ctx, input)
}

export async function updateModelVersion(
  ctx: Ctx,
  input: InVersion & { description?: string | undefined },
): Promise<RegistryVersion> {
  return change(ctx, input, async (tx, key, before) => {
    await updateVersionRow(tx.db, key, before.version, { description: input.description ?? '', at: ctx.clock.now() })
    await note(
      tx,
      input,
      'models.updateVersion',
      { before: { description: before.description }, after: { description: input.description ?? '' } },
      `/versions/${before.version}`,
    )
  })
}

export async function setModelVersionTag(ctx: Ctx, input: InVersion & Pair): Promise<void> {
  checkRegistryTag(input)
  await change(ctx, input, async (tx, key, before) => {
    await updateVersionRow(tx.db, key, before.version, { tags: [{ key: input.key, value: input.value }] })
    await note(
      tx,
      input,
      'models.tagVersion',
      { after: { key: input.key, value: input.value } },
      `/versions/${before.version}`,
    )
  })
}

/** Deleting a tag that is not there is no error, as with the peer. */
export async function deleteModelVersionTag(ctx: Ctx, input: InVersion & { key: string }): Promise<void> {
  await change(ctx, input, async (tx, key, before) => {
    await updateVersionRow(tx.db, key, before.version, { dropTag: input.key })
    await note(tx, input, 'models.untagVersion', { before: { key: input.key } }, `/versions/${before.version}`)
  })
}

/** Deletes a version with its aliases. Its number is never given again. */
export async function deleteModelVersion(ctx: Ctx, input: InVersion): Promise<void> {
  await allow(ctx, { verb: 'delete', resource: 'registeredmodels', namespace: input.workspace }, { fresh: true })
  await inTransaction(ctx, async (tx) => {
    const key = await lockedModel(tx, input)
    const before = await existingVersion(tx, input)
    await deleteVersionRow(tx.db, key, before.version)
    await note(
      tx,
      input,
      'models.deleteVersion',
      { before: { stage: before.stage, source: before.source, aliases: before.aliases } },
      `/versions/${before.version}`,
    )
  })
}

async function change(
  ctx: Ctx,
  input: InVersion,
  work: (tx: Ctx, key: string, before: RegistryVersion) => Promise<void>,
): Promise<RegistryVersion> {
  await allow(ctx, { verb: 'update', resource: 'registeredmodels', namespace: input.workspace })
  return inTransaction(ctx, async (tx) => {
    const key = await lockedModel(tx, input)
    await work(tx, key, await existingVersion(tx, input))
    return existingVersion(tx, input)
  })
}

/** The newest version of each asked stage (of every stage when none is named). */
export async function getLatestVersions(
  ctx: Ctx,
  input: { workspace: string; name: string; stages: readonly string[] },
): Promise<RegistryVersion[]> {
  await allow(ctx, { verb: 'get', resource: 'registeredmodels', namespace: input.workspace })
  const model = await existingModel(ctx, input)
  if (input.stages.length === 0) return model.latestVersions
  const stages = input.stages.map(parseStage)
  return model.latestVersions.filter((version) => stages.includes(version.stage))
}

export async function setModelAlias(ctx: Ctx, input: InVersion & { alias: string }): Promise<void> {
  checkAlias(input.alias)
  checkAliasFree(input.alias)
  await change(ctx, input, async (tx, key, before) => {
    const [old] = (await existingModel(tx, input)).aliases.filter((entry) => entry.alias === input.alias)
    await upsertAlias(tx.db, key, input.alias, before.version)
    await note(tx, input, 'models.alias', {
      before: { version: old?.version ?? null },
      after: { alias: input.alias, version: before.version },
    })
  })
}

/** Deleting an alias that is not there is no error, as with the peer. */
export async function deleteModelAlias(
  ctx: Ctx,
  input: { workspace: string; name: string; alias: string },
): Promise<void> {
  await allow(ctx, { verb: 'update', resource: 'registeredmodels', namespace: input.workspace })
  checkAlias(input.alias)
  await inTransaction(ctx, async (tx) => {
    const key = await lockedModel(tx, input)
    await deleteAliasRow(tx.db, key, input.alias)
    await note(tx, input, 'models.unalias', { before: { alias: input.alias } })
  })
}

/** The version behind an alias; `latest` is the highest version. An unknown alias is `invalid`, as with the peer. */
export async function getVersionByAlias(
  ctx: Ctx,
  input: { workspace: string; name: string; alias: string },
): Promise<RegistryVersion> {
  await allow(ctx, { verb: 'get', resource: 'registeredmodels', namespace: input.workspace })
  checkAlias(input.alias)
  const model = await existingModel(ctx, input)
  if (input.alias.toLowerCase() === 'latest') {
    const latest = model.latestVersions.at(-1)
    if (latest === undefined) throw new AppError('not_found', `Latest version not found for model ${input.name}.`)
    return latest
  }
  const found = model.aliases.find((entry) => entry.alias === input.alias)
  if (found === undefined) throw invalid(`Registered model alias ${input.alias} not found.`)
  return existingVersion(ctx, { ...input, version: String(found.version) })
}
