/** Our objects as MLflow's JSON (protobuf's JSON with its own field names: `service.proto`, `model_registry.proto`). */
import type { DatasetInput, Metric, Pair, TrackedExperiment, TrackedModel, TrackedRun } from '@keelson/core/experiments'
import type { RegistryModel, RegistryVersion } from '@keelson/core/registry'
import { compact, wireNumber } from './wire-json.ts'

export function wireExperiment(experiment: TrackedExperiment): object {
  return compact({
    experiment_id: experiment.id,
    name: experiment.name,
    artifact_location: experiment.artifactLocation,
    lifecycle_stage: experiment.lifecycleStage,
    last_update_time: experiment.updatedAtMs,
    creation_time: experiment.createdAtMs,
    tags: experiment.tags,
    workspace: experiment.workspace,
  })
}

export function wireMetric(metric: Metric): Record<string, unknown> {
  return { key: metric.key, value: wireNumber(metric.value), timestamp: metric.timeMs, step: metric.step }
}

export function wireRunInfo(run: TrackedRun): object {
  return compact({
    run_uuid: run.id,
    experiment_id: run.experimentId,
    run_name: run.name,
    user_id: run.userName,
    status: run.status,
    start_time: run.startTimeMs,
    end_time: run.endTimeMs,
    artifact_uri: run.artifactUri,
    lifecycle_stage: run.lifecycleStage,
    run_id: run.id,
  })
}

function wireDataset(input: DatasetInput): object {
  const { name, digest, source, schema, profile } = input
  return compact({
    tags: input.tags,
    dataset: compact({ name, digest, source_type: input.sourceType, source, schema, profile }),
  })
}

export function wireRun(run: TrackedRun): object {
  return {
    info: wireRunInfo(run),
    data: compact({ metrics: run.metrics.map(wireMetric), params: run.params, tags: run.tags }),
    inputs: compact({
      dataset_inputs: run.datasets.map(wireDataset),
      model_inputs: run.modelInputs.map((id) => ({ model_id: id })),
    }),
    outputs: compact({ model_outputs: run.modelOutputs.map(({ modelId, step }) => ({ model_id: modelId, step })) }),
  }
}

export function wireLoggedModel(model: TrackedModel): object {
  return {
    info: compact({
      model_id: model.id,
      experiment_id: model.experimentId,
      name: model.name,
      creation_timestamp_ms: model.createdAtMs,
      last_updated_timestamp_ms: model.updatedAtMs,
      artifact_uri: model.artifactUri,
      status: `LOGGED_MODEL_${model.status}`,
      model_type: model.modelType,
      source_run_id: model.sourceRunId,
      tags: model.tags,
    }),
    data: compact({
      params: model.params,
      metrics: model.metrics.map((metric) =>
        compact({
          ...wireMetric(metric),
          dataset_name: metric.datasetName || undefined,
          dataset_digest: metric.datasetDigest || undefined,
          model_id: model.id,
          run_id: metric.runId,
        }),
      ),
    }),
  }
}

export function wireVersion(version: RegistryVersion): object {
  return compact({
    name: version.model,
    version: String(version.version),
    creation_timestamp: version.createdAtMs,
    last_updated_timestamp: version.updatedAtMs,
    user_id: version.createdBy || undefined,
    current_stage: version.stage,
    description: version.description,
    source: version.source,
    run_id: version.runId ?? '',
    status: version.status,
    status_message: version.statusMessage,
    tags: version.tags,
    run_link: version.runLink ?? '',
    aliases: version.aliases,
    model_id: version.modelId,
  })
}

export function wireModel(model: RegistryModel): object {
  return compact({
    name: model.name,
    creation_timestamp: model.createdAtMs,
    last_updated_timestamp: model.updatedAtMs,
    description: model.description || undefined,
    latest_versions: model.latestVersions.map(wireVersion),
    tags: model.tags,
    aliases: model.aliases.map(({ alias, version }) => ({ alias, version: String(version) })),
  })
}

/** An absent value is the empty text, as in protobuf. */
export function toPairs(pairs: readonly { key: string; value: string | undefined }[] | undefined): Pair[] {
  return (pairs ?? []).map(({ key, value }) => ({ key, value: value ?? '' }))
}
