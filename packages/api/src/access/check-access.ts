import { AccessDecisions, CheckAccess } from '@keelson/contracts/access'
import * as access from '@keelson/core/access'
import { procedure } from '../trpc.ts'

export const checkAccess = procedure
  .input(CheckAccess)
  .output(AccessDecisions)
  .query(({ ctx, input }) => access.checkAccess(ctx.core, input))
