import { ListObjects, ObjectPage } from '@keelson/contracts/objects'
import * as objects from '@keelson/core/objects'
import { procedure } from '../trpc.ts'

export const listObjects = procedure
  .input(ListObjects)
  .output(ObjectPage)
  .query(({ ctx, input }) => objects.listObjects(ctx.core, input))
