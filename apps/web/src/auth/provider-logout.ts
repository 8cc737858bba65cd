import 'server-only'
import { authEnv } from './env.ts'

const askMs = 5_000

/**
 * Where the browser goes so that the provider's own session ends too (OpenID Connect RP-Initiated Logout 1.0); the login page when
 * the provider has no such address or does not answer.
 */
export async function providerLogoutUrl(): Promise<string> {
  const env = authEnv()
  const home = `${env.NEXTAUTH_URL}/login`
  try {
    const address = `${env.OIDC_ISSUER.replace(/\/$/, '')}/.well-known/openid-configuration`
    const response = await fetch(address, { signal: AbortSignal.timeout(askMs), cache: 'no-store' })
    const { end_session_endpoint: endpoint } = (await response.json()) as { end_session_endpoint?: unknown }
    if (typeof endpoint !== 'string') return home
    const url = new URL(endpoint)
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return home
    url.searchParams.set('client_id', env.OIDC_CLIENT_ID)
    url.searchParams.set('post_logout_redirect_uri', home)
    return url.href
  } catch {
    return home
  }
}
