import { PlatformInfo } from '@keelson/contracts/platform'
import { getInfo } from '@keelson/core/platform'
import { procedure } from '../trpc.ts'

export const info = procedure.output(PlatformInfo).query(({ ctx }) => getInfo(ctx.core, ctx.installation))
