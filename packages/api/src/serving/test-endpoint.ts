import { TestAnswer, TestEndpoint } from '@keelson/contracts/serving'
import * as serving from '@keelson/core/serving'
import { procedure } from '../trpc.ts'

export const testEndpoint = procedure
  .input(TestEndpoint)
  .output(TestAnswer)
  .mutation(({ ctx, input }) => serving.testEndpoint(ctx.core, input))
