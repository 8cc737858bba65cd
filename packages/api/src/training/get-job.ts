import { GetJob, TrainingJobDetail } from '@keelson/contracts/training'
import * as training from '@keelson/core/training'
import { procedure } from '../trpc.ts'

export const getJob = procedure
  .input(GetJob)
  .output(TrainingJobDetail)
  .query(({ ctx, input }) => training.getJob(ctx.core, input))
