import { GetVolume, Volume } from '@keelson/contracts/volumes'
import * as volumes from '@keelson/core/volumes'
import { procedure } from '../trpc.ts'

export const getVolume = procedure
  .input(GetVolume)
  .output(Volume)
  .query(({ ctx, input }) => volumes.getVolume(ctx.core, input))
