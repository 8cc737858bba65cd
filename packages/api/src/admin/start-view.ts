import { StartView } from '@keelson/contracts/access'
import * as access from '@keelson/core/access'
import { procedure } from '../trpc.ts'

export const startView = procedure.input(StartView).mutation(({ ctx, input }) => access.startView(ctx.core, input))
