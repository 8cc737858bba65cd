import { SuspendJob } from '@keelson/contracts/training'
import * as training from '@keelson/core/training'
import { procedure } from '../trpc.ts'

export const suspendJob = procedure.input(SuspendJob).mutation(({ ctx, input }) => training.suspendJob(ctx.core, input))
