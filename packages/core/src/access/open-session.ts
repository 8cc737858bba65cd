import type { BaseCtx } from '../context/ctx.ts'
import { people } from './people.store.ts'
import type { PersonClaims } from './person.rules.ts'
import { recordAudit } from './record-audit.ts'
import { newSecret } from './secrets.rules.ts'
import { sessions } from './sessions.store.ts'

/** A browser session ends after this long at the latest; the provider then signs in again, with its groups of that day. */
export const sessionTtlMs = 24 * 3_600_000

export type OpenedSession = { secret: string; username: string; expiresAt: Date }

/** Begins a session for a person whose ID token was verified. The secret is the cookie's value; only its hash is kept. */
export function openSession(base: BaseCtx, claims: PersonClaims): Promise<OpenedSession> {
  const now = base.clock.now()
  const expiresAt = new Date(now.getTime() + sessionTtlMs)
  const secret = newSecret()
  return base.db.transaction(async (db) => {
    const person = await people.pin(db, claims, now)
    const id = await sessions.create(db, {
      secret,
      personId: person.id,
      groups: person.groups,
      createdAt: now,
      expiresAt,
    })
    await sessions.deleteEndedBefore(db, now)
    const actor = {
      kind: 'person',
      username: person.username,
      groups: person.groups,
      userId: person.id,
      via: 'session',
    } as const
    await recordAudit({ ...base, db, actor }, { workspace: null, action: 'sessions.open', subject: `session/${id}` })
    return { secret, username: person.username, expiresAt }
  })
}

/** Ends the session of this secret everywhere at once. Ending what is unknown or ended is no error. */
export async function endSession(base: BaseCtx, secret: string): Promise<void> {
  const row = await sessions.findBySecret(base.db, secret)
  if (row === null) return
  await base.db.transaction(async (db) => {
    if (!(await sessions.revoke(db, row.id, base.clock.now()))) return
    const actor = {
      kind: 'person',
      username: row.username,
      groups: row.groups,
      userId: row.personId,
      via: 'session',
    } as const
    await recordAudit({ ...base, db, actor }, { workspace: null, action: 'sessions.end', subject: `session/${row.id}` })
    await db.publish({ workspace: null, topic: 'access', id: `session:${row.id}` })
  })
}
