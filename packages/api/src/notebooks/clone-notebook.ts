import { CloneNotebook } from '@keelson/contracts/notebooks'
import * as notebooks from '@keelson/core/notebooks'
import { procedure } from '../trpc.ts'

export const cloneNotebook = procedure
  .input(CloneNotebook)
  .mutation(({ ctx, input }) => notebooks.cloneNotebook(ctx.core, input))
