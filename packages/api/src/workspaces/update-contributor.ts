import { Contributor, UpdateContributor } from '@keelson/contracts/workspaces'
import * as workspaces from '@keelson/core/workspaces'
import { procedure } from '../trpc.ts'

export const updateContributor = procedure
  .input(UpdateContributor)
  .output(Contributor)
  .mutation(({ ctx, input }) => workspaces.updateContributor(ctx.core, input))
