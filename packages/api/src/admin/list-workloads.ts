import { Workload } from '@keelson/contracts/training'
import * as training from '@keelson/core/training'
import { z } from 'zod'
import { procedure } from '../trpc.ts'

export const listWorkloads = procedure.output(z.array(Workload)).query(({ ctx }) => training.listWorkloads(ctx.core))
