import { GetJob, JobCurves } from '@keelson/contracts/training'
import * as training from '@keelson/core/training'
import { procedure } from '../trpc.ts'

export const listCurves = procedure
  .input(GetJob)
  .output(JobCurves)
  .query(({ ctx, input }) => training.listCurves(ctx.core, input))
