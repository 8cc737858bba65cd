import { CreateTensorboard } from '@keelson/contracts/tensorboards'
import * as tensorboards from '@keelson/core/tensorboards'
import { procedure } from '../trpc.ts'

export const createTensorboard = procedure
  .input(CreateTensorboard)
  .mutation(({ ctx, input }) => tensorboards.createTensorboard(ctx.core, input))
