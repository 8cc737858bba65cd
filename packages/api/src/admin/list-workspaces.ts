import { WorkspaceOverview } from '@keelson/contracts/workspaces'
import * as workspaces from '@keelson/core/workspaces'
import { z } from 'zod'
import { procedure } from '../trpc.ts'

export const listAllWorkspaces = procedure
  .output(z.array(WorkspaceOverview))
  .query(({ ctx }) => workspaces.listAllWorkspaces(ctx.core))
