import { Experiment, GetExperiment } from '@keelson/contracts/experiments'
import * as experiments from '@keelson/core/experiments'
import { procedure } from '../trpc.ts'

export const getExperiment = procedure
  .input(GetExperiment)
  .output(Experiment)
  .query(({ ctx, input }) => experiments.showExperiment(ctx.core, input))
