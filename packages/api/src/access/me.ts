import { Me } from '@keelson/contracts/access'
import { getMe } from '@keelson/core/access'
import { procedure } from '../trpc.ts'

export const me = procedure.output(Me).query(({ ctx }) => getMe(ctx.core))
