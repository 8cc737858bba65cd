import { ExperimentPage, ListExperiments } from '@keelson/contracts/experiments'
import * as experiments from '@keelson/core/experiments'
import { procedure } from '../trpc.ts'

export const listExperiments = procedure
  .input(ListExperiments)
  .output(ExperimentPage)
  .query(({ ctx, input }) => experiments.showExperiments(ctx.core, input))
