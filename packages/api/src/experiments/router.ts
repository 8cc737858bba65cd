import { router } from '../trpc.ts'
import { getExperiment } from './get-experiment.ts'
import { getMetricHistory } from './get-metric-history.ts'
import { getRun } from './get-run.ts'
import { listArtifacts } from './list-artifacts.ts'
import { listExperiments } from './list-experiments.ts'
import { searchRuns } from './search-runs.ts'

export const experimentsRouter = router({ list: listExperiments, get: getExperiment })
export const runsRouter = router({ search: searchRuns, get: getRun, metricHistory: getMetricHistory })
export const artifactsRouter = router({ list: listArtifacts })
