import {
  createRun,
  type DatasetInput,
  deleteRun,
  deleteRunTag,
  getRun,
  invalid,
  type LoggedMetric,
  logBatch,
  logInputs,
  logMetric,
  logOutputs,
  logParam,
  recordModel,
  restoreRun,
  searchRuns,
  setRunTag,
  updateRun,
} from '@keelson/core/experiments'
import { viewType } from './experiments.ts'
import { type Operation, operation } from './operation.ts'
import { toPairs, wireRun, wireRunInfo } from './to-wire.ts'
import { choice, double, type InputOf, int, intUpTo, list, object, pair, required, text, texts } from './wire-input.ts'
import { compact } from './wire-json.ts'

const runStatus = choice({ RUNNING: 1, SCHEDULED: 2, FINISHED: 3, FAILED: 4, KILLED: 5 })
const byRun = { run_id: required(text) }

const metricFields = {
  key: required(text),
  value: required(double),
  timestamp: required(int),
  step: int,
  model_id: text,
  dataset_name: text,
  dataset_digest: text,
}

function toMetric(input: InputOf<typeof metricFields>): LoggedMetric {
  return {
    key: input.key,
    value: input.value,
    timeMs: input.timestamp,
    step: input.step ?? 0,
    modelId: input.model_id || undefined,
    datasetName: input.dataset_name || undefined,
    datasetDigest: input.dataset_digest || undefined,
  }
}

const datasetInput = object({
  tags: list(pair),
  dataset: required(
    object({
      name: required(text),
      digest: required(text),
      source_type: required(text),
      source: required(text),
      schema: text,
      profile: text,
    }),
  ),
})

function toDataset(input: ReturnType<typeof datasetInput.read>): DatasetInput {
  const { name, digest, source, source_type: sourceType, schema, profile } = input.dataset
  return {
    name,
    digest,
    sourceType,
    source,
    schema: schema ?? null,
    profile: profile ?? null,
    tags: toPairs(input.tags),
  }
}

const lifecycle: readonly Operation[] = [
  operation(
    'POST',
    'runs/create',
    { experiment_id: text, start_time: int, run_name: text, user_id: text, tags: list(pair) },
    async ({ ctx, workspace, input }) => {
      const run = await createRun(ctx, {
        workspace,
        experimentId: input.experiment_id ?? '',
        name: input.run_name,
        userName: input.user_id,
        startTimeMs: input.start_time,
        tags: toPairs(input.tags),
      })
      return { run: wireRun(run) }
    },
    { creates: true },
  ),
  operation(
    'POST',
    'runs/update',
    { ...byRun, end_time: int, status: runStatus, run_name: text },
    async ({ ctx, workspace, input }) => ({
      run_info: wireRunInfo(
        await updateRun(ctx, {
          workspace,
          runId: input.run_id,
          status: input.status,
          endTimeMs: input.end_time,
          name: input.run_name,
        }),
      ),
    }),
  ),
  operation('GET', 'runs/get', byRun, async ({ ctx, workspace, input }) => ({
    run: wireRun(await getRun(ctx, { workspace, runId: input.run_id })),
  })),
  operation('POST', 'runs/delete', byRun, async ({ ctx, workspace, input }) => {
    await deleteRun(ctx, { workspace, runId: input.run_id })
    return {}
  }),
  operation('POST', 'runs/restore', byRun, async ({ ctx, workspace, input }) => {
    await restoreRun(ctx, { workspace, runId: input.run_id })
    return {}
  }),
  operation(
    'POST',
    'runs/search',
    {
      experiment_ids: texts,
      filter: text,
      run_view_type: viewType,
      max_results: intUpTo(50_000),
      order_by: texts,
      page_token: text,
    },
    async ({ ctx, workspace, input }) => {
      const page = await searchRuns(ctx, {
        workspace,
        experimentIds: input.experiment_ids ?? [],
        filter: input.filter ?? '',
        view: input.run_view_type ?? 'ACTIVE_ONLY',
        maxResults: input.max_results ?? 1_000,
        orderBy: input.order_by ?? [],
        pageToken: input.page_token,
      })
      return compact({ runs: page.items.map(wireRun), next_page_token: page.nextToken })
    },
  ),
]

