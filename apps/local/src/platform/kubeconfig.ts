import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { podApiServer } from '../env.ts'
import { Fault } from '../fault.ts'

/** What one context of a kubeconfig says, with files read in. Only what the launcher itself needs to reach the API. */
export type ClusterAccess = {
  server: string
  /** PEM; null = the system's authorities, or plain http. */
  ca: string | null
  insecure: boolean
  token: string | null
  /** Where the token is read anew for each call, as it is renewed there; null = `token` is the token. */
  tokenFile: string | null
  clientCert: string | null
  clientKey: string | null
}

const Config = z.object({
  'current-context': z.string().optional(),
  clusters: z.array(
    z.object({
      name: z.string(),
      cluster: z.object({
        server: z.url(),
        'certificate-authority': z.string().optional(),
        'certificate-authority-data': z.string().optional(),
        'insecure-skip-tls-verify': z.boolean().optional(),
      }),
    }),
  ),
  users: z.array(
    z.object({
      name: z.string(),
      user: z.looseObject({
        token: z.string().optional(),
        tokenFile: z.string().optional(),
        'client-certificate': z.string().optional(),
        'client-certificate-data': z.string().optional(),
        'client-key': z.string().optional(),
        'client-key-data': z.string().optional(),
      }),
    }),
  ),
  contexts: z.array(z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string() }) })),
})

/** The value of `KUBECONFIG` that stands for the cluster whose pod this process is in. */
export const inCluster = 'in-cluster'
const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount'

/** What every pod is given (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/). */
function readPodAccess(): ClusterAccess {
  const { host, port } = podApiServer()
  if (host === undefined) {
    throw new Fault(
      `KUBECONFIG is ${inCluster}, but this process is in no pod: give the path of a kubeconfig, or unset it to use the embedded cluster.`,
    )
  }
  try {
    return {
      server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
      ca: readFileSync(join(accountFolder, 'ca.crt'), 'utf8'),
      insecure: false,
      token: readFileSync(join(accountFolder, 'token'), 'utf8').trim(),
      tokenFile: join(accountFolder, 'token'),
      clientCert: null,
      clientKey: null,
    }
  } catch (cause) {
    throw new Fault(
      `This pod has no service account token in ${accountFolder}: set automountServiceAccountToken, or give a kubeconfig.`,
      { cause },
    )
  }
}

/** The current context of a kubeconfig file, or the pod's own login. Throws one sentence when it cannot be used. */
export function readKubeconfig(path: string): ClusterAccess {
  if (path === inCluster) return readPodAccess()
  try {
    const config = Config.parse(parse(readFileSync(path, 'utf8')))
    const context = config.contexts.find(({ name }) => name === config['current-context'])?.context
    const cluster = config.clusters.find(({ name }) => name === context?.cluster)?.cluster
    const user = config.users.find(({ name }) => name === context?.user)?.user
    if (cluster === undefined || user === undefined) throw new Error('its current context names no cluster and user')
    if ('exec' in user || 'auth-provider' in user) {
      throw new Error('its user logs in through a plugin: give a kubeconfig with a token or a client certificate')
    }
    const text = (data: string | undefined, file: string | undefined) =>
      data
        ? Buffer.from(data, 'base64').toString('utf8')
        : file
          ? readFileSync(resolve(dirname(path), file), 'utf8')
          : null
    return {
      server: cluster.server.replace(/\/+$/, ''),
      ca: text(cluster['certificate-authority-data'], cluster['certificate-authority']),
      insecure: cluster['insecure-skip-tls-verify'] ?? false,
      token: user.token ?? text(undefined, user.tokenFile)?.trim() ?? null,
      tokenFile: user.token === undefined && user.tokenFile ? resolve(dirname(path), user.tokenFile) : null,
      clientCert: text(user['client-certificate-data'], user['client-certificate']),
      clientKey: text(user['client-key-data'], user['client-key']),
    }
  } catch (cause) {
    throw new Fault(
      `The kubeconfig ${path} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}.`,
      { cause },
    )
  }
}

export type KubeconfigUser = { name: string; token: string } | { name: string; tokenFile: string }

/** A kubeconfig for the same cluster with one context per user, of the same name; the first one is current. */
export function writeKubeconfig(access: ClusterAccess, users: readonly KubeconfigUser[], namespace?: string): string {
  const cluster = {
    server: access.server,
    ...(access.ca === null ? {} : { 'certificate-authority-data': Buffer.from(access.ca).toString('base64') }),
    ...(access.insecure ? { 'insecure-skip-tls-verify': true } : {}),
  }
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'keelson', cluster }],
    users: users.map((user) => ({
      name: user.name,
      user: 'token' in user ? { token: user.token } : readingFile(user.tokenFile),
    })),
    contexts: users.map(({ name }) => ({
      name,
      context: { cluster: 'keelson', user: name, ...(namespace === undefined ? {} : { namespace }) },
    })),
    'current-context': users[0]?.name ?? '',
  })
}

/**
 * kubectl's own `tokenFile` is unknown to the JavaScript client; this is the form in which that one writes an in-cluster
 * login, and by which it reads the file anew.
 */
function readingFile(tokenFile: string) {
  return { 'auth-provider': { name: 'token-file', config: { tokenFile } } }
}
