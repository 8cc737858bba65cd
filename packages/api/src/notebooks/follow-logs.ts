import { GetNotebook } from '@keelson/contracts/notebooks'
import * as notebooks from '@keelson/core/notebooks'
import { procedure } from '../trpc.ts'

export const followLogs = procedure
  .input(GetNotebook)
  .subscription(({ ctx, input, signal }) => notebooks.followNotebookLogs(ctx.core, input, signal ?? ctx.core.signal))
