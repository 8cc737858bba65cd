import { GroupSummary } from '@keelson/contracts/access'
import * as access from '@keelson/core/access'
import { z } from 'zod'
import { procedure } from '../trpc.ts'

export const listGroups = procedure.output(z.array(GroupSummary)).query(({ ctx }) => access.listGroups(ctx.core))
