import { GetNotebook, NotebookDetail } from '@keelson/contracts/notebooks'
import * as notebooks from '@keelson/core/notebooks'
import { procedure } from '../trpc.ts'

export const getNotebook = procedure
  .input(GetNotebook)
  .output(NotebookDetail)
  .query(({ ctx, input }) => notebooks.getNotebook(ctx.core, input))
