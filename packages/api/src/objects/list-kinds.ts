import { ListedKind, ListKinds } from '@keelson/contracts/objects'
import * as objects from '@keelson/core/objects'
import { z } from 'zod'
import { procedure } from '../trpc.ts'

export const listKinds = procedure
  .input(ListKinds)
  .output(z.array(ListedKind))
  .query(({ ctx, input }) => objects.listKinds(ctx.core, input))
