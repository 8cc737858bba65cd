import { GetModel, ModelDetail } from '@keelson/contracts/registry'
import * as registry from '@keelson/core/registry'
import { procedure } from '../trpc.ts'

export const getModel = procedure
  .input(GetModel)
  .output(ModelDetail)
  .query(({ ctx, input }) => registry.getModelDetail(ctx.core, input))
