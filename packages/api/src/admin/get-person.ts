import { PersonDetail } from '@keelson/contracts/access'
import * as access from '@keelson/core/access'
import { z } from 'zod'
import { procedure } from '../trpc.ts'

export const getPerson = procedure
  .input(z.object({ id: z.uuid() }))
  .output(PersonDetail)
  .query(({ ctx, input }) => access.getPerson(ctx.core, input))
