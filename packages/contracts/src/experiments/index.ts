import { z } from 'zod'
import { Instant, pageOf, WorkspaceName } from '../ids/index.ts'

export const RunStatus = z.enum(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'])
export type RunStatus = z.infer<typeof RunStatus>
export const LifecycleStage = z.enum(['active', 'deleted'])

export const KeyValue = z.object({ key: z.string(), value: z.string() })

/** A metric point. `value` may be NaN or infinite; on our JSON wire superjson carries those. `timeMs` is the client's time. */
export const MetricPoint = z.object({
  key: z.string(),
  value: z.number().or(z.nan()),
  step: z.number(),
  timeMs: z.number(),
})
export type MetricPoint = z.infer<typeof MetricPoint>

export const Experiment = z.object({
  id: z.string(),
  workspace: WorkspaceName,
  name: z.string(),
  lifecycleStage: LifecycleStage,
  runCount: z.number().int(),
  createdAt: Instant,
  updatedAt: Instant,
})
export type Experiment = z.infer<typeof Experiment>

/** A data set that a run read, as `mlflow.log_input` describes it. */
export const RunDataset = z.object({
  name: z.string(),
  digest: z.string(),
  sourceType: z.string(),
  source: z.string(),
  schema: z.string().nullable(),
  profile: z.string().nullable(),
  context: z.string().nullable(),
})
export type RunDataset = z.infer<typeof RunDataset>

export const Run = z.object({
  id: z.string(),
  experimentId: z.string(),
  name: z.string(),
  status: RunStatus,
  lifecycleStage: LifecycleStage,
  user: z.string(),
  startedAt: Instant.nullable(),
  finishedAt: Instant.nullable(),
  metrics: z.array(MetricPoint),
  params: z.array(KeyValue),
  tags: z.array(KeyValue),
  jobUid: z.string().nullable(),
  jobName: z.string().nullable(),
  retryOf: z.string().nullable(),
})
export type Run = z.infer<typeof Run>

export const RunDetail = z.object({
  run: Run,
  experimentName: z.string(),
  artifactUri: z.string(),
  datasets: z.array(RunDataset),
  models: z.array(z.object({ modelId: z.string(), name: z.string(), status: z.string() })),
  versions: z.array(z.object({ model: z.string(), version: z.number().int(), stage: z.string() })),
})
export type RunDetail = z.infer<typeof RunDetail>

export const ListExperiments = z.object({
  workspace: WorkspaceName,
  cursor: z.string().optional(),
  limit: z.number().int().min(1).max(200).default(100),
})
export const ExperimentPage = pageOf(Experiment)

/** `filter` and `orderBy` are MLflow's own search grammar, so what works in the client works in the box. */
export const SearchRuns = z.object({
  workspace: WorkspaceName,
  experimentId: z.string(),
  filter: z.string().max(5000).default(''),
  orderBy: z.array(z.string().max(500)).max(5).default([]),
  cursor: z.string().optional(),
  limit: z.number().int().min(1).max(1000).default(100),
})
export const RunPage = pageOf(Run)
export const GetExperiment = z.object({ workspace: WorkspaceName, experimentId: z.string() })
export const GetRun = z.object({ workspace: WorkspaceName, runId: z.string() })
export const GetMetricHistory = z.object({
  workspace: WorkspaceName,
  runId: z.string(),
  key: z.string(),
  maxPoints: z.number().int().min(2).max(2500).default(500),
})
export const ListArtifacts = z.object({
  workspace: WorkspaceName,
  runId: z.string().optional(),
  modelId: z.string().optional(),
  path: z.string().max(1000).default(''),
})
export const ArtifactEntry = z.object({ path: z.string(), isDirectory: z.boolean(), sizeBytes: z.number().nullable() })
export type ArtifactEntry = z.infer<typeof ArtifactEntry>
