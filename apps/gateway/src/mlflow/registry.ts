import {
  createModelVersion,
  createRegisteredModel,
  deleteModelAlias,
  deleteModelVersion,
  deleteModelVersionTag,
  deleteRegisteredModel,
  deleteRegisteredModelTag,
  getLatestVersions,
  getModelVersion,
  getRegisteredModel,
  getVersionByAlias,
  renameRegisteredModel,
  searchModelVersions,
  searchRegisteredModels,
  setModelAlias,
  setModelVersionTag,
  setRegisteredModelTag,
  transitionVersionStage,
  updateModelVersion,
  updateRegisteredModel,
} from '@keelson/core/registry'
import { type Operation, operation } from './operation.ts'
import { toPairs, wireModel, wireVersion } from './to-wire.ts'
import { bool, intUpTo, list, pair, required, text, texts } from './wire-input.ts'
import { compact } from './wire-json.ts'

const byName = { name: required(text) }
const byVersion = { ...byName, version: required(text) }
const search = { filter: text, order_by: texts, page_token: text }

const models: readonly Operation[] = [
  operation(
    'POST',
    'registered-models/create',
    { ...byName, tags: list(pair), description: text },
    async ({ ctx, workspace, input }) => ({
      registered_model: wireModel(
        await createRegisteredModel(ctx, {
          workspace,
          name: input.name,
          description: input.description,
          tags: toPairs(input.tags),
        }),
      ),
    }),
    { creates: true },
  ),
  operation('GET', 'registered-models/get', byName, async ({ ctx, workspace, input }) => ({
    registered_model: wireModel(await getRegisteredModel(ctx, { workspace, name: input.name })),
  })),
  operation(
    'POST',
    'registered-models/rename',
    { ...byName, new_name: required(text) },
    async ({ ctx, workspace, input }) => ({
      registered_model: wireModel(
        await renameRegisteredModel(ctx, { workspace, name: input.name, newName: input.new_name }),
      ),
    }),
  ),
  operation(
    'PATCH',
    'registered-models/update',
    { ...byName, description: text },
    async ({ ctx, workspace, input }) => ({
      registered_model: wireModel(
        await updateRegisteredModel(ctx, { workspace, name: input.name, description: input.description ?? '' }),
      ),
    }),
  ),
  operation('DELETE', 'registered-models/delete', byName, async ({ ctx, workspace, input }) => {
    await deleteRegisteredModel(ctx, { workspace, name: input.name })
    return {}
  }),
  operation(
    'GET',
    'registered-models/search',
    { ...search, max_results: intUpTo(1_000) },
    async ({ ctx, workspace, input }) => {
      const page = await searchRegisteredModels(ctx, {
        workspace,
        filter: input.filter ?? '',
        maxResults: input.max_results ?? 100,
        orderBy: input.order_by ?? [],
        pageToken: input.page_token,
      })
      return compact({ registered_models: page.items.map(wireModel), next_page_token: page.nextToken })
    },
    { lists: ['order_by'] },
  ),
  operation(
    'POST',
    'registered-models/set-tag',
    { ...byName, key: required(text), value: text },
    async ({ ctx, workspace, input }) => {
      await setRegisteredModelTag(ctx, { workspace, name: input.name, key: input.key, value: input.value ?? '' })
      return {}
    },
  ),
  operation(
    'DELETE',
    'registered-models/delete-tag',
    { ...byName, key: required(text) },
    async ({ ctx, workspace, input }) => {
      await deleteRegisteredModelTag(ctx, { workspace, name: input.name, key: input.key })
      return {}
    },
  ),
  operation(
    ['GET', 'POST'],
    'registered-models/get-latest-versions',
    { ...byName, stages: texts },
    async ({ ctx, workspace, input }) => {
      const versions = await getLatestVersions(ctx, { workspace, name: input.name, stages: input.stages ?? [] })
      return compact({ model_versions: versions.map(wireVersion) })
    },
    { lists: ['stages'] },
  ),
  operation(
    'POST',
    'registered-models/alias',
    { ...byName, alias: required(text), version: required(text) },
    async ({ ctx, workspace, input }) => {
      await setModelAlias(ctx, { workspace, name: input.name, alias: input.alias, version: input.version })
      return {}
    },
  ),
  operation(
    'DELETE',
    'registered-models/alias',
    { ...byName, alias: required(text) },
    async ({ ctx, workspace, input }) => {
      await deleteModelAlias(ctx, { workspace, name: input.name, alias: input.alias })
      return {}
    },
  ),
  operation(
    'GET',
    'registered-models/alias',
    { ...byName, alias: required(text) },
    async ({ ctx, workspace, input }) => ({
      model_version: wireVersion(await getVersionByAlias(ctx, { workspace, name: input.name, alias: input.alias })),
    }),
  ),
]

