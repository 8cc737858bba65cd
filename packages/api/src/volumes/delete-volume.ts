import { GetVolume } from '@keelson/contracts/volumes'
import * as volumes from '@keelson/core/volumes'
import { procedure } from '../trpc.ts'

export const deleteVolume = procedure
  .input(GetVolume)
  .mutation(({ ctx, input }) => volumes.deleteVolume(ctx.core, input))
