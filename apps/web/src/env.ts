import 'server-only'
import { parseEnv, secret } from '@keelson/process/env'
import { z } from 'zod'

const address = () => z.url({ protocol: /^https?$/ }).transform((value) => value.replace(/\/+$/, ''))

/** What rendering needs; what signing in needs stands in src/auth/env.ts. */
export const webEnvShape = {
  KEELSON_URL: address().default('http://localhost:7700').describe('The platform’s own address, as people see it.'),
  KEELSON_GATEWAY_URL: address().optional().describe('Where this server reaches the gateway; default: KEELSON_URL.'),
  KEELSON_INTERNAL_SECRET: secret(z.string().min(32)).describe(
    'Proves this server to the gateway where it asks at another name than KEELSON_URL.',
  ),
  OIDC_ISSUER: z.string().default('').describe('The identity provider; below KEELSON_URL it is the embedded one.'),
}

let kept: { url: string; gatewayUrl: string; internalSecret: string; embeddedIdentity: boolean } | null = null

/** Read at the first request: a build has no environment. */
export function webEnv() {
  if (kept === null) {
    const env = parseEnv(webEnvShape)
    kept = {
      url: env.KEELSON_URL,
      gatewayUrl: env.KEELSON_GATEWAY_URL ?? env.KEELSON_URL,
      internalSecret: env.KEELSON_INTERNAL_SECRET,
      embeddedIdentity: env.OIDC_ISSUER.startsWith(`${env.KEELSON_URL}/`),
    }
  }
  return kept
}
