import { CreateWorkspace, Workspace } from '@keelson/contracts/workspaces'
import * as workspaces from '@keelson/core/workspaces'
import { procedure } from '../trpc.ts'

export const createWorkspace = procedure
  .input(CreateWorkspace)
  .output(Workspace)
  .mutation(({ ctx, input }) => workspaces.createWorkspace(ctx.core, input))
