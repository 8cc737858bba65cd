import { GetModelVersion, ModelVersionDetail } from '@keelson/contracts/registry'
import * as registry from '@keelson/core/registry'
import { procedure } from '../trpc.ts'

export const getVersion = procedure
  .input(GetModelVersion)
  .output(ModelVersionDetail)
  .query(({ ctx, input }) => registry.getVersionDetail(ctx.core, input))
