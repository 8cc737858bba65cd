import { AddContributor, Contributor } from '@keelson/contracts/workspaces'
import * as workspaces from '@keelson/core/workspaces'
import { procedure } from '../trpc.ts'

export const addContributor = procedure
  .input(AddContributor)
  .output(Contributor)
  .mutation(({ ctx, input }) => workspaces.addContributor(ctx.core, input))
