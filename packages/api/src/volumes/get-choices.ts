import { ListVolumes, VolumeChoices } from '@keelson/contracts/volumes'
import * as volumes from '@keelson/core/volumes'
import { procedure } from '../trpc.ts'

export const getChoices = procedure
  .input(ListVolumes)
  .output(VolumeChoices)
  .query(({ ctx, input }) => volumes.getVolumeChoices(ctx.core, input))
