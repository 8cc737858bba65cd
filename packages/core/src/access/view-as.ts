import type { StartView } from '@keelson/contracts/access'
import { AppError } from '@keelson/process/app-error'
import { type Ctx, inTransaction } from '../context/ctx.ts'
import { allowOperator } from './allow.ts'
import { refreshPrefix } from './identity.ts'
import { people } from './people.store.ts'
import { recordAudit } from './record-audit.ts'
import { sessions } from './sessions.store.ts'

const viewMs = 15 * 60_000

/**
 * An operator's session looks as somebody else for a quarter of an hour: with that person's rights, and changing nothing.
 * Leaves an audit record with the reason, each time.
 */
export async function startView(ctx: Ctx, input: StartView): Promise<{ until: string }> {
  const sessionId = ownSession(ctx)
  await allowOperator(ctx)
  const person = await people.findByUsername(ctx.db, input.username)
  if (person === null) throw new AppError('not_found', `Nobody named ${input.username} has signed in here.`)
  const until = new Date(ctx.clock.now().getTime() + viewMs)
  await inTransaction(ctx, async (tx) => {
    await sessions.setView(tx.db, sessionId, { personId: person.id, until })
    await recordAudit(tx, {
      workspace: null,
      action: 'access.viewAs',
      subject: `person/${person.username}`,
      after: { reason: input.reason, until: until.toISOString() },
    })
    await tx.db.publish({ workspace: null, topic: 'access', id: `${refreshPrefix}session:${sessionId}` })
  })
  return { until: until.toISOString() }
}

/** The session is its owner's again. Ending what has ended is no error. */
export async function endView(ctx: Ctx): Promise<void> {
  const sessionId = ownSession(ctx)
  const { actor } = ctx
  if (actor.kind !== 'person' || actor.view === undefined) return
  const operator = { ...actor, username: actor.view.by }
  await ctx.db.transaction(async (db) => {
    await sessions.setView(db, sessionId, null)
    const subject = `person/${actor.username}`
    await recordAudit({ ...ctx, db, actor: operator }, { workspace: null, action: 'access.endView', subject })
    await db.publish({ workspace: null, topic: 'access', id: `${refreshPrefix}session:${sessionId}` })
  })
}

function ownSession({ actor }: Ctx): string {
  if (actor.kind === 'person' && actor.via === 'session' && actor.sessionId !== undefined) return actor.sessionId
  throw new AppError('forbidden', 'Only somebody who signed in with a browser looks as somebody else.')
}
