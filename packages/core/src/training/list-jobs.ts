import type { JobPage, ListJobs } from '@keelson/contracts/training'
import { AppError } from '@keelson/process/app-error'
import type { z } from 'zod'
import { allow } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { history } from './history.store.ts'

/** A workspace's jobs of all kinds, newest first, also those that are no longer in the cluster. */
export async function listJobs(ctx: Ctx, input: z.infer<typeof ListJobs>): Promise<z.infer<typeof JobPage>> {
  await allow(ctx, { verb: 'list', resource: 'jobs', namespace: input.workspace })
  const found = await history.list(ctx.db, input, readCursor(input.cursor), input.limit + 1)
  const items = found.slice(0, input.limit)
  const last = items.at(-1)
  return { items, nextCursor: found.length > input.limit && last ? `${last.createdAt} ${last.uid}` : null }
}

function readCursor(cursor: string | undefined): { createdAt: string; uid: string } | null {
  if (cursor === undefined) return null
  const [createdAt = '', uid = ''] = cursor.split(' ', 2)
  if (uid === '' || Number.isNaN(Date.parse(createdAt))) {
    throw new AppError('invalid', 'The cursor is not one of ours.', {
      faults: [{ field: 'cursor', message: 'Unknown' }],
    })
  }
  return { createdAt, uid }
}
