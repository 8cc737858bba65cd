import type { ModelDetail, ModelVersion, ModelVersionDetail, RegisteredModel } from '@keelson/contracts/registry'
import { AppError } from '@keelson/process/app-error'
import type { z } from 'zod'
import { allow } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { getLoggedModel, getRun } from '../experiments/index.ts'
import { listVersionRows } from './model.store.ts'
import { existingVersion } from './model-versions.ts'
import { artifactFolder, readModelFile } from './read-mlmodel.ts'
import { existingModel } from './registered-models.ts'
import type { RegistryModel, RegistryVersion } from './registry-entity.ts'
import { searchRegisteredModels } from './search-registry.ts'
import { listGates, listTransitions } from './transition.store.ts'

const instant = (ms: number) => new Date(ms).toISOString()

export function toModelVersion(version: RegistryVersion): ModelVersion {
  return {
    model: version.model,
    version: version.version,
    stage: version.stage,
    status: version.status,
    description: version.description,
    source: version.source,
    runId: version.runId,
    modelId: version.modelId,
    createdBy: version.createdBy,
    createdAt: instant(version.createdAtMs),
    updatedAt: instant(version.updatedAtMs),
    tags: version.tags,
    aliases: version.aliases,
  }
}

export function toRegisteredModel(model: RegistryModel): RegisteredModel {
  return {
    name: model.name,
    workspace: model.workspace,
    description: model.description,
    createdAt: instant(model.createdAtMs),
    updatedAt: instant(model.updatedAtMs),
    tags: model.tags,
    aliases: model.aliases,
    latestVersions: model.latestVersions.map(toModelVersion),
  }
}

/** Models by name, for the dashboard. `filter` is MLflow's grammar. */
export async function listModels(
  ctx: Ctx,
  input: { workspace: string; filter: string; limit: number; cursor?: string | undefined },
): Promise<{ items: RegisteredModel[]; nextCursor: string | null }> {
  const page = await searchRegisteredModels(ctx, {
    workspace: input.workspace,
    filter: input.filter,
    maxResults: input.limit,
    pageToken: input.cursor,
  })
  return { items: page.items.map(toRegisteredModel), nextCursor: page.nextToken }
}

/** A model with all its versions, gates and stage history. */
export async function getModelDetail(
  ctx: Ctx,
  input: { workspace: string; name: string },
): Promise<z.infer<typeof ModelDetail>> {
  await allow(ctx, { verb: 'get', resource: 'registeredmodels', namespace: input.workspace })
  const model = await existingModel(ctx, input)
  const [versions, transitions, gates] = await Promise.all([
    listVersionRows(ctx.db, model.key),
    listTransitions(ctx.db, model.key),
    listGates(ctx.db, model.key),
  ])
  return { model: toRegisteredModel(model), versions: versions.map(toModelVersion), transitions, gates }
}

/** A version with its signature, example, metrics, history and the endpoints that serve it. */
export async function getVersionDetail(
  ctx: Ctx,
  input: { workspace: string; name: string; version: number },
): Promise<z.infer<typeof ModelVersionDetail>> {
  await allow(ctx, { verb: 'get', resource: 'registeredmodels', namespace: input.workspace })
  const version = await existingVersion(ctx, { ...input, version: String(input.version) })
  const [file, transitions, run, metrics, endpoints] = await Promise.all([
    readModelFile(ctx, version),
    listTransitions(ctx.db, version.modelKey, version.version),
    version.runId === null ? null : getRun(ctx, { workspace: input.workspace, runId: version.runId }).catch(() => null),
    modelMetrics(ctx, version),
    endpointsOf(ctx, version),
  ])
  const merged = new Map([...(run?.metrics ?? []), ...metrics].map((metric) => [metric.key, metric.value]))
  return {
    version: toModelVersion(version),
    signature: file.signature,
    inputExample: file.inputExample,
    transitions,
    runName: run?.name ?? null,
    experimentId: run?.experimentId ?? null,
    metrics: [...merged].map(([key, value]) => ({ key, value })).filter((metric) => Number.isFinite(metric.value)),
    endpoints,
  }
}

async function modelMetrics(ctx: Ctx, version: RegistryVersion): Promise<{ key: string; value: number }[]> {
  if (version.modelId === null) return []
  const model = await getLoggedModel(ctx, { workspace: version.workspace, modelId: version.modelId }).catch(() => null)
  return model?.metrics ?? []
}

/** Endpoints that serve this version now, from the projection of the InferenceServices. */
function endpointsOf(ctx: Ctx, version: RegistryVersion): Promise<{ name: string; status: string }[]> {
  return ctx.db.query(
    'select name, status from endpoint where workspace = $1 and model = $2 and model_version = $3::int and deleted_at is null order by name',
    version.workspace,
    version.model,
    version.version,
  )
}

/** The path, in the workspace's artifacts, of a file of a version. Throws `not_found` when they are not in our store. */
export async function getVersionArtifactPath(
  ctx: Ctx,
  input: { workspace: string; name: string; version: string; path: string },
): Promise<string> {
  await allow(ctx, { verb: 'get', resource: 'registeredmodels', namespace: input.workspace })
  const folder = await artifactFolder(ctx, await existingVersion(ctx, input))
  if (folder === null) throw new AppError('not_found', `No such artifact: '${input.path}'`)
  return `${folder.slice(input.workspace.length + 1)}/${input.path}`
}
