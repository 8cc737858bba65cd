import { CreatedAccessToken } from '@keelson/contracts/access'
import { Fault } from '../fault.ts'

export type MintedToken = { token: string; expiresAt: Date }

export type MintRequest = { email: string; name: string; workspace?: string; ttlMs: number }

/** What the launcher asks the gateway with the installation's internal secret. */
export type GatewayClient = {
  isReady(): Promise<boolean>
  /** A personal access token of one of the embedded provider's people. */
  mintToken(request: MintRequest): Promise<MintedToken>
  /** True while the token is good. */
  accepts(token: string): Promise<boolean>
}

const timeoutMs = 20_000

export function gatewayClient(url: string, secret: string): GatewayClient {
  const ask = (path: string, init: RequestInit) =>
    fetch(`${url}${path}`, { ...init, signal: AbortSignal.timeout(timeoutMs) })
  return {
    isReady: async () => (await ask('/readyz', {})).ok,
    mintToken: async ({ workspace, ...request }) => {
      const answer = await ask('/internal/tokens', {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...request, ...(workspace === undefined ? {} : { workspace }) }),
      })
      const body: unknown = await answer.json().catch(() => null)
      const made = CreatedAccessToken.safeParse(body)
      if (!answer.ok || !made.success) {
        const message = (body as { message?: string } | null)?.message
        throw new Fault(message ?? `The gateway gives no token (status ${answer.status}).`)
      }
      return { token: made.data.secret, expiresAt: new Date(made.data.token.expiresAt ?? Date.now() + request.ttlMs) }
    },
    accepts: async (token) =>
      (await ask('/api/trpc/access.me', { headers: { authorization: `Bearer ${token}` } })).status === 200,
  }
}
