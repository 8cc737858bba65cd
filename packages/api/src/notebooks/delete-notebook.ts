import { DeleteNotebook } from '@keelson/contracts/notebooks'
import * as notebooks from '@keelson/core/notebooks'
import { procedure } from '../trpc.ts'

export const deleteNotebook = procedure
  .input(DeleteNotebook)
  .mutation(({ ctx, input }) => notebooks.deleteNotebook(ctx.core, input))
