import { ListTensorboards, TensorboardRow } from '@keelson/contracts/tensorboards'
import * as tensorboards from '@keelson/core/tensorboards'
import { procedure } from '../trpc.ts'

export const listTensorboards = procedure
  .input(ListTensorboards)
  .output(TensorboardRow.array())
  .query(({ ctx, input }) => tensorboards.listTensorboards(ctx.core, input))
