import { RunPage, SearchRuns } from '@keelson/contracts/experiments'
import * as experiments from '@keelson/core/experiments'
import { procedure } from '../trpc.ts'

export const searchRuns = procedure
  .input(SearchRuns)
  .output(RunPage)
  .query(({ ctx, input }) => experiments.showRuns(ctx.core, input))
