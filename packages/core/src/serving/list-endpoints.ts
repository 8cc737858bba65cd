import type { EndpointPage, ListEndpoints } from '@keelson/contracts/serving'
import { AppError } from '@keelson/process/app-error'
import type { z } from 'zod'
import { allow } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { listEndpointRows } from './endpoint.store.ts'

/** The endpoints of a workspace, newest first. */
export async function listEndpoints(
  ctx: Ctx,
  input: z.infer<typeof ListEndpoints>,
): Promise<z.infer<typeof EndpointPage>> {
  await allow(ctx, { verb: 'list', resource: 'endpoints', namespace: input.workspace })
  const rows = await listEndpointRows(ctx.db, input.workspace, input.limit + 1, positionOf(input.cursor))
  const items = rows.slice(0, input.limit)
  const last = items.at(-1)
  const more = rows.length > input.limit && last !== undefined
  return {
    items,
    nextCursor: more ? Buffer.from(JSON.stringify([last.createdAt, last.uid])).toString('base64url') : null,
  }
}

function positionOf(cursor: string | undefined): { createdAt: string; uid: string } | null {
  if (cursor === undefined) return null
  try {
    const [createdAt, uid] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [unknown, unknown]
    if (typeof createdAt === 'string' && typeof uid === 'string' && !Number.isNaN(Date.parse(createdAt)))
      return { createdAt, uid }
  } catch {
    // Told below.
  }
  throw new AppError('invalid', 'cursor: this is not a cursor of this list.', {
    faults: [{ field: 'cursor', message: 'not a cursor of this list' }],
  })
}
