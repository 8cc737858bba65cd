import { EndpointMonitoring, GetMonitoring } from '@keelson/contracts/monitoring'
import * as monitoring from '@keelson/core/monitoring'
import { procedure } from '../trpc.ts'

export const getMonitoring = procedure
  .input(GetMonitoring)
  .output(EndpointMonitoring)
  .query(({ ctx, input }) => monitoring.getMonitoring(ctx.core, input))
