import { RequestTransition, StageTransition } from '@keelson/contracts/registry'
import * as registry from '@keelson/core/registry'
import { procedure } from '../trpc.ts'

export const requestTransition = procedure
  .input(RequestTransition)
  .output(StageTransition)
  .mutation(({ ctx, input }) => registry.requestTransition(ctx.core, input))
