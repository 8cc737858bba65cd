import { LogPage, ReadJobLogs } from '@keelson/contracts/training'
import * as training from '@keelson/core/training'
import { procedure } from '../trpc.ts'

export const readLogs = procedure
  .input(ReadJobLogs)
  .output(LogPage)
  .query(({ ctx, input }) => training.readJobLogs(ctx.core, input))
