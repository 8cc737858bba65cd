import { GetObject, ObjectDetail } from '@keelson/contracts/objects'
import * as objects from '@keelson/core/objects'
import { procedure } from '../trpc.ts'

export const getObject = procedure
  .input(GetObject)
  .output(ObjectDetail)
  .query(({ ctx, input }) => objects.getObject(ctx.core, input))
