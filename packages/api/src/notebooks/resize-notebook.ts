import { ResizeNotebook } from '@keelson/contracts/notebooks'
import * as notebooks from '@keelson/core/notebooks'
import { procedure } from '../trpc.ts'

export const resizeNotebook = procedure
  .input(ResizeNotebook)
  .mutation(({ ctx, input }) => notebooks.resizeNotebook(ctx.core, input))
