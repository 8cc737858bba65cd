import { WorkspaceRequest } from '@keelson/contracts/workspaces'
import * as workspaces from '@keelson/core/workspaces'
import { z } from 'zod'
import { procedure } from '../trpc.ts'

export const listRequests = procedure
  .output(z.array(WorkspaceRequest))
  .query(({ ctx }) => workspaces.listRequests(ctx.core))
