/** Who is calling: the admin token, ServiceAccount tokens, then the webhook. A token nobody knows is a 401. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { UserInfo } from '../api/types.ts'
import type { TokenIssuer, VerifiedToken } from './service-account-tokens.ts'

export type WebhookOptions = { url: string; secret: string }
export type Authenticator = ReturnType<typeof createAuthenticator>

const webhookCacheMs = 5_000
const webhookTimeoutMs = 5_000
const digest = (text: string) => createHash('sha256').update(text).digest()

export function createAuthenticator(options: {
  adminToken: string
  tokens: TokenIssuer
  webhook?: WebhookOptions | undefined
  now: () => number
}) {
  const adminDigest = digest(options.adminToken)
  const cache = new Map<string, { until: number; answer: Promise<VerifiedToken | null> }>()

  /** Null when no authenticator knows the token. `audiences` undefined: the API server's own. */
  async function review(token: string, audiences?: readonly string[]): Promise<VerifiedToken | null> {
    const own = audiences ?? [options.tokens.audience]
    if (timingSafeEqual(digest(token), adminDigest)) {
      return {
        user: { username: 'kubelite-admin', groups: ['system:masters', 'system:authenticated'] },
        audiences: own.filter((name) => name === options.tokens.audience),
      }
    }
    if (token.split('.').length === 3) {
      const verified = await options.tokens.verify(token, own)
      if (verified !== null) return verified
    }
    return options.webhook === undefined ? null : askCached(options.webhook, token)
  }

  async function askCached(webhook: WebhookOptions, token: string): Promise<VerifiedToken | null> {
    const key = digest(token).toString('base64')
    const found = cache.get(key)
    const now = options.now()
    if (found !== undefined && found.until > now) return found.answer
    if (cache.size > 10_000) cache.clear()
    const answer = askWebhook(webhook, token, options.tokens.audience)
    cache.set(key, { until: now + webhookCacheMs, answer })
    // A failure to ask is a refusal for this call only.
    answer.catch(() => cache.delete(key))
    return answer.catch(() => null)
  }

  return { review }
}

type ReviewAnswer = {
  status?: {
    authenticated?: boolean
    user?: { username?: string; uid?: string; groups?: string[]; extra?: Record<string, string[]> }
  }
}

async function askWebhook(webhook: WebhookOptions, token: string, audience: string): Promise<VerifiedToken | null> {
  const answer = await fetch(webhook.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${webhook.secret}` },
    body: JSON.stringify({
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      metadata: { creationTimestamp: null },
      spec: { token, audiences: [audience] },
    }),
    signal: AbortSignal.timeout(webhookTimeoutMs),
    redirect: 'error',
  })
  if (!answer.ok) throw new Error(`The token webhook answered ${answer.status}.`)
  const { status } = (await answer.json()) as ReviewAnswer
  const user = status?.user
  if (status?.authenticated !== true || !user?.username) return null
  // A person never becomes a part of the system by what an outside authenticator says.
  if (user.username.startsWith('system:')) return null
  const groups = (user.groups ?? []).filter((name) => !name.startsWith('system:'))
  return {
    user: {
      username: user.username,
      ...(user.uid ? { uid: user.uid } : {}),
      groups: [...groups, 'system:authenticated'],
      ...(user.extra ? { extra: user.extra } : {}),
    },
    audiences: [audience],
  }
}

export const anonymous: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] }

/** The token of `Authorization: Bearer …`, or null. */
export function bearerToken(header: string | undefined): string | null {
  const match = /^Bearer\s+(\S+)$/i.exec(header ?? '')
  return match?.[1] ?? null
}
