import { stringify } from 'yaml'

export type KubeconfigEntry = { server: string; ca: string; token: string; user: string; namespace?: string }

/** A kubeconfig with one context, as text. */
export function kubeconfig(entry: KubeconfigEntry): string {
  const name = 'kubelite'
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: { server: entry.server, 'certificate-authority-data': Buffer.from(entry.ca).toString('base64') },
      },
    ],
    users: [{ name: entry.user, user: { token: entry.token } }],
    contexts: [
      {
        name,
        context: { cluster: name, user: entry.user, ...(entry.namespace ? { namespace: entry.namespace } : {}) },
      },
    ],
    'current-context': name,
  })
}
