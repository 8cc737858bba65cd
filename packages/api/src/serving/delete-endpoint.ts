import { GetEndpoint } from '@keelson/contracts/serving'
import * as serving from '@keelson/core/serving'
import { procedure } from '../trpc.ts'

export const deleteEndpoint = procedure
  .input(GetEndpoint)
  .mutation(({ ctx, input }) => serving.deleteEndpoint(ctx.core, input))
