import { Workspace } from '@keelson/contracts/workspaces'
import * as workspaces from '@keelson/core/workspaces'
import { z } from 'zod'
import { procedure } from '../trpc.ts'

export const listWorkspaces = procedure
  .output(z.array(Workspace))
  .query(({ ctx }) => workspaces.listWorkspaces(ctx.core))
