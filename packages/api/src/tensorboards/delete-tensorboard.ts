import { GetTensorboard } from '@keelson/contracts/tensorboards'
import * as tensorboards from '@keelson/core/tensorboards'
import { procedure } from '../trpc.ts'

export const deleteTensorboard = procedure
  .input(GetTensorboard)
  .mutation(({ ctx, input }) => tensorboards.deleteTensorboard(ctx.core, input))