const versions: readonly Operation[] = [
  operation(
    'POST',
    'model-versions/create',
    {
      ...byName,
      source: required(text),
      run_id: text,
      tags: list(pair),
      run_link: text,
      description: text,
      model_id: text,
    },
    async ({ ctx, workspace, input }) => {
      const version = await createModelVersion(ctx, {
        workspace,
        name: input.name,
        source: input.source,
        runId: input.run_id,
        modelId: input.model_id,
        runLink: input.run_link,
        description: input.description,
        tags: toPairs(input.tags),
      })
      return { model_version: wireVersion(version) }
    },
    { creates: true },
  ),
  operation('GET', 'model-versions/get', byVersion, async ({ ctx, workspace, input }) => ({
    model_version: wireVersion(await getModelVersion(ctx, { workspace, name: input.name, version: input.version })),
  })),
  operation(
    'PATCH',
    'model-versions/update',
    { ...byVersion, description: text },
    async ({ ctx, workspace, input }) => ({
      model_version: wireVersion(
        await updateModelVersion(ctx, {
          workspace,
          name: input.name,
          version: input.version,
          description: input.description,
        }),
      ),
    }),
  ),
  operation(
    'POST',
    'model-versions/transition-stage',
    { ...byVersion, stage: required(text), archive_existing_versions: bool },
    async ({ ctx, workspace, input }) => ({
      model_version: wireVersion(
        await transitionVersionStage(ctx, {
          workspace,
          name: input.name,
          version: input.version,
          stage: input.stage,
          archiveExisting: input.archive_existing_versions ?? false,
        }),
      ),
    }),
  ),
  operation('DELETE', 'model-versions/delete', byVersion, async ({ ctx, workspace, input }) => {
    await deleteModelVersion(ctx, { workspace, name: input.name, version: input.version })
    return {}
  }),
  operation(
    'GET',
    'model-versions/search',
    { ...search, max_results: intUpTo(200_000) },
    async ({ ctx, workspace, input }) => {
      const page = await searchModelVersions(ctx, {
        workspace,
        filter: input.filter ?? '',
        maxResults: input.max_results ?? 10_000,
        orderBy: input.order_by ?? [],
        pageToken: input.page_token,
      })
      return compact({ model_versions: page.items.map(wireVersion), next_page_token: page.nextToken })
    },
    { lists: ['order_by'] },
  ),
  operation('GET', 'model-versions/get-download-uri', byVersion, async ({ ctx, workspace, input }) => ({
    artifact_uri: (await getModelVersion(ctx, { workspace, name: input.name, version: input.version })).storageUri,
  })),
  operation(
    'POST',
    'model-versions/set-tag',
    { ...byVersion, key: required(text), value: text },
    async ({ ctx, workspace, input }) => {
      await setModelVersionTag(ctx, {
        workspace,
        name: input.name,
        version: input.version,
        key: input.key,
        value: input.value ?? '',
      })
      return {}
    },
  ),
  operation(
    'DELETE',
    'model-versions/delete-tag',
    { ...byVersion, key: required(text) },
    async ({ ctx, workspace, input }) => {
      await deleteModelVersionTag(ctx, { workspace, name: input.name, version: input.version, key: input.key })
      return {}
    },
  ),
]

export const registryOperations: readonly Operation[] = [...models, ...versions]
