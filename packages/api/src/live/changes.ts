import { WorkspaceName } from '@keelson/contracts/ids'
import { watchChanges } from '@keelson/core/live'
import { z } from 'zod'
import { procedure } from '../trpc.ts'

/** `{ workspace: null }` hears of every workspace where the caller is anybody. */
export const changes = procedure
  .input(z.object({ workspace: WorkspaceName.nullable() }))
  .subscription(({ ctx, input, signal }) => watchChanges(ctx.core, ctx.changes, input, signal ?? ctx.core.signal))
