import { StatusDetail } from '@keelson/contracts/status'
import { GetVolume } from '@keelson/contracts/volumes'
import * as volumes from '@keelson/core/volumes'
import { procedure } from '../trpc.ts'

export const getFilesState = procedure
  .input(GetVolume)
  .output(StatusDetail)
  .query(({ ctx, input }) => volumes.getFilesState(ctx.core, input))
