import { ListNotebooks, NotebookServer } from '@keelson/contracts/notebooks'
import * as notebooks from '@keelson/core/notebooks'
import { procedure } from '../trpc.ts'

export const listNotebooks = procedure
  .input(ListNotebooks)
  .output(NotebookServer.array())
  .query(({ ctx, input }) => notebooks.listNotebooks(ctx.core, input))
