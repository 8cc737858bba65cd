import { ActivityPage, ListActivity } from '@keelson/contracts/activity'
import * as activity from '@keelson/core/activity'
import { procedure } from '../trpc.ts'

export const listActivity = procedure
  .input(ListActivity)
  .output(ActivityPage)
  .query(({ ctx, input }) => activity.listActivity(ctx.core, input))
