/** The webhook that applies PodDefaults and hears who makes jobs: its certificate, what the controller is told, and its registration in the cluster. */
import { createHmac } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import { loadServingIdentity } from '@keelson/kubelite'
import { root } from '../env.ts'
import { type Home, writeWhole } from '../home/home.ts'
import type { ClusterAdmin, Manifest } from './cluster-admin.ts'
import { readManifests } from './install-cluster.ts'

export type Webhook = {
  /** The controller's environment. */
  env: Record<string, string>
  /** PEM of the authority that the API server is to trust. */
  ca: string
  url: string
}

type Configuration = Manifest & { webhooks: { failurePolicy: string; clientConfig?: object }[] }

/** `hosts` are addresses of this machine that the API server reaches; the first is the one that it is told. */
export function prepareWebhook(home: Home, secret: string, port: number, hosts: readonly string[]): Webhook {
  const [host = ''] = hosts
  const identity = loadServingIdentity(home.file('webhook'), hosts, new Date())
  const [cert, key] = [home.file('webhook', 'cert.pem'), home.file('webhook', 'key.pem')]
  writeWhole(cert, identity.cert)
  writeWhole(key, identity.key)
  const path = `/${createHmac('sha256', secret).update('webhook').digest('hex')}`
  return {
    ca: identity.ca,
    url: `https://${isIPv6(host) ? `[${host}]` : host}:${port}${path}`,
    env: {
      KEELSON_WEBHOOK_PORT: String(port),
      KEELSON_WEBHOOK_BIND: hosts.join(','),
      KEELSON_WEBHOOK_CERT: cert,
      KEELSON_WEBHOOK_KEY: key,
      KEELSON_WEBHOOK_PATH: path,
    },
  }
}

/** A cluster that goes on without this machine must not wait for it: there, pods are made as they are while it is away. */
export async function installWebhook(admin: ClusterAdmin, { ca, url }: Webhook, embedded: boolean): Promise<void> {
  const clientConfig = { url, caBundle: Buffer.from(ca).toString('base64') }
  for (const manifest of readManifests(join(root, 'deploy/webhooks')) as Configuration[]) {
    const webhooks = manifest.webhooks.map((each) => ({
      ...each,
      clientConfig,
      failurePolicy: embedded ? each.failurePolicy : 'Ignore',
    }))
    await admin.apply({ ...manifest, webhooks } as Manifest, `${manifest.kind.toLowerCase()}s`)
  }
}
