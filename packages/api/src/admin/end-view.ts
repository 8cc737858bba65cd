import * as access from '@keelson/core/access'
import { viewProcedure } from '../trpc.ts'

export const endView = viewProcedure.mutation(({ ctx }) => access.endView(ctx.core))
