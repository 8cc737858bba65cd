import { GetRun, RunDetail } from '@keelson/contracts/experiments'
import * as experiments from '@keelson/core/experiments'
import { procedure } from '../trpc.ts'

export const getRun = procedure
  .input(GetRun)
  .output(RunDetail)
  .query(({ ctx, input }) => experiments.showRun(ctx.core, input))
