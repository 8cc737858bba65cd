/**
 * Experiments, runs, metrics and logged models as MLflow means them, kept in Postgres, each in one workspace. Knows MLflow's
 * rules and messages, not its wire format.
 */

export { numberCondition, pairCondition, textCondition } from './clause.sql.ts'
export { createExperiment, defaultExperimentName } from './create-experiment.ts'
export { type CreateRun, createRun } from './create-run.ts'
export type { DatasetSummary } from './dataset.store.ts'
export {
  type Clause,
  type Comparator,
  type Ordering,
  parseFilter,
  parseOrder,
  type SearchSurface,
} from './filter.rules.ts'
export {
  getExperiment,
  getExperimentByName,
  getExperimentSummary,
  listExperiments,
  pageOfRows,
  searchExperiments,
} from './get-experiment.ts'
export {
  checkRunsExist,
  getMetricHistory,
  getMetricHistoryBulk,
  latestMetric,
  sampleCurves,
  sampleMetricHistory,
} from './get-metric-history.ts'
export { getRun, type SearchRuns, searchRuns } from './get-run.ts'
export { artifactPathOf, listLoggedModelArtifacts, listRunArtifacts } from './list-artifacts.ts'
export { logBatch, logMetric, logParam } from './log-batch.ts'
export { logInputs, logOutputs, recordModel, searchDatasets } from './log-inputs.ts'
export type { DatasetFilter } from './logged-model.store.ts'
export {
  createLoggedModel,
  deleteLoggedModel,
  deleteLoggedModelTag,
  finalizeLoggedModel,
  getLoggedModel,
  logLoggedModelParams,
  setLoggedModelTags,
} from './logged-models.ts'
export { offsetOf } from './page-token.rules.ts'
export { type SearchLoggedModels, searchLoggedModels } from './search-logged-models.ts'
export { showArtifacts, showExperiment, showExperiments, showMetricHistory, showRun, showRuns } from './show-run.ts'
export { asMs, SqlParameters } from './sql.ts'
export { modelVersionSurface, registeredModelSurface } from './surfaces.rules.ts'
export { pythonJson, pythonRepr } from './text.rules.ts'
export type {
  DatasetInput,
  LoggedMetric,
  LoggedModelStatus,
  Metric,
  Pair,
  TrackedExperiment,
  TrackedModel,
  TrackedPage,
  TrackedRun,
  ViewType,
} from './tracked.ts'
export {
  badPath,
  checkKey,
  checkLength,
  invalid,
  invalidValue,
  isUniquePath,
  limits,
  missingValue,
} from './tracking.rules.ts'
export {
  deleteExperiment,
  deleteExperimentTag,
  restoreExperiment,
  setExperimentTag,
  updateExperiment,
} from './update-experiment.ts'
export {
  abandonedTag,
  closeAbandonedRuns,
  deleteRun,
  deleteRunTag,
  restoreRun,
  setRunTag,
  updateRun,
} from './update-run.ts'
