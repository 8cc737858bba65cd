import { Gate, SetGate } from '@keelson/contracts/registry'
import * as registry from '@keelson/core/registry'
import { procedure } from '../trpc.ts'

export const setGate = procedure
  .input(SetGate)
  .output(Gate)
  .mutation(({ ctx, input }) => registry.setGate(ctx.core, input))
