import { StopJob } from '@keelson/contracts/training'
import * as training from '@keelson/core/training'
import { procedure } from '../trpc.ts'

export const stopJob = procedure.input(StopJob).mutation(({ ctx, input }) => training.stopJob(ctx.core, input))
