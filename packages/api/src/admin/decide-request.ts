import { DecideRequest, WorkspaceRequest } from '@keelson/contracts/workspaces'
import * as workspaces from '@keelson/core/workspaces'
import { procedure } from '../trpc.ts'

export const decideRequest = procedure
  .input(DecideRequest)
  .output(WorkspaceRequest)
  .mutation(({ ctx, input }) => workspaces.decideRequest(ctx.core, input))
