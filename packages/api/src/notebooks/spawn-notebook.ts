import { SpawnNotebook } from '@keelson/contracts/notebooks'
import * as notebooks from '@keelson/core/notebooks'
import { procedure } from '../trpc.ts'

export const spawnNotebook = procedure
  .input(SpawnNotebook)
  .mutation(({ ctx, input }) => notebooks.spawnNotebook(ctx.core, input))
