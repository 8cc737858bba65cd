import { ListModels, ModelPage } from '@keelson/contracts/registry'
import * as registry from '@keelson/core/registry'
import { procedure } from '../trpc.ts'

export const listModels = procedure
  .input(ListModels)
  .output(ModelPage)
  .query(({ ctx, input }) => registry.listModels(ctx.core, input))
