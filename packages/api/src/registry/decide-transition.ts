import { DecideTransition, StageTransition } from '@keelson/contracts/registry'
import * as registry from '@keelson/core/registry'
import { procedure } from '../trpc.ts'

export const decideTransition = procedure
  .input(DecideTransition)
  .output(StageTransition)
  .mutation(({ ctx, input }) => registry.decideTransition(ctx.core, input))
