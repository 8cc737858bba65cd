import { router } from '../trpc.ts'
import { computeDrift } from './compute-drift.ts'
import { getMonitoring } from './get-monitoring.ts'
import { listPredictions } from './list-predictions.ts'
import { submitLabels } from './submit-labels.ts'

export const monitoringRouter = router({ get: getMonitoring, listPredictions, submitLabels, computeDrift })
