import { GetLineage, LineageGraph } from '@keelson/contracts/lineage'
import * as lineage from '@keelson/core/lineage'
import { procedure } from '../trpc.ts'

export const getLineage = procedure
  .input(GetLineage)
  .output(LineageGraph)
  .query(({ ctx, input }) => lineage.getLineage(ctx.core, input))
