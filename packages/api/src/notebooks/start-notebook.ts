import { GetNotebook } from '@keelson/contracts/notebooks'
import * as notebooks from '@keelson/core/notebooks'
import { procedure } from '../trpc.ts'

export const startNotebook = procedure
  .input(GetNotebook)
  .mutation(({ ctx, input }) => notebooks.startNotebook(ctx.core, input))
