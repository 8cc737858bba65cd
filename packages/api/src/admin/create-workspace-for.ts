import { CreateWorkspaceFor } from '@keelson/contracts/workspaces'
import * as workspaces from '@keelson/core/workspaces'
import { procedure } from '../trpc.ts'

export const createWorkspaceFor = procedure
  .input(CreateWorkspaceFor)
  .mutation(({ ctx, input }) => workspaces.createWorkspaceFor(ctx.core, input))
