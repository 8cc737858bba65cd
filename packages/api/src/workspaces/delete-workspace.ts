import { DeleteWorkspace } from '@keelson/contracts/workspaces'
import * as workspaces from '@keelson/core/workspaces'
import { procedure } from '../trpc.ts'

export const deleteWorkspace = procedure
  .input(DeleteWorkspace)
  .mutation(({ ctx, input }) => workspaces.deleteWorkspace(ctx.core, input))
