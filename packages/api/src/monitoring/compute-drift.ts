import { ComputeDrift, DriftResult } from '@keelson/contracts/monitoring'
import * as monitoring from '@keelson/core/monitoring'
import { procedure } from '../trpc.ts'

export const computeDrift = procedure
  .input(ComputeDrift)
  .output(DriftResult)
  .mutation(({ ctx, input }) => monitoring.computeDrift(ctx.core, input))
