import type { AccessEvaluator, Credential, IdentityResolver, ResolvedIdentity } from '@keelson/core/access'
import { AppError } from '@keelson/process/app-error'
import type { Clock } from '@keelson/process/clock'

/** A call that is being answered. `end` cuts its connection; `place` is the workspace of its address, with the role then. */
type OpenCall = {
  credential: Credential
  identity: ResolvedIdentity
  place: { workspace: string; rank: number } | null
  since: number
  end(): void
}

export type OpenCalls = {
  /** Watches over a call until the returned function is called. Throws `exhausted` when the caller has too many open. */
  track(credential: Credential, identity: ResolvedIdentity, end: () => void, workspace?: string): () => void
  /** Ends the calls of credentials that are no longer good. Meant to be called at times; revocations are heard without it. */
  sweep(): Promise<void>
  stop(): void
}

const sweepEveryMs = 15_000
const youngMs = 10_000
/** Of one person or service account: more than any honest client's pool, fewer than what starves the others. */
const maxOpenPerCaller = 1_000

/** Who decides what somebody is in a workspace, and says when that may have changed. */
export type RoleSource = Pick<AccessEvaluator, 'decide' | 'onChange'>

/** Changes of bindings come in bursts: open calls are looked at once for each. */
const gatherMs = 100
const maxKnown = 10_000

/**
 * Ends streams and sockets when their session or token ends: at once when a revocation is heard, and by asking again every 15 s, which
 * also finds what ran out, what was revoked while the database was away, and pods that are gone. Those of a workspace end as
 * well when the caller's role there is taken away or becomes a lesser one.
 */
export function createOpenCalls(identities: IdentityResolver, clock: Clock, roles: RoleSource): OpenCalls {
  const open = new Set<OpenCall>()
  const counts = new Map<string, number>()
  const unsubscribe = identities.onRevoked((key) => {
    for (const call of open) if (call.identity.key === key) call.end()
  })
  let looking: NodeJS.Timeout | null = null
  /** What callers are where, until a binding changes: most calls are short, and many are one caller's. */
  const known = new Map<string, number | null>()
  const rankOf = (identity: ResolvedIdentity, workspace: string): number | null => {
    const key = JSON.stringify([identity.actor.username, identity.actor.groups, workspace])
    const found = known.get(key)
    if (found !== undefined) return found
    const rank = rankIn(roles, identity, workspace)
    if (known.size >= maxKnown) known.clear()
    if (rank !== null) known.set(key, rank)
    return rank
  }
  const lookAtRoles = () => {
    looking = null
    for (const { identity, place, end } of [...open]) {
      if (place === null) continue
      const rank = rankOf(identity, place.workspace)
      if (rank !== null && rank < place.rank) end()
    }
  }
  const stopHearing = roles.onChange(() => {
    known.clear()
    looking ??= setTimeout(lookAtRoles, gatherMs).unref()
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
    track: (credential, identity, end, workspace) => {
      const { username } = identity.actor
      const count = counts.get(username) ?? 0
      if (count >= maxOpenPerCaller)
        throw new AppError('exhausted', `You have ${maxOpenPerCaller} requests open already.`)
      counts.set(username, count + 1)
      const rank = workspace === undefined ? null : rankOf(identity, workspace)
      const place = workspace === undefined || rank === null ? null : { workspace, rank }
      const call = { credential, identity, place, since: clock.now().getTime(), end }
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
      if (looking) clearTimeout(looking)
      stopHearing()
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

/** What the three roles add, the most first: see `roleIn` of core. */
const ranks = [
  { verb: 'create', group: 'rbac.authorization.k8s.io', resource: 'rolebindings' },
  { verb: 'create', group: 'keelson.dev', resource: 'experiments' },
  { verb: 'get', group: 'keelson.dev', resource: 'experiments' },
]

/** 3 for an owner, 0 for nobody; null while permissions cannot be read. */
function rankIn(roles: RoleSource, { actor }: ResolvedIdentity, namespace: string): number | null {
  try {
    const found = ranks.findIndex((asked) => roles.decide(actor, { ...asked, namespace }).allowed)
    return found < 0 ? 0 : ranks.length - found
  } catch {
    return null
  }
}
