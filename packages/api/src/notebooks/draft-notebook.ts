import { SpawnNotebook } from '@keelson/contracts/notebooks'
import * as notebooks from '@keelson/core/notebooks'
import { procedure } from '../trpc.ts'

export const draftNotebook = procedure
  .input(SpawnNotebook)
  .query(({ ctx, input }) => notebooks.draftNotebook(ctx.core, input))
