import { InWorkspace } from '@keelson/contracts/ids'
import { Workspace } from '@keelson/contracts/workspaces'
import * as workspaces from '@keelson/core/workspaces'
import { procedure } from '../trpc.ts'

export const getWorkspace = procedure
  .input(InWorkspace)
  .output(Workspace)
  .query(({ ctx, input }) => workspaces.getWorkspace(ctx.core, input))
