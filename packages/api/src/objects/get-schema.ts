import { GetSchema, ObjectSchema } from '@keelson/contracts/objects'
import * as objects from '@keelson/core/objects'
import { procedure } from '../trpc.ts'

export const getSchema = procedure
  .input(GetSchema)
  .output(ObjectSchema)
  .query(({ ctx, input }) => objects.getSchema(ctx.core, input))
