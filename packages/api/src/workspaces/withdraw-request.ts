import * as workspaces from '@keelson/core/workspaces'
import { z } from 'zod'
import { procedure } from '../trpc.ts'

export const withdrawRequest = procedure
  .input(z.object({ id: z.uuid() }))
  .mutation(({ ctx, input }) => workspaces.withdrawRequest(ctx.core, input))
