import { EndpointPage, ListEndpoints } from '@keelson/contracts/serving'
import * as serving from '@keelson/core/serving'
import { procedure } from '../trpc.ts'

export const listEndpoints = procedure
  .input(ListEndpoints)
  .output(EndpointPage)
  .query(({ ctx, input }) => serving.listEndpoints(ctx.core, input))
