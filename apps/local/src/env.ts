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
  KUBECONFIG: z
    .string()
    .min(1)
    .optional()
    .describe(
      'A Kubernetes cluster of your own, or in-cluster for the one whose pod this is; without it kubelite is started.',
    ),
  KEELSON_ADVERTISED_URL: z
    .url({ protocol: /^https?$/ })
    .transform((value) => value.replace(/\/+$/, ''))
    .optional()
    .describe(
      'The address by which pods reach the platform, for a cluster of your own. Where its host is an address of this machine, the front listens there too. Default: the address of people, which only pods of this machine reach.',
    ),
  KEELSON_KINDS: z
    .string()
    .optional()
    .describe(
      'Which kinds are Keelson’s and which another operator’s, where the evidence in the cluster is not to decide: inferenceservices.serving.kserve.io=other,profiles.kubeflow.org=keelson.',
    ),
  KEELSON_SPAWNER_CONFIG: z
    .string()
    .min(1)
    .transform((path) => resolve(path))
    .optional()
    .describe(
      'What the form for new notebooks offers: a spawner_ui_config.yaml; without it, the one that Keelson ships.',
    ),
  KEELSON_POD_NETWORK: z
    .enum(['shared', 'namespaced', 'auto'])
    .default('shared')
    .describe(
      'The network of kubelite’s pods. shared: the loopback of this machine; namespaced: an address of its own for each pod, names for Services (Linux, as root, with ip and nft); auto: namespaced where that works.',
    ),
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

/** Where the API server is, as Kubernetes tells every pod; no host outside of one. */
export function podApiServer(): { host: string | undefined; port: string } {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = process.env
  return { host, port }
}

/** What the platform's processes inherit: where programs and package mirrors are, nothing that configures us by accident. */
export function inheritedEnvironment(): Record<string, string> {
  const ours =
    /^(KEELSON_(?!CACHE$|PYTHON$|LOG_LEVEL$|EMBEDDED_OIDC$)|DATABASE_URL$|KUBECONFIG$|NEXTAUTH_|NODE_OPTIONS$|npm_(?!config_registry$))/
  const kept = Object.entries(process.env).filter(([name, value]) => value !== undefined && !ours.test(name))
  return Object.fromEntries(kept) as Record<string, string>
}
