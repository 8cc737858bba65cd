import { SampleProgress } from '@keelson/contracts/platform'
import { getSample } from '@keelson/core/platform'
import { procedure } from '../trpc.ts'

export const sample = procedure.output(SampleProgress.nullable()).query(({ ctx }) => getSample(ctx.core))
