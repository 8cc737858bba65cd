import type { ActivityPage, ListActivity } from '@keelson/contracts/activity'
import { AppError } from '@keelson/process/app-error'
import type { z } from 'zod'
import { allow, isAllowed } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { type ActivityPosition, activity } from './activity.store.ts'

/**
 * What happened in a workspace: Kubernetes events and, for those who may read it, the audit trail, merged by time, newest
 * first. An object's uid finds its events; audit records are found by the object's name in their subject.
 */
export async function listActivity(
  ctx: Ctx,
  input: z.infer<typeof ListActivity>,
): Promise<z.infer<typeof ActivityPage>> {
  const { workspace: namespace, limit } = input
  await allow(ctx, { verb: 'list', resource: 'activity', namespace })
  const withAudit = isAllowed(ctx, { verb: 'list', resource: 'auditevents', namespace })
  const found = await activity.list(ctx.db, { ...input, withAudit, before: readCursor(input.cursor), limit: limit + 1 })
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return {
    items: items.map(({ position: _, ...entry }) => entry),
    nextCursor: found.length > limit && last ? writeCursor(last.position) : null,
  }
}

function writeCursor({ at, id }: ActivityPosition): string {
  return Buffer.from(`${at} ${id}`, 'utf8').toString('base64url')
}

function readCursor(cursor: string | undefined): ActivityPosition | null {
  if (cursor === undefined) return null
  const [at = '', id = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ', 2)
  if (id === '' || Number.isNaN(Date.parse(at))) {
    throw new AppError('invalid', 'The cursor is not one of ours.', {
      faults: [{ field: 'cursor', message: 'Unknown' }],
    })
  }
  return { at, id }
}
