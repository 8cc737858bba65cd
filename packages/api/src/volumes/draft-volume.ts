import { CreateVolume } from '@keelson/contracts/volumes'
import * as volumes from '@keelson/core/volumes'
import { procedure } from '../trpc.ts'

export const draftVolume = procedure.input(CreateVolume).query(({ ctx, input }) => volumes.draftVolume(ctx.core, input))