const logging: readonly Operation[] = [
  operation('POST', 'runs/log-metric', { ...byRun, ...metricFields }, async ({ ctx, workspace, input }) => {
    await logMetric(ctx, { workspace, runId: input.run_id, metric: toMetric(input) })
    return {}
  }),
  operation(
    'POST',
    'runs/log-parameter',
    { ...byRun, key: required(text), value: text },
    async ({ ctx, workspace, input }) => {
      await logParam(ctx, { workspace, runId: input.run_id, param: { key: input.key, value: input.value ?? '' } })
      return {}
    },
  ),
  operation(
    'POST',
    'runs/set-tag',
    { ...byRun, key: required(text), value: text },
    async ({ ctx, workspace, input }) => {
      await setRunTag(ctx, { workspace, runId: input.run_id, key: input.key, value: input.value ?? '' })
      return {}
    },
  ),
  operation('POST', 'runs/delete-tag', { ...byRun, key: required(text) }, async ({ ctx, workspace, input }) => {
    await deleteRunTag(ctx, { workspace, runId: input.run_id, key: input.key })
    return {}
  }),
  operation(
    'POST',
    'runs/log-batch',
    { ...byRun, metrics: list(object(metricFields)), params: list(pair), tags: list(pair) },
    async ({ ctx, workspace, input }) => {
      await logBatch(ctx, {
        workspace,
        runId: input.run_id,
        metrics: (input.metrics ?? []).map(toMetric),
        params: toPairs(input.params),
        tags: toPairs(input.tags),
      })
      return {}
    },
    // MLflow's own limit (`MAX_BATCH_LOG_REQUEST_SIZE`).
    { maxBodyBytes: 1_000_000 },
  ),
  operation(
    'POST',
    'runs/log-inputs',
    { ...byRun, datasets: list(datasetInput), models: list(object({ model_id: required(text) })) },
    async ({ ctx, workspace, input }) => {
      await logInputs(ctx, {
        workspace,
        runId: input.run_id,
        datasets: (input.datasets ?? []).map(toDataset),
        modelIds: (input.models ?? []).map((model) => model.model_id),
      })
      return {}
    },
    // A profile alone may have 16 MiB.
    { maxBodyBytes: 40_000_000 },
  ),
  operation(
    'POST',
    'runs/outputs',
    { ...byRun, models: required(list(object({ model_id: required(text), step: int }))) },
    async ({ ctx, workspace, input }) => {
      await logOutputs(ctx, {
        workspace,
        runId: input.run_id,
        outputs: input.models.map((model) => ({ modelId: model.model_id, step: model.step ?? 0 })),
      })
      return {}
    },
  ),
  operation('POST', 'runs/log-model', { ...byRun, model_json: required(text) }, async ({ ctx, workspace, input }) => {
    await recordModel(ctx, { workspace, runId: input.run_id, model: parseModel(input.model_json) })
    return {}
  }),
]

function parseModel(json: string): Record<string, unknown> {
  const malformed = () => invalid(`Malformed model info. \n ${json} \n is not a valid JSON.`)
  let parsed: unknown
  try {
    parsed = JSON.parse(json)
  } catch {
    throw malformed()
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw malformed()
  const model = new Map(Object.entries(parsed))
  const absent = ['artifact_path', 'flavors', 'utc_time_created', 'run_id'].filter((name) => !model.has(name))
  if (absent.length > 0)
    throw invalid(`Model json is missing mandatory fields: {${absent.map((name) => `'${name}'`).join(', ')}}`)
  return Object.fromEntries(model)
}

export const runOperations: readonly Operation[] = [...lifecycle, ...logging]
