import { RetryJob, SubmittedJob } from '@keelson/contracts/training'
import * as training from '@keelson/core/training'
import { procedure } from '../trpc.ts'

export const retryJob = procedure
  .input(RetryJob)
  .output(SubmittedJob)
  .mutation(({ ctx, input }) => training.retryJob(ctx.core, input))
