import { DeployVersion } from '@keelson/contracts/serving'
import * as serving from '@keelson/core/serving'
import { procedure } from '../trpc.ts'

export const deployVersion = procedure
  .input(DeployVersion)
  .mutation(({ ctx, input }) => serving.deployVersion(ctx.core, input))
