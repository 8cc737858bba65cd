import { SetPersonDisabled } from '@keelson/contracts/access'
import * as access from '@keelson/core/access'
import { procedure } from '../trpc.ts'

export const setPersonDisabled = procedure
  .input(SetPersonDisabled)
  .mutation(({ ctx, input }) => access.setPersonDisabled(ctx.core, input))
