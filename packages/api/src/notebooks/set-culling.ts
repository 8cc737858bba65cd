import { SetCulling } from '@keelson/contracts/notebooks'
import * as notebooks from '@keelson/core/notebooks'
import { procedure } from '../trpc.ts'

export const setCulling = procedure
  .input(SetCulling)
  .mutation(({ ctx, input }) => notebooks.setCulling(ctx.core, input))
