import { InWorkspace } from '@keelson/contracts/ids'
import { WorkspaceUse } from '@keelson/contracts/workspaces'
import * as workspaces from '@keelson/core/workspaces'
import { procedure } from '../trpc.ts'

export const getUse = procedure
  .input(InWorkspace)
  .output(WorkspaceUse)
  .query(({ ctx, input }) => workspaces.getUse(ctx.core, input))
