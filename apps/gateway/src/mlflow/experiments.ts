import {
  createExperiment,
  deleteExperiment,
  deleteExperimentTag,
  getExperiment,
  getExperimentByName,
  restoreExperiment,
  searchDatasets,
  searchExperiments,
  setExperimentTag,
  updateExperiment,
} from '@keelson/core/experiments'
import { type Operation, operation } from './operation.ts'
import { toPairs, wireExperiment } from './to-wire.ts'
import { choice, int, list, pair, required, text, texts } from './wire-input.ts'
import { compact } from './wire-json.ts'

/** `ViewType` of service.proto. */
export const viewType = choice({ ACTIVE_ONLY: 1, DELETED_ONLY: 2, ALL: 3 })

const byId = { experiment_id: required(text) }

export const experimentOperations: readonly Operation[] = [
  operation(
    'POST',
    'experiments/create',
    { name: required(text), artifact_location: text, tags: list(pair) },
    async ({ ctx, workspace, input }) => ({
      experiment_id: await createExperiment(ctx, {
        workspace,
        name: input.name,
        artifactLocation: input.artifact_location,
        tags: toPairs(input.tags),
      }),
    }),
    { creates: true },
  ),
  operation('GET', 'experiments/get', byId, async ({ ctx, workspace, input }) => ({
    experiment: wireExperiment(await getExperiment(ctx, { workspace, experimentId: input.experiment_id })),
  })),
  operation(
    'GET',
    'experiments/get-by-name',
    { experiment_name: required(text) },
    async ({ ctx, workspace, input }) => ({
      experiment: wireExperiment(await getExperimentByName(ctx, { workspace, name: input.experiment_name })),
    }),
  ),
  operation(
    ['GET', 'POST'],
    'experiments/search',
    { view_type: viewType, max_results: int, order_by: texts, filter: text, page_token: text },
    async ({ ctx, workspace, input }) => {
      const page = await searchExperiments(ctx, {
        workspace,
        filter: input.filter ?? '',
        orderBy: input.order_by ?? [],
        view: input.view_type ?? 'ACTIVE_ONLY',
        // The protobuf default is 0, which the search refuses: as with the peer, clients must say how many.
        maxResults: input.max_results ?? 0,
        pageToken: input.page_token,
      })
      return compact({ experiments: page.items.map(wireExperiment), next_page_token: page.nextToken })
    },
    { lists: ['order_by'] },
  ),
  operation('POST', 'experiments/delete', byId, async ({ ctx, workspace, input }) => {
    await deleteExperiment(ctx, { workspace, experimentId: input.experiment_id })
    return {}
  }),
  operation('POST', 'experiments/restore', byId, async ({ ctx, workspace, input }) => {
    await restoreExperiment(ctx, { workspace, experimentId: input.experiment_id })
    return {}
  }),
  operation('POST', 'experiments/update', { ...byId, new_name: required(text) }, async ({ ctx, workspace, input }) => {
    await updateExperiment(ctx, { workspace, experimentId: input.experiment_id, name: input.new_name })
    return {}
  }),
  operation(
    'POST',
    'experiments/set-experiment-tag',
    { ...byId, key: required(text), value: text },
    async ({ ctx, workspace, input }) => {
      await setExperimentTag(ctx, {
        workspace,
        experimentId: input.experiment_id,
        key: input.key,
        value: input.value ?? '',
      })
      return {}
    },
  ),
  operation(
    'POST',
    'experiments/delete-experiment-tag',
    { ...byId, key: required(text) },
    async ({ ctx, workspace, input }) => {
      await deleteExperimentTag(ctx, { workspace, experimentId: input.experiment_id, key: input.key })
      return {}
    },
  ),
  operation('POST', 'experiments/search-datasets', { experiment_ids: texts }, async ({ ctx, workspace, input }) => {
    const found = await searchDatasets(ctx, { workspace, experimentIds: input.experiment_ids ?? [] })
    return compact({
      dataset_summaries: found.map((dataset) =>
        compact({
          experiment_id: dataset.experimentId,
          name: dataset.name,
          digest: dataset.digest,
          context: dataset.context,
        }),
      ),
    })
  }),
]
