import type { ListPredictions, PredictionPage } from '@keelson/contracts/monitoring'
import { AppError } from '@keelson/process/app-error'
import type { z } from 'zod'
import { allow } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { existingEndpoint } from '../serving/index.ts'
import { listPredictionRows } from './prediction.store.ts'

/** What an endpoint predicted, newest first, with the labels that came since. */
export async function listPredictions(
  ctx: Ctx,
  input: z.infer<typeof ListPredictions>,
): Promise<z.infer<typeof PredictionPage>> {
  await allow(ctx, { verb: 'list', resource: 'predictions', namespace: input.workspace })
  const { endpoint } = await existingEndpoint(ctx, input.workspace, input.endpoint)
  if (input.cursor !== undefined && !/^\d{1,18}$/.test(input.cursor))
    throw new AppError('invalid', 'cursor: this is not a cursor of this list.', {
      faults: [{ field: 'cursor', message: 'not a cursor of this list' }],
    })
  const rows = await listPredictionRows(ctx.db, endpoint.uid, { limit: input.limit + 1 }, input.cursor ?? null)
  const page = rows.slice(0, input.limit)
  return {
    items: page.map((row) => row.prediction),
    nextCursor: rows.length > input.limit ? (page.at(-1)?.id ?? null) : null,
  }
}
