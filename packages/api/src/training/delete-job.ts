import { DeleteJob } from '@keelson/contracts/training'
import * as training from '@keelson/core/training'
import { procedure } from '../trpc.ts'

export const deleteJob = procedure.input(DeleteJob).mutation(({ ctx, input }) => training.deleteJob(ctx.core, input))
