import { SampleProgress } from '@keelson/contracts/platform'
import * as platform from '@keelson/core/platform'
import { procedure } from '../trpc.ts'

export const reportSample = procedure
  .input(SampleProgress)
  .mutation(({ ctx, input }) => platform.reportSample(ctx.core, input))
