import { DeleteObject } from '@keelson/contracts/objects'
import * as objects from '@keelson/core/objects'
import { procedure } from '../trpc.ts'

export const deleteObject = procedure
  .input(DeleteObject)
  .mutation(({ ctx, input }) => objects.deleteObject(ctx.core, input))
