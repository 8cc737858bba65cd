import { JobPage, ListJobs } from '@keelson/contracts/training'
import * as training from '@keelson/core/training'
import { procedure } from '../trpc.ts'

export const listJobs = procedure
  .input(ListJobs)
  .output(JobPage)
  .query(({ ctx, input }) => training.listJobs(ctx.core, input))
