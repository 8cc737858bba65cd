import { ListPredictions, PredictionPage } from '@keelson/contracts/monitoring'
import * as monitoring from '@keelson/core/monitoring'
import { procedure } from '../trpc.ts'

export const listPredictions = procedure
  .input(ListPredictions)
  .output(PredictionPage)
  .query(({ ctx, input }) => monitoring.listPredictions(ctx.core, input))
