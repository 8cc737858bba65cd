import type { Credential, IdentityResolver, ResolvedIdentity } from '@keelson/core/access'
import { AppError } from '@keelson/process/app-error'
import type { Clock } from '@keelson/process/clock'

/** A call that is being answered. `end` cuts its connection. */
type OpenCall = { credential: Credential; identity: ResolvedIdentity; since: number; end(): void }

export type OpenCalls = {
  /** Watches over a call until the returned function is called. Throws `exhausted` when the caller has too many open. */
  track(credential: Credential, identity: ResolvedIdentity, end: () => void): () => void
  /** Ends the calls of credentials that are no longer good. Meant to be called at times; revocations are heard without it. */
  sweep(): Promise<void>
  stop(): void
}

const sweepEveryMs = 15_000
const youngMs = 10_000
/** Of one person or service account: more than any honest client's pool, fewer than what starves the others. */
const maxOpenPerCaller = 1_000

/**
 * Ends streams and sockets when their session or token ends: at once when a revocation is heard, and by asking again every 15 s, which
 * also finds what ran out, what was revoked while the database was away, and pods that are gone.
 */
export function createOpenCalls(identities: IdentityResolver, clock: Clock): OpenCalls {
  const open = new Set<OpenCall>()
  const counts = new Map<string, number>()
  const unsubscribe = identities.onRevoked((key) => {
    for (const call of open) if (call.identity.key === key) call.end()
  })
  const sweep = async () => {
    const now = clock.now().getTime()
    for (const call of [...open]) {
      if (now - call.since >= youngMs && (await isOver(identities, call.credential))) call.end()
    }
  }
  const timer = setInterval(() => void sweep(), sweepEveryMs)
  timer.unref()
  return {
    track: (credential, identity, end) => {
      const { username } = identity.actor
      const count = counts.get(username) ?? 0
      if (count >= maxOpenPerCaller)
        throw new AppError('exhausted', `You have ${maxOpenPerCaller} requests open already.`)
      counts.set(username, count + 1)
      const call = { credential, identity, since: clock.now().getTime(), end }
      open.add(call)
      return () => {
        if (!open.delete(call)) return
        const left = (counts.get(username) ?? 1) - 1
        if (left === 0) counts.delete(username)
        else counts.set(username, left)
      }
    },
    sweep,
    stop: () => {
      clearInterval(timer)
      unsubscribe()
    },
  }
}

/** Only a clear no ends a stream: while the database is away nobody is thrown out, and nobody new is let in. */
async function isOver(identities: IdentityResolver, credential: Credential): Promise<boolean> {
  try {
    await identities.resolve(credential)
    return false
  } catch (error) {
    return error instanceof AppError && error.code === 'unauthenticated'
  }
}
