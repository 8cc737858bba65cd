import 'server-only'
import type { Account, AuthOptions } from 'next-auth'
import { safeCallback } from './callback.rules.ts'
import { authEnv } from './env.ts'
import { refusalPath } from './refusal.ts'
import { endSession, openSession, sessionCookie } from './sessions.ts'

const sessionSeconds = 24 * 3_600
/** Where the sign-in callback leaves the session for the token callback of the same request. */
const openedSessions = new WeakMap<Account, string>()

/**
 * next-auth against any OpenID provider. It only dances; the gateway verifies and remembers. Its "JWT" is our opaque session id:
 * encode writes the bare id into the cookie and decode reads it back, so that nothing is believed because of a signature here.
 */
export function authOptions(): AuthOptions {
  const env = authEnv()
  const isSecure = env.NEXTAUTH_URL.startsWith('https:')
  return {
    secret: env.NEXTAUTH_SECRET,
    useSecureCookies: isSecure,
    pages: { signIn: '/login', error: '/login', signOut: '/' },
    session: { strategy: 'jwt', maxAge: sessionSeconds },
    cookies: {
      sessionToken: { name: sessionCookie, options: { httpOnly: true, sameSite: 'lax', path: '/', secure: isSecure } },
    },
    providers: [
      {
        id: 'oidc',
        name: 'OpenID',
        type: 'oauth',
        wellKnown: `${env.OIDC_ISSUER.replace(/\/$/, '')}/.well-known/openid-configuration`,
        issuer: env.OIDC_ISSUER,
        clientId: env.OIDC_CLIENT_ID,
        clientSecret: env.OIDC_CLIENT_SECRET,
        authorization: { params: { scope: env.OIDC_SCOPE } },
        idToken: true,
        checks: ['pkce', 'state', 'nonce'],
        profile: (profile: { sub: string }) => ({ id: profile.sub }),
      },
    ],
    jwt: {
      maxAge: sessionSeconds,
      encode: async ({ token }) => (typeof token?.session === 'string' ? token.session : ''),
      decode: async ({ token }) => (token ? { session: token } : null),
    },
    callbacks: {
      signIn: async ({ account }) => {
        if (!account?.id_token) return refusalPath('refused', 'The identity provider sent no ID token.')
        const opened = await openSession(account.id_token)
        if (!opened.ok) return refusalPath(opened.code, opened.message)
        openedSessions.set(account, opened.session)
        return true
      },
      jwt: async ({ token, account }) => {
        const session = account ? openedSessions.get(account) : token.session
        return typeof session === 'string' ? { session } : {}
      },
      // Pages ask the gateway who somebody is (`access.me`); what this endpoint could say is not to be relied on.
      session: async ({ session }) => ({ expires: session.expires }),
      redirect: async ({ url, baseUrl }) => `${baseUrl}${safeCallback(url, baseUrl)}`,
    },
    events: {
      signOut: async ({ token }) => {
        if (typeof token?.session === 'string') await endSession(token.session)
      },
    },
    logger: {
      // The library's own messages may hold tokens: only their code is logged.
      error: (code) =>
        void process.stdout.write(
          `${JSON.stringify({ at: new Date().toISOString(), level: 'error', app: 'web', message: 'sign-in failed', code })}\n`,
        ),
      warn: () => {},
      debug: () => {},
    },
  }
}
