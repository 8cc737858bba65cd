import { CreateVolume } from '@keelson/contracts/volumes'
import * as volumes from '@keelson/core/volumes'
import { procedure } from '../trpc.ts'

export const createVolume = procedure
  .input(CreateVolume)
  .mutation(({ ctx, input }) => volumes.createVolume(ctx.core, input))
