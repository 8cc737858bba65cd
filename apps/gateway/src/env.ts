import { parseEnv, secret } from '@keelson/process/env'
import { z } from 'zod'

const address = (fallback: string) =>
  z
    .url({ protocol: /^https?$/ })
    .default(fallback)
    .transform((value) => value.replace(/\/+$/, ''))
const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback)
const flag = z
  .enum(['0', '1'])
  .default('0')
  .transform((value) => value === '1')

/** What the gateway is told. Every key works on a laptop as it is, but for those that the launcher makes. */
export const gatewayEnv = {
  KEELSON_URL: address('http://localhost:7700').describe(
    'The address that people and clients use; the only Host that the front accepts.',
  ),
  KEELSON_CONTENT_URL: address('http://127.0.0.1:7701').describe(
    'The other site, for rendered artifacts: must not share a host name with KEELSON_URL.',
  ),
  KEELSON_NOTEBOOKS_URL: z
    .string()
    .regex(
      /^https?:\/\/(\{name\}--\{namespace\}\.)?[^/?#{}]+\/?$/,
      'must be http(s)://<host> or http(s)://{name}--{namespace}.<host>',
    )
    .default('http://127.0.0.1:7702')
    .transform((value) => value.replace(/\/+$/, ''))
    .describe(
      'The notebooks’ own site. With {name}--{namespace} in front of the host, each notebook has a host name of its own: https://{name}--{namespace}.nb.example.net.',
    ),
  KEELSON_POD_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('The advertised address by which pods reach the platform; default: KEELSON_URL.'),
  KEELSON_PORT: port(7700).describe('The port of the front.'),
  KEELSON_CONTENT_PORT: port(7701).describe('The port of the content site.'),
  KEELSON_NOTEBOOKS_PORT: port(7702).describe('The port of the notebooks’ site.'),
  KEELSON_BIND: z
    .string()
    .default('127.0.0.1,::1')
    .transform((value) => value.split(',').map((host) => host.trim()))
    .describe('The addresses to listen on, with commas between; those after the first may be missing on the machine.'),
  DATABASE_URL: secret(z.string().min(1)).describe('Postgres.'),
  KEELSON_KUBECONFIG: z
    .string()
    .optional()
    .describe('Path of the kubeconfig of the service account keelson-gateway; without it, the pod’s own.'),
  KEELSON_SPAWNER_CONFIG: z
    .string()
    .min(1)
    .optional()
    .describe('Path of the spawner’s configuration, a spawner_ui_config.yaml; without it, the one that Keelson ships.'),
  KEELSON_ARTIFACTS: z.string().min(1).default('.keelson/artifacts').describe('The folder of the artifacts.'),
  KEELSON_INTERNAL_SECRET: secret(z.string().min(32)).describe(
    'What the web server and the API server show on /internal: 32 characters or more.',
  ),
  KEELSON_WEB_UPSTREAM: address('http://127.0.0.1:7703').describe('The web server.'),
  KEELSON_OIDC_UPSTREAM: z
    .url({ protocol: /^http$/ })
    .optional()
    .describe('The embedded identity provider; only where it is on.'),
  OIDC_ISSUER: z.url({ protocol: /^https?$/ }).describe('As the provider writes it in its tokens.'),
  OIDC_CLIENT_ID: z.string().min(1).default('keelson-web'),
  OIDC_USERNAME_CLAIM: z.string().min(1).default('email').describe('The claim that is the user name in Kubernetes.'),
  OIDC_GROUPS_CLAIM: z.string().min(1).default('groups'),
  OIDC_ACCEPT_UNSTATED_EMAIL: flag.describe(
    '1: accept an e-mail of which the provider does not say whether it is verified.',
  ),
  KEELSON_CLUSTER_NAME: z.string().default('kubelite').describe('What people are shown as the name of the cluster.'),
  KEELSON_VERSION: z.string().default('0.1.0'),
  KEELSON_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
}

export type GatewayEnv = ReturnType<typeof readEnv>

export function readEnv(source?: Record<string, string | undefined>) {
  return parseEnv(gatewayEnv, source)
}
