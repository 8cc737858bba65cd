import { AppError } from '@keelson/process/app-error'
import type { Ctx } from '../context/index.ts'
import { getLoggedModel, getRun, invalid, type Pair, type TrackedModel, type TrackedRun } from '../experiments/index.ts'
import { findModel, findVersion } from './model.store.ts'
import { badSource, isWithin, parseSource, parseStage, type Source } from './registry.rules.ts'
import { promptTag, type RegistryVersion } from './registry-entity.ts'

export type ResolvedSource = { source: string; storageUri: string; runId: string | null; modelId: string | null }

type Asked = {
  workspace: string
  source: string
  runId?: string | undefined
  modelId?: string | undefined
  tags?: readonly Pair[]
}

const promptSources = ['dummy-source', 'prompt-template']

/**
 * Where a new version's artifacts are, and the run and logged model they came from. The source must belong to the run or
 * model that the caller names: nobody registers a place of somebody else's.
 */
export async function resolveSource(ctx: Ctx, asked: Asked): Promise<ResolvedSource> {
  const given = { runId: asked.runId ?? '', modelId: asked.modelId ?? '' }
  if (asked.tags?.some((tag) => tag.key === promptTag && tag.value.toLowerCase() === 'true')) {
    if (!promptSources.includes(asked.source))
      throw invalid(`Invalid prompt source: '${asked.source}'. Prompt sources must use an MLflow placeholder.`)
    return { source: asked.source, storageUri: asked.source, runId: given.runId || null, modelId: null }
  }
  const parsed = parseSource(asked.source, given)
  if (parsed.kind === 'version') return fromVersion(ctx, asked, parsed)
  const model = given.modelId === '' ? null : await sourceModel(ctx, asked)
  const runId = given.runId || model?.sourceRunId || null
  const done = (storageUri: string): ResolvedSource => ({
    source: asked.source,
    storageUri,
    runId,
    modelId: model?.id ?? null,
  })
  switch (parsed.kind) {
    case 'logged-model':
      if (model === null || parsed.modelId !== model.id) throw badSource(asked.source, 'model_id')
      return done(model.artifactUri)
    case 'run':
      if (model !== null) throw badSource(asked.source, 'model_id')
      if (parsed.runId !== given.runId) throw badSource(asked.source, 'run_id')
      await sourceRun(ctx, asked)
      return done(asked.source)
    case 'artifacts': {
      const root = model === null ? (await sourceRun(ctx, asked)).artifactUri : model.artifactUri
      if (!isWithin(parsed.uri, root)) throw badSource(asked.source, model === null ? 'run_id' : 'model_id')
      return done(parsed.uri)
    }
    case 'remote':
      return done(asked.source)
  }
}

async function sourceModel(ctx: Ctx, asked: Asked): Promise<TrackedModel> {
  return getLoggedModel(ctx, { workspace: asked.workspace, modelId: asked.modelId ?? '' }).catch((error) => {
    throw isNotFound(error) ? badSource(asked.source, 'model_id') : error
  })
}

async function sourceRun(ctx: Ctx, asked: Asked): Promise<TrackedRun> {
  if (!asked.runId) throw badSource(asked.source, 'run_id')
  return getRun(ctx, { workspace: asked.workspace, runId: asked.runId }).catch((error) => {
    throw isNotFound(error) ? badSource(asked.source, 'run_id') : error
  })
}

function isNotFound(error: unknown): boolean {
  return error instanceof AppError && error.code === 'not_found'
}

/** A copy of another version: it keeps that one's run and logged model. */
async function fromVersion(
  ctx: Ctx,
  asked: Asked,
  source: Extract<Source, { kind: 'version' }>,
): Promise<ResolvedSource> {
  const from = await referenced(ctx, asked.workspace, source)
  if (from.tags.some((tag) => tag.key === promptTag && tag.value === 'true'))
    throw invalid(
      `Invalid model version source: '${asked.source}'. Prompt versions cannot be used as model version sources.`,
    )
  const disagrees = (given: string | undefined, actual: string | null) =>
    given !== undefined && given !== (actual ?? '')
  if (disagrees(asked.runId, from.runId) || disagrees(asked.modelId, from.modelId))
    throw invalid(
      `Invalid model version source: '${asked.source}'. The run_id and model_id request parameters must match the referenced model version.`,
    )
  return {
    source: `models:/${from.model}/${from.version}`,
    storageUri: from.storageUri,
    runId: from.runId,
    modelId: from.modelId,
  }
}

async function referenced(
  ctx: Ctx,
  workspace: string,
  source: Extract<Source, { kind: 'version' }>,
): Promise<RegistryVersion> {
  const model = await findModel(ctx.db, workspace, source.model)
  if (model === null) throw new AppError('not_found', `Registered Model with name=${source.model} not found`)
  const wanted = versionNumber(source, model)
  const version = wanted === undefined ? null : await findVersion(ctx.db, workspace, source.model, wanted)
  if (version === null)
    throw new AppError('not_found', `Model Version (name=${source.model}, version=${source.reference}) not found`)
  return version
}

function versionNumber(
  source: Extract<Source, { kind: 'version' }>,
  model: NonNullable<Awaited<ReturnType<typeof findModel>>>,
): number | undefined {
  if (source.by === 'version') return Math.min(Number(source.reference), 2_147_483_647)
  if (source.by === 'alias') return model.aliases.find((entry) => entry.alias === source.reference)?.version
  if (source.reference.toLowerCase() === 'latest') return model.latestVersions.at(-1)?.version
  const stage = parseStage(source.reference)
  return model.latestVersions.find((version) => version.stage === stage)?.version
}
