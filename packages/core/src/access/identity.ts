import type { Actor } from '@keelson/contracts/access'

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
