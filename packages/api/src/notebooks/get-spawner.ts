import { ListNotebooks, Spawner } from '@keelson/contracts/notebooks'
import * as notebooks from '@keelson/core/notebooks'
import { procedure } from '../trpc.ts'

export const getSpawner = procedure
  .input(ListNotebooks)
  .output(Spawner)
  .query(({ ctx, input }) => notebooks.getSpawner(ctx.core, input))
