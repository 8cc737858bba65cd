import { RevokeAccessToken } from '@keelson/contracts/access'
import * as access from '@keelson/core/access'
import { procedure } from '../trpc.ts'

export const revokeToken = procedure
  .input(RevokeAccessToken)
  .mutation(({ ctx, input }) => access.revokeToken(ctx.core, input.id))
