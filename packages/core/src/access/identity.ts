/** Who a request is, from what it brought: session cookie, personal access token or a pod's ServiceAccount token. */
import type { Actor } from '@keelson/contracts/access'
import type { LiveChange } from '@keelson/contracts/live'
import { AppError } from '@keelson/process/app-error'
import type { BaseCtx } from '../context/ctx.ts'
import { isAdmin } from './allow.ts'
import { findPodIdentity } from './pod-identity.ts'
import { hashSecret, looksLikeSecret, tokenPrefix } from './secrets.rules.ts'
import { type SessionRow, sessions } from './sessions.store.ts'
import { tokens } from './tokens.store.ts'

/** What a request brought to prove who it is: the session cookie's value, or a Bearer token / Basic password. */
export type Credential = { kind: 'session'; secret: string } | { kind: 'token'; secret: string }

/**
 * A proved identity. `key` names the session or token row so that open streams can be closed when it is revoked;
 * null for pods, whose token is re-checked on each call.
 */
export type ResolvedIdentity = { actor: Actor; key: string | null; expiresAt: Date | null }

export type IdentityResolver = {
  /** Throws `unauthenticated` when the credential proves nobody, `unavailable` when it cannot be checked now. */
  resolve(credential: Credential): Promise<ResolvedIdentity>
  /** Calls back with the `key` of every session or token that is revoked anywhere; returns the way to stop. */
  onRevoked(handler: (key: string) => void): () => void
}

/** What Postgres tells all processes; see `openContext`. */
export type ChangeFeed = { subscribe(handler: (change: LiveChange) => void): () => void }

/** Published in front of a session's key when it is still good but means something else now. */
export const refreshPrefix = 'refresh:'
const cacheMs = 2_000
const maxCached = 10_000
const markUsedEveryMs = 60_000

type Cached = { identity: ResolvedIdentity | null; until: number }

export function openIdentityResolver(base: BaseCtx, changes: ChangeFeed): IdentityResolver {
  const cache = new Map<string, Cached>()
  const handlers = new Set<(key: string) => void>()
  /** Counts revocations, so that an answer read before one is never kept after it. */
  let generation = 0
  changes.subscribe((change) => {
    if (change.topic !== 'access' || change.id === null) return
    generation += 1
    const isRefresh = change.id.startsWith(refreshPrefix)
    const key = isRefresh ? change.id.slice(refreshPrefix.length) : change.id
    for (const [hash, cached] of cache) if (cached.identity?.key === key) cache.delete(hash)
    if (!isRefresh) for (const handler of handlers) handler(key)
  })

  const lookUp = async (credential: Credential, hash: string): Promise<ResolvedIdentity | null> => {
    const now = base.clock.now().getTime()
    const cached = cache.get(hash)
    if (cached && cached.until > now) return cached.identity
    const before = generation
    const identity = await find(base, credential)
    if (cache.size >= maxCached) cache.clear()
    if (before === generation) cache.set(hash, { identity, until: now + cacheMs })
    return identity
  }

  return {
    resolve: async (credential) => {
      if (credential.secret.length > 16_384) throw unknown(credential)
      const hash = `${credential.kind}:${Buffer.from(hashSecret(credential.secret)).toString('base64')}`
      const identity = await lookUp(credential, hash)
      if (identity === null) throw unknown(credential)
      if (identity.expiresAt !== null && identity.expiresAt <= base.clock.now()) throw unknown(credential)
      return identity
    },
    onRevoked: (handler) => {
      handlers.add(handler)
      return () => handlers.delete(handler)
    },
  }
}

function unknown(credential: Credential): AppError {
  const what =
    credential.kind === 'session'
      ? 'Your session has ended. Sign in again.'
      : 'This token is not valid: it is unknown, expired or revoked.'
  return new AppError('unauthenticated', what)
}

function find(base: BaseCtx, credential: Credential): Promise<ResolvedIdentity | null> {
  if (credential.kind === 'session') return findSession(base, credential.secret)
  if (credential.secret.startsWith(tokenPrefix)) return findToken(base, credential.secret)
  return findPodIdentity(base, credential.secret)
}

async function findSession(base: BaseCtx, secret: string): Promise<ResolvedIdentity | null> {
  if (!looksLikeSecret(secret)) return null
  const row = await sessions.findBySecret(base.db, secret)
  if (row === null || row.revokedAt !== null || row.disabled) return null
  const { username, groups, personId: userId, id: sessionId } = row
  const own: Actor = { kind: 'person', username, groups, userId, via: 'session', sessionId }
  return { actor: viewedAs(base, own, row.view), key: `session:${row.id}`, expiresAt: row.expiresAt }
}

/** Looking as somebody needs an operator's rights each time, not only when it began; without them one is oneself. */
function viewedAs(base: BaseCtx, own: Actor, view: SessionRow['view']): Actor {
  if (own.kind !== 'person' || view === null || view.until <= base.clock.now()) return own
  if (!isAdmin({ actor: own, access: base.access })) return own
  const { username, groups, id: userId } = view.person
  return { ...own, username, groups, userId, view: { by: own.username, until: view.until.toISOString() } }
}

async function findToken(base: BaseCtx, secret: string): Promise<ResolvedIdentity | null> {
  if (!looksLikeSecret(secret, tokenPrefix)) return null
  const row = await tokens.findBySecret(base.db, secret)
  if (row === null || row.revokedAt !== null || row.disabled) return null
  const now = base.clock.now()
  if (now.getTime() - (row.lastUsedAt?.getTime() ?? 0) > markUsedEveryMs) {
    await tokens.markUsed(base.db, row.id, now)
  }
  const narrowing = row.workspace === null ? {} : { tokenWorkspace: row.workspace }
  const actor: Actor = {
    kind: 'person',
    username: row.username,
    groups: row.groups,
    userId: row.personId,
    via: 'token',
    ...narrowing,
  }
  return { actor, key: `token:${row.id}`, expiresAt: row.expiresAt }
}
