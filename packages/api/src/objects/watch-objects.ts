import { WatchObjects } from '@keelson/contracts/objects'
import * as objects from '@keelson/core/objects'
import { procedure } from '../trpc.ts'

/** Says that something changed; what, the browser asks for. */
export const watchObjects = procedure
  .input(WatchObjects)
  .subscription(({ ctx, input, signal }) => objects.watchObjects(ctx.core, input, signal ?? ctx.core.signal))
