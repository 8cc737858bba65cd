import { UpdateObject, UpdateOutcome } from '@keelson/contracts/objects'
import * as objects from '@keelson/core/objects'
import { procedure } from '../trpc.ts'

export const updateObject = procedure
  .input(UpdateObject)
  .output(UpdateOutcome)
  .mutation(({ ctx, input }) => objects.updateObject(ctx.core, input))
