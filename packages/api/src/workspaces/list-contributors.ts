import { InWorkspace } from '@keelson/contracts/ids'
import { Contributor } from '@keelson/contracts/workspaces'
import * as workspaces from '@keelson/core/workspaces'
import { z } from 'zod'
import { procedure } from '../trpc.ts'

export const listContributors = procedure
  .input(InWorkspace)
  .output(z.array(Contributor))
  .query(({ ctx, input }) => workspaces.listContributors(ctx.core, input))
