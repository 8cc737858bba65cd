import { EndpointDetail, GetEndpoint } from '@keelson/contracts/serving'
import * as serving from '@keelson/core/serving'
import { procedure } from '../trpc.ts'

export const getEndpoint = procedure
  .input(GetEndpoint)
  .output(EndpointDetail)
  .query(({ ctx, input }) => serving.getEndpoint(ctx.core, input))
