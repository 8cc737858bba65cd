import { LabelsAccepted, SubmitLabels } from '@keelson/contracts/monitoring'
import * as monitoring from '@keelson/core/monitoring'
import { procedure } from '../trpc.ts'

export const submitLabels = procedure
  .input(SubmitLabels)
  .output(LabelsAccepted)
  .mutation(({ ctx, input }) => monitoring.submitLabels(ctx.core, input))
