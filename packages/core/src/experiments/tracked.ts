import type { RunStatus } from '@keelson/contracts/experiments'

/** A key and a value, both text, as tags and parameters are. */
export type Pair = { key: string; value: string }

export type LifecycleStage = 'active' | 'deleted'
/** Which lifecycle stages a search looks at. */
export type ViewType = 'ACTIVE_ONLY' | 'DELETED_ONLY' | 'ALL'

export type TrackedExperiment = {
  id: string
  workspace: string
  name: string
  lifecycleStage: LifecycleStage
  artifactLocation: string
  createdAtMs: number
  updatedAtMs: number
  tags: Pair[]
}

/** A metric point. Infinite values are kept as ±1.797e308, as MLflow does; NaN stays NaN. */
export type Metric = { key: string; value: number; timeMs: number; step: number }

/** A metric point as a client logs it; the last three say which logged model (on which data set) was measured. */
export type LoggedMetric = Metric & {
  modelId?: string | undefined
  datasetName?: string | undefined
  datasetDigest?: string | undefined
}

export type DatasetInput = {
  name: string
  digest: string
  sourceType: string
  source: string
  schema: string | null
  profile: string | null
  tags: Pair[]
}

export type TrackedRun = {
  id: string
  experimentId: string
  workspace: string
  name: string
  status: RunStatus
  lifecycleStage: LifecycleStage
  /** What the client said (`user_id`). */
  userName: string
  /** Who the client proved to be. */
  createdBy: string
  startTimeMs: number | null
  endTimeMs: number | null
  artifactUri: string
  metrics: Metric[]
  params: Pair[]
  tags: Pair[]
  datasets: DatasetInput[]
  modelInputs: string[]
  modelOutputs: { modelId: string; step: number }[]
  jobUid: string | null
  podUid: string | null
  retryOf: string | null
}

export type LoggedModelStatus = 'PENDING' | 'READY' | 'UPLOAD_FAILED'

export type LoggedModelMetric = Metric & { runId: string; datasetName: string; datasetDigest: string }

export type TrackedModel = {
  id: string
  experimentId: string
  workspace: string
  name: string
  status: LoggedModelStatus
  modelType: string
  sourceRunId: string
  artifactUri: string
  createdAtMs: number
  updatedAtMs: number
  deleted: boolean
  params: Pair[]
  tags: Pair[]
  metrics: LoggedModelMetric[]
}

/** One page of a search; `nextToken` is null on the last one. */
export type TrackedPage<T> = { items: T[]; nextToken: string | null }

export const runNameTag = 'mlflow.runName'
export const datasetContextTag = 'mlflow.data.context'
