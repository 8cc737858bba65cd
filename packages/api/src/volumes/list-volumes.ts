import { ListVolumes, Volume } from '@keelson/contracts/volumes'
import * as volumes from '@keelson/core/volumes'
import { procedure } from '../trpc.ts'

export const listVolumes = procedure
  .input(ListVolumes)
  .output(Volume.array())
  .query(({ ctx, input }) => volumes.listVolumes(ctx.core, input))
