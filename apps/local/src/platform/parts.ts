/** How each of the platform's processes is started: its entry, its environment, and how one sees that it serves. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { inheritedEnvironment, type LocalEnv, root } from '../env.ts'
import type { Home } from '../home/home.ts'
import type { Settings } from '../home/settings.ts'
import type { ProcessSpec } from '../processes/managed-process.ts'
import type { Webhook } from './webhook.ts'

export type PodNetworkMode = 'shared' | 'namespaced'

/** What the processes are told about each other. */
export type Wiring = {
  env: LocalEnv
  home: Home
  settings: Settings
  url: string
  contentUrl: string
  notebooksUrl: string
  /** The address of the front as pods have it, the addresses of this machine that it stands for, and kubelite's pod network. */
  pods: { url: string; hosts: readonly string[]; network: PodNetworkMode }
  databaseUrl: string
  ports: { kubelite: number; oidc: number; web: number; controller: number; webhook: number }
  /** Null where the cluster’s API server does not reach this machine. */
  webhook: Webhook | null
}

/** The two service accounts of `deploy/rbac`, whose kubeconfigs the launcher writes. */
export const serviceAccounts = ['keelson-gateway', 'keelson-controller'] as const

export function serviceKubeconfig(home: Home, account: (typeof serviceAccounts)[number]): string {
  return home.file('run', `${account}.kubeconfig`)
}

export function kubeliteAdminKubeconfig(home: Home): string {
  return home.file('kubelite', 'admin.kubeconfig')
}

const source = (app: string) => join(root, app, 'src/main.ts')
const quiet = '--disable-warning=ExperimentalWarning'

async function answersOk(url: string): Promise<boolean> {
  return (await fetch(url, { signal: AbortSignal.timeout(2_000), redirect: 'manual' })).status < 400
}

export function kubelite(wiring: Wiring, isReady: () => Promise<boolean>): ProcessSpec {
  const { home, settings, ports } = wiring
  return {
    name: 'kubelite',
    args: [quiet, source('packages/kubelite')],
    cwd: home.path,
    env: {
      ...inheritedEnvironment(),
      KUBELITE_DATABASE_URL: wiring.databaseUrl,
      KUBELITE_HOME: home.file('kubelite'),
      KUBELITE_PORT: String(ports.kubelite),
      KUBELITE_POD_NETWORK: wiring.pods.network,
      KUBELITE_POD_DOORS: String(wiring.env.KEELSON_PORT),
      KUBELITE_IMAGES: home.file('images.yaml'),
      KUBELITE_TOKEN_WEBHOOK_URL: `http://127.0.0.1:${wiring.env.KEELSON_PORT}/internal/tokenreview`,
      KUBELITE_AUDIT_WEBHOOK_URL: `http://127.0.0.1:${wiring.env.KEELSON_PORT}/internal/audit`,
      KUBELITE_TOKEN_WEBHOOK_SECRET: settings.secrets.internal,
    },
    isReady,
  }
}

export function oidc({ env, home, settings, url, ports }: Wiring): ProcessSpec {
  return {
    name: 'oidc',
    args: [quiet, join(root, 'apps/local/src/oidc/main.ts')],
    cwd: home.path,
    env: {
      ...inheritedEnvironment(),
      KEELSON_URL: url,
      KEELSON_HOME: home.path,
      KEELSON_OIDC_PORT: String(ports.oidc),
      ...(env.KEELSON_EMBEDDED_OIDC === undefined ? {} : { KEELSON_EMBEDDED_OIDC: env.KEELSON_EMBEDDED_OIDC }),
      KEELSON_INTERNAL_SECRET: settings.secrets.internal,
      OIDC_CLIENT_ID: env.KEELSON_OIDC_CLIENT_ID,
      OIDC_CLIENT_SECRET: settings.secrets.oidcClient,
    },
    isReady: () => answersOk(`http://127.0.0.1:${ports.oidc}/oidc/.well-known/openid-configuration`),
  }
}

/** The provider's address and our client at it: the embedded one's, or the one that was configured. */
export function identity({ env, settings, url }: Wiring): {
  issuer: string
  clientId: string
  clientSecret: string
  embedded: boolean
} {
  if (env.KEELSON_OIDC_ISSUER === undefined) {
    return {
      issuer: `${url}/oidc`,
      clientId: env.KEELSON_OIDC_CLIENT_ID,
      clientSecret: settings.secrets.oidcClient,
      embedded: true,
    }
  }
  return {
    issuer: env.KEELSON_OIDC_ISSUER,
    clientId: env.KEELSON_OIDC_CLIENT_ID,
    clientSecret: env.KEELSON_OIDC_CLIENT_SECRET ?? '',
    embedded: false,
  }
}

