import { RebasedObject, RebaseObject } from '@keelson/contracts/objects'
import * as objects from '@keelson/core/objects'
import { procedure } from '../trpc.ts'

/** A mutation for its size alone: it changes nothing. */
export const rebaseObject = procedure
  .input(RebaseObject)
  .output(RebasedObject)
  .mutation(({ ctx, input }) => objects.rebaseObject(ctx.core, input))
