import { TransferOwnership, Workspace } from '@keelson/contracts/workspaces'
import * as workspaces from '@keelson/core/workspaces'
import { procedure } from '../trpc.ts'

export const transferOwnership = procedure
  .input(TransferOwnership)
  .output(Workspace)
  .mutation(({ ctx, input }) => workspaces.transferOwnership(ctx.core, input))
