import { RequestWorkspace, WorkspaceRequest } from '@keelson/contracts/workspaces'
import * as workspaces from '@keelson/core/workspaces'
import { procedure } from '../trpc.ts'

export const requestWorkspace = procedure
  .input(RequestWorkspace)
  .output(WorkspaceRequest)
  .mutation(({ ctx, input }) => workspaces.requestWorkspace(ctx.core, input))
