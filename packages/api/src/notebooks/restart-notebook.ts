import { GetNotebook } from '@keelson/contracts/notebooks'
import * as notebooks from '@keelson/core/notebooks'
import { procedure } from '../trpc.ts'

export const restartNotebook = procedure
  .input(GetNotebook)
  .mutation(({ ctx, input }) => notebooks.restartNotebook(ctx.core, input))
