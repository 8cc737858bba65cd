import {
  createLoggedModel,
  deleteLoggedModel,
  deleteLoggedModelTag,
  finalizeLoggedModel,
  getLoggedModel,
  logLoggedModelParams,
  searchLoggedModels,
  setLoggedModelTags,
} from '@keelson/core/experiments'
import { type Operation, operation } from './operation.ts'
import { toPairs, wireLoggedModel } from './to-wire.ts'
import { bool, choice, int, list, object, pair, required, text, texts } from './wire-input.ts'
import { compact } from './wire-json.ts'

/** `LoggedModelStatus` of service.proto; only these three end an upload or leave it open. */
const modelStatus = choice({ LOGGED_MODEL_PENDING: 1, LOGGED_MODEL_READY: 2, LOGGED_MODEL_UPLOAD_FAILED: 3 })
const statusNames = {
  LOGGED_MODEL_PENDING: 'PENDING',
  LOGGED_MODEL_READY: 'READY',
  LOGGED_MODEL_UPLOAD_FAILED: 'UPLOAD_FAILED',
} as const
const byModel = { model_id: required(text) }

export const loggedModelOperations: readonly Operation[] = [
  operation(
    'POST',
    'logged-models',
    {
      experiment_id: required(text),
      name: text,
      model_type: text,
      source_run_id: text,
      params: list(pair),
      tags: list(pair),
    },
    async ({ ctx, workspace, input }) => {
      const model = await createLoggedModel(ctx, {
        workspace,
        experimentId: input.experiment_id,
        name: input.name || undefined,
        modelType: input.model_type,
        sourceRunId: input.source_run_id,
        params: toPairs(input.params),
        tags: toPairs(input.tags),
      })
      return { model: wireLoggedModel(model) }
    },
    { creates: true },
  ),
  operation(
    'POST',
    'logged-models/search',
    {
      experiment_ids: required(texts),
      filter: text,
      datasets: list(object({ dataset_name: required(text), dataset_digest: text })),
      max_results: int,
      order_by: list(object({ field_name: required(text), ascending: bool, dataset_name: text, dataset_digest: text })),
      page_token: text,
    },
    async ({ ctx, workspace, input }) => {
      const page = await searchLoggedModels(ctx, {
        workspace,
        experimentIds: input.experiment_ids,
        filter: input.filter ?? '',
        datasets: (input.datasets ?? []).map((dataset) => ({
          name: dataset.dataset_name,
          digest: dataset.dataset_digest || null,
        })),
        maxResults: input.max_results || 50,
        orderBy: (input.order_by ?? []).map((entry) => ({
          fieldName: entry.field_name,
          ascending: entry.ascending ?? true,
          datasetName: entry.dataset_name,
          datasetDigest: entry.dataset_digest,
        })),
        pageToken: input.page_token,
      })
      return compact({ models: page.items.map(wireLoggedModel), next_page_token: page.nextToken })
    },
  ),
  operation(
    'GET',
    'logged-models/:model_id',
    { ...byModel, allow_deleted: bool },
    async ({ ctx, workspace, input }) => ({
      model: wireLoggedModel(
        await getLoggedModel(ctx, { workspace, modelId: input.model_id, allowDeleted: input.allow_deleted ?? false }),
      ),
    }),
  ),
  operation(
    'PATCH',
    'logged-models/:model_id',
    { ...byModel, status: required(modelStatus) },
    async ({ ctx, workspace, input }) => ({
      model: wireLoggedModel(
        await finalizeLoggedModel(ctx, { workspace, modelId: input.model_id, status: statusNames[input.status] }),
      ),
    }),
  ),
  operation('DELETE', 'logged-models/:model_id', byModel, async ({ ctx, workspace, input }) => {
    await deleteLoggedModel(ctx, { workspace, modelId: input.model_id })
    return {}
  }),
  operation(
    'POST',
    'logged-models/:model_id/params',
    { ...byModel, params: list(pair) },
    async ({ ctx, workspace, input }) => {
      await logLoggedModelParams(ctx, { workspace, modelId: input.model_id, params: toPairs(input.params) })
      return {}
    },
  ),
  operation(
    'PATCH',
    'logged-models/:model_id/tags',
    { ...byModel, tags: list(pair) },
    async ({ ctx, workspace, input }) => {
      await setLoggedModelTags(ctx, { workspace, modelId: input.model_id, tags: toPairs(input.tags) })
      return {}
    },
  ),
  operation(
    'DELETE',
    'logged-models/:model_id/tags/:tag_key',
    { ...byModel, tag_key: required(text) },
    async ({ ctx, workspace, input }) => {
      await deleteLoggedModelTag(ctx, { workspace, modelId: input.model_id, key: input.tag_key })
      return {}
    },
  ),
]
