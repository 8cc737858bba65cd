import { EndAccess } from '@keelson/contracts/access'
import * as access from '@keelson/core/access'
import { procedure } from '../trpc.ts'

export const endAccess = procedure.input(EndAccess).mutation(({ ctx, input }) => access.endAccess(ctx.core, input))
