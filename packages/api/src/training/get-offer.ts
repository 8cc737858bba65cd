import { GetJobOffer, JobOffer } from '@keelson/contracts/training'
import * as training from '@keelson/core/training'
import { procedure } from '../trpc.ts'

export const getOffer = procedure
  .input(GetJobOffer)
  .output(JobOffer)
  .query(({ ctx, input }) => training.getJobOffer(ctx.core, input))
