import { parseEnv, secret } from '@keelson/process/env'
import { z } from 'zod'

const address = () => z.url({ protocol: /^https?$/ }).transform((value) => value.replace(/\/+$/, ''))

/** What signing in needs. `NEXTAUTH_URL` must be set to the same value as `KEELSON_URL`: next-auth reads it by itself. */
export const authEnvShape = {
  NEXTAUTH_URL: address().describe('The platform’s own address, as people see it.'),
  NEXTAUTH_SECRET: secret(z.string().min(20)).describe(
    'Encrypts what is kept in cookies during a sign-in (PKCE, state, nonce).',
  ),
  KEELSON_GATEWAY_URL: address().optional().describe('Where this server reaches the gateway; default: NEXTAUTH_URL.'),
  KEELSON_INTERNAL_SECRET: secret(z.string().min(32)).describe('What this server shows on the gateway’s /internal.'),
  OIDC_ISSUER: z.url({ protocol: /^https?$/ }).describe('Any OpenID provider, as it writes itself in `iss`.'),
  OIDC_CLIENT_ID: z.string().min(1).default('keelson-web'),
  OIDC_CLIENT_SECRET: secret(z.string().min(1)),
  OIDC_SCOPE: z
    .string()
    .default('openid email profile groups')
    .describe('What is asked of the provider; some know no scope "groups".'),
}

export type AuthEnv = ReturnType<typeof read>

function read() {
  return parseEnv(authEnvShape)
}

let kept: AuthEnv | null = null

/** Read at the first request and not when a module is loaded: a build has no environment. */
export function authEnv(): AuthEnv {
  kept ??= read()
  return kept
}
