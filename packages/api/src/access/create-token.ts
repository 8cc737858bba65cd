import { CreateAccessToken, CreatedAccessToken } from '@keelson/contracts/access'
import * as access from '@keelson/core/access'
import { procedure } from '../trpc.ts'

export const createToken = procedure
  .input(CreateAccessToken)
  .output(CreatedAccessToken)
  .mutation(({ ctx, input }) => access.createToken(ctx.core, input))
