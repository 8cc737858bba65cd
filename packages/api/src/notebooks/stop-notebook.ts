import { GetNotebook } from '@keelson/contracts/notebooks'
import * as notebooks from '@keelson/core/notebooks'
import { procedure } from '../trpc.ts'

export const stopNotebook = procedure
  .input(GetNotebook)
  .mutation(({ ctx, input }) => notebooks.stopNotebook(ctx.core, input))
