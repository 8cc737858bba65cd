import { RemoveContributor } from '@keelson/contracts/workspaces'
import * as workspaces from '@keelson/core/workspaces'
import { procedure } from '../trpc.ts'

export const removeContributor = procedure
  .input(RemoveContributor)
  .mutation(({ ctx, input }) => workspaces.removeContributor(ctx.core, input))