export function gateway(wiring: Wiring): ProcessSpec {
  const { env, home, settings, url, contentUrl, notebooksUrl, ports } = wiring
  const { issuer, clientId, embedded } = identity(wiring)
  return {
    name: 'gateway',
    args: [quiet, source('apps/gateway')],
    cwd: home.path,
    env: {
      ...inheritedEnvironment(),
      KEELSON_URL: url,
      KEELSON_CONTENT_URL: contentUrl,
      KEELSON_PORT: String(env.KEELSON_PORT),
      KEELSON_CONTENT_PORT: String(env.KEELSON_PORT + 1),
      KEELSON_NOTEBOOKS_URL: notebooksUrl,
      KEELSON_NOTEBOOKS_PORT: String(env.KEELSON_PORT + 2),
      KEELSON_POD_URL: wiring.pods.url,
      KEELSON_BIND: ['127.0.0.1', '::1', ...wiring.pods.hosts].join(','),
      DATABASE_URL: wiring.databaseUrl,
      KEELSON_KUBECONFIG: serviceKubeconfig(home, 'keelson-gateway'),
      KEELSON_ARTIFACTS: home.file('artifacts'),
      ...(env.KEELSON_SPAWNER_CONFIG === undefined ? {} : { KEELSON_SPAWNER_CONFIG: env.KEELSON_SPAWNER_CONFIG }),
      KEELSON_INTERNAL_SECRET: settings.secrets.internal,
      KEELSON_WEB_UPSTREAM: `http://127.0.0.1:${ports.web}`,
      ...(embedded ? { KEELSON_OIDC_UPSTREAM: `http://127.0.0.1:${ports.oidc}` } : {}),
      OIDC_ISSUER: issuer,
      OIDC_CLIENT_ID: clientId,
      KEELSON_CLUSTER_NAME: env.KUBECONFIG === undefined ? 'kubelite' : 'kubernetes',
    },
    isReady: () => answersOk(`http://127.0.0.1:${env.KEELSON_PORT}/readyz`),
  }
}

export function controller(wiring: Wiring): ProcessSpec {
  const { env, home, settings, url, contentUrl, ports } = wiring
  return {
    name: 'controller',
    args: [quiet, source('apps/controller')],
    cwd: home.path,
    env: {
      ...inheritedEnvironment(),
      KEELSON_URL: url,
      KEELSON_CONTENT_URL: contentUrl,
      KEELSON_POD_URL: wiring.pods.url,
      KEELSON_CONTROLLER_PORT: String(ports.controller),
      // This state folder never runs two: a new one takes over at once from one that was killed. Another folder's waits.
      KEELSON_LEADER_IDENTITY: `local-${createHash('sha256').update(settings.secrets.internal).digest('hex').slice(0, 12)}`,
      ...(env.KEELSON_KINDS === undefined ? {} : { KEELSON_KINDS: env.KEELSON_KINDS }),
      ...wiring.webhook?.env,
      DATABASE_URL: wiring.databaseUrl,
      KEELSON_KUBECONFIG: serviceKubeconfig(home, 'keelson-controller'),
      KEELSON_ARTIFACTS: home.file('artifacts'),
    },
    isReady: () => answersOk(`http://127.0.0.1:${ports.controller}/readyz`),
  }
}

export function web(wiring: Wiring): ProcessSpec {
  const { home, settings, url, ports } = wiring
  const { issuer, clientId, clientSecret } = identity(wiring)
  const built = join(root, 'apps/web/.next/standalone/apps/web')
  return {
    name: 'web',
    args: [quiet, '--import', join(root, 'apps/local/src/processes/end-with-parent.ts'), join(built, 'server.js')],
    cwd: existsSync(built) ? built : home.path,
    env: {
      ...inheritedEnvironment(),
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      HOSTNAME: '127.0.0.1',
      PORT: String(ports.web),
      KEELSON_URL: url,
      // By its own name: the gateway takes no other Host.
      KEELSON_GATEWAY_URL: url,
      KEELSON_INTERNAL_SECRET: settings.secrets.internal,
      NEXTAUTH_URL: url,
      NEXTAUTH_SECRET: settings.secrets.auth,
      OIDC_ISSUER: issuer,
      OIDC_CLIENT_ID: clientId,
      OIDC_CLIENT_SECRET: clientSecret,
    },
    isReady: () => answersOk(`http://127.0.0.1:${ports.web}/login`),
  }
}
