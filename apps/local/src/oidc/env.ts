import { parseEnv, secret } from '@keelson/process/env'
import { z } from 'zod'

/** What the embedded identity provider is told. */
export const oidcEnv = {
  KEELSON_URL: z
    .url({ protocol: /^https?$/ })
    .default('http://localhost:7700')
    .describe('The platform’s own address; the issuer is /oidc below it.'),
  KEELSON_OIDC_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(7703)
    .describe('Where it listens, on the loopback; the gateway proxies to it.'),
  KEELSON_HOME: z
    .string()
    .min(1)
    .default('.keelson')
    .describe('The state folder: people.yaml, keys and sessions are in it.'),
  OIDC_CLIENT_ID: z.string().min(1).default('keelson-web'),
  OIDC_CLIENT_SECRET: secret(z.string().min(20)).describe('The secret of its one client.'),
  KEELSON_INTERNAL_SECRET: secret(z.string().min(32)).describe('What the gateway shows to ask for a person.'),
  KEELSON_EMBEDDED_OIDC: z.enum(['0', '1']).optional().describe('1: let it run although NODE_ENV is production.'),
  NODE_ENV: z.string().optional(),
  KEELSON_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
}

export type OidcEnv = ReturnType<typeof readOidcEnv>

export function readOidcEnv(source?: Record<string, string | undefined>) {
  return parseEnv(oidcEnv, source)
}
