/** The few calls that the launcher makes as the cluster's administrator, over plain node:https. */
import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { Fault } from '../fault.ts'
import type { ClusterAccess } from './kubeconfig.ts'

export type Manifest = {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string | undefined; labels?: Record<string, string> }
}

export type ClusterAdmin = {
  /** Server-side apply as field manager `keelson-launcher`. */
  apply(manifest: Manifest, plural: string): Promise<void>
  /** The object at a path, or null when it is not there. */
  find<T extends Manifest>(path: string): Promise<T | null>
  /** False when there is one of that name already. */
  create(folder: string, manifest: Manifest): Promise<boolean>
  /** False when it is not of the `resourceVersion` any more that the manifest names. */
  replace(path: string, manifest: Manifest): Promise<boolean>
  /** TokenRequest for a service account; the server may shorten the life. */
  requestToken(
    account: { namespace: string; name: string },
    lifeSeconds: number,
  ): Promise<{ token: string; expiresAt: Date }>
  /** All objects of a kind, or none when the cluster does not know the kind. */
  list<T extends Manifest>(path: string): Promise<T[]>
  /** Why the nodes do not keep the work of different owners apart (their condition `TenantsIsolated`); null where they do. */
  isolationFault(): Promise<string | null>
  isReady(): Promise<boolean>
}

type NodeWithConditions = { status?: { conditions?: { type: string; status: string; message?: string }[] } }
type Answer = { status: number; body: unknown }
const timeoutMs = 15_000

export function openClusterAdmin(access: ClusterAccess): ClusterAdmin {
  const secure = access.server.startsWith('https:')
  const agent = secure
    ? new https.Agent({
        keepAlive: true,
        ...(access.ca === null ? {} : { ca: access.ca }),
        ...(access.clientCert === null ? {} : { cert: access.clientCert }),
        ...(access.clientKey === null ? {} : { key: access.clientKey }),
        rejectUnauthorized: !access.insecure,
      })
    : new http.Agent({ keepAlive: true })

  const call = (method: string, path: string, body?: unknown, contentType = 'application/json') =>
    new Promise<Answer>((resolve, reject) => {
      const token = access.tokenFile === null ? access.token : readFileSync(access.tokenFile, 'utf8').trim()
      const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
      const headers = {
        accept: 'application/json',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(bytes === undefined ? {} : { 'content-type': contentType, 'content-length': bytes.length }),
      }
      const request = (secure ? https : http).request(access.server + path, {
        method,
        agent,
        headers,
        timeout: timeoutMs,
      })
      request.once('timeout', () => request.destroy(new Error('no answer')))
      request.once('error', reject)
      request.once('response', (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk) => (text += chunk))
        response.once('error', reject)
        response.once('end', () => resolve({ status: response.statusCode ?? 0, body: parse(text) }))
      })
      request.end(bytes)
    })

  const write = async (method: string, path: string, manifest: Manifest) => {
    const answer = await call(method, path, manifest)
    if (answer.status === 409 || (method === 'PUT' && answer.status === 404)) return false
    if (answer.status >= 300)
      throw new Fault(`The cluster refuses ${manifest.kind} ${manifest.metadata.name}: ${messageOf(answer)}.`)
    return true
  }

  return {
    apply: async (manifest, plural) => {
      const path = `${pathOf(manifest, plural)}/${encodeURIComponent(manifest.metadata.name)}?fieldManager=keelson-launcher&force=true`
      // JSON is YAML, so it is a valid apply patch.
      const answer = await call('PATCH', path, manifest, 'application/apply-patch+yaml')
      if (answer.status >= 300) {
        throw new Fault(`The cluster refuses ${manifest.kind} ${manifest.metadata.name}: ${messageOf(answer)}.`)
      }
    },
    find: async <T extends Manifest>(path: string) => {
      const answer = await call('GET', path)
      if (answer.status === 404) return null
      if (answer.status >= 300) throw new Fault(`The cluster does not show ${path}: ${messageOf(answer)}.`)
      return answer.body as T
    },
    create: (folder, manifest) => write('POST', folder, manifest),
    replace: (path, manifest) => write('PUT', path, manifest),
    requestToken: async ({ namespace, name }, lifeSeconds) => {
      const body = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: lifeSeconds },
      }
      const answer = await call('POST', `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, body)
      const status = (answer.body as { status?: { token?: string; expirationTimestamp?: string } } | null)?.status
      if (answer.status >= 300 || !status?.token) {
        throw new Fault(`The cluster gives no token for the service account ${name}: ${messageOf(answer)}.`)
      }
      return { token: status.token, expiresAt: new Date(status.expirationTimestamp ?? Date.now() + 3_600_000) }
    },
    list: async <T extends Manifest>(path: string) => {
      const answer = await call('GET', path)
      if (answer.status === 404) return []
      if (answer.status >= 300) throw new Fault(`The cluster does not list ${path}: ${messageOf(answer)}.`)
      return (answer.body as { items: T[] }).items
    },
    isolationFault: async () => {
      const { status, body } = await call('GET', '/api/v1/nodes')
      const items = status === 200 ? (body as { items: NodeWithConditions[] }).items : []
      const conditions = items.flatMap((node) => node.status?.conditions ?? [])
      return conditions.find((each) => each.type === 'TenantsIsolated' && each.status === 'False')?.message ?? null
    },
    isReady: async () => (await call('GET', '/readyz')).status === 200,
  }
}

/** `/api/v1/…` for the core group, `/apis/<group>/<version>/…` for the others. */
function pathOf(manifest: Manifest, plural: string): string {
  const root = manifest.apiVersion.includes('/') ? '/apis' : '/api'
  const namespace = manifest.metadata.namespace
  return `${root}/${manifest.apiVersion}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${plural}`
}

function messageOf({ status, body }: Answer): string {
  const message = (body as { message?: unknown } | null)?.message
  return typeof message === 'string' ? message.replace(/\.$/, '') : `status ${status}`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
