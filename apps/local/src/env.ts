import { join, resolve } from 'node:path'
import { parseEnv, secret } from '@keelson/process/env'
import { z } from 'zod'

/** The repository: the other apps are started from its sources. */
export const root = join(import.meta.dirname, '../../..')

export const envShape = {
  KEELSON_HOME: z
    .string()
    .default(join(root, '.keelson'))
    .transform((path) => resolve(path))
    .describe('The one folder that holds all state.'),
  KEELSON_PORT: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_534)
    .default(7700)
    .describe('The front port: the dashboard and every client. The port after it serves content on its own site.'),
  DATABASE_URL: secret(z.url().optional()).describe('A Postgres of your own; without it an embedded one is started.'),
  KUBECONFIG: z.string().optional().describe('A Kubernetes cluster of your own; without it kubelite is started.'),
  KEELSON_OIDC_ISSUER: z
    .url()
    .optional()
    .describe('An OIDC provider of your own; without it the embedded one with its sample people is started.'),
  KEELSON_EMBEDDED_OIDC: z
    .enum(['0', '1'])
    .optional()
    .describe('1: let the embedded provider run although NODE_ENV is production.'),
  KEELSON_OIDC_CLIENT_ID: z.string().default('keelson-web').describe('The platform as a client of the provider.'),
  KEELSON_OIDC_CLIENT_SECRET: secret(z.string().optional()).describe('Its secret at your own provider.'),
}

export type LocalEnv = ReturnType<typeof readEnv>

/** The only place of the launcher that reads the environment. */
export function readEnv() {
  return parseEnv(envShape)
}

/** What the platform's processes inherit: where programs and package mirrors are, nothing that configures us by accident. */
export function inheritedEnvironment(): Record<string, string> {
  const ours =
    /^(KEELSON_(?!CACHE$|PYTHON$|LOG_LEVEL$|EMBEDDED_OIDC$)|DATABASE_URL$|KUBECONFIG$|NEXTAUTH_|NODE_OPTIONS$|npm_(?!config_registry$))/
  const kept = Object.entries(process.env).filter(([name, value]) => value !== undefined && !ours.test(name))
  return Object.fromEntries(kept) as Record<string, string>
}
