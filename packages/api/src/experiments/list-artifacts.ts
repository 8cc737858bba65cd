import { ArtifactEntry, ListArtifacts } from '@keelson/contracts/experiments'
import * as experiments from '@keelson/core/experiments'
import { z } from 'zod'
import { procedure } from '../trpc.ts'

export const listArtifacts = procedure
  .input(ListArtifacts)
  .output(z.array(ArtifactEntry))
  .query(({ ctx, input }) => experiments.showArtifacts(ctx.core, input))
