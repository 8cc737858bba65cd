import { PersonSummary } from '@keelson/contracts/access'
import * as access from '@keelson/core/access'
import { z } from 'zod'
import { procedure } from '../trpc.ts'

export const listPeople = procedure
  .input(z.object({ search: z.string().max(200).optional() }))
  .output(z.array(PersonSummary))
  .query(({ ctx, input }) => access.listPeople(ctx.core, input))
