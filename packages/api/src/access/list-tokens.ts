import { AccessToken } from '@keelson/contracts/access'
import * as access from '@keelson/core/access'
import { z } from 'zod'
import { procedure } from '../trpc.ts'

export const listTokens = procedure.output(z.array(AccessToken)).query(({ ctx }) => access.listTokens(ctx.core))
