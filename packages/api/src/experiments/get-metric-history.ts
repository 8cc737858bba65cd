import { GetMetricHistory, MetricPoint } from '@keelson/contracts/experiments'
import * as experiments from '@keelson/core/experiments'
import { z } from 'zod'
import { procedure } from '../trpc.ts'

export const getMetricHistory = procedure
  .input(GetMetricHistory)
  .output(z.array(MetricPoint))
  .query(({ ctx, input }) => experiments.showMetricHistory(ctx.core, input))
