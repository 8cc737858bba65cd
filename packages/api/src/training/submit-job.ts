import { SubmitJob, SubmittedJob } from '@keelson/contracts/training'
import * as training from '@keelson/core/training'
import { procedure } from '../trpc.ts'

export const submitJob = procedure
  .input(SubmitJob)
  .output(SubmittedJob)
  .mutation(({ ctx, input }) => training.submitJob(ctx.core, input))
