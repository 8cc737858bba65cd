import { CreateObject, MadeObject } from '@keelson/contracts/objects'
import * as objects from '@keelson/core/objects'
import { procedure } from '../trpc.ts'

export const createObject = procedure
  .input(CreateObject)
  .output(MadeObject)
  .mutation(({ ctx, input }) => objects.createObject(ctx.core, input))
