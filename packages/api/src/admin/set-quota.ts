import { SetQuota } from '@keelson/contracts/workspaces'
import * as workspaces from '@keelson/core/workspaces'
import { procedure } from '../trpc.ts'

export const setQuota = procedure.input(SetQuota).mutation(({ ctx, input }) => workspaces.setQuota(ctx.core, input))
