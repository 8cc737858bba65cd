/** The servers that this package's integration tests run against: kubelite always, a real kube-apiserver where there is one. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { AppError } from '@keelson/process/app-error'
import { eventually, type ServerWebhooks, withPostgres, withRealApiServer } from '@keelson/testing'
import { KubeConfig } from '@kubernetes/client-node'
import { parse } from 'yaml'
import type { KubeApi } from '../api.ts'
import { connect } from '../connection.ts'
import { openKube } from '../open-kube.ts'
import { objectPath } from '../paths.ts'
import { resources } from '../resources.ts'
import { startTlsRelay, type TlsRelay } from './tls-relay.ts'

export type TestServer = {
  kube: KubeApi
  kubeconfigPath: string
  isKubelite: boolean
  hasWebhooks: boolean
  requestToken(account: { namespace: string; name: string }, audiences: string[]): Promise<string>
  stop(): Promise<void>
}

export const serverNames = ['kubelite', 'kube-apiserver'] as const

/** Null when this kind of server is not to be had here; `reason` says why. */
export async function startServer(
  name: (typeof serverNames)[number],
  webhooks?: ServerWebhooks,
): Promise<TestServer | { skipped: string }> {
  if (name === 'kubelite') {
    const { withKubelite } = await import('@keelson/kubelite/testing')
    const database = await withPostgres()
    const server = await withKubelite({ databaseUrl: database.url, ...kubeliteWebhooks(webhooks) })
    const stop = () => server.stop().then(database.stop)
    return opened({ kubeconfig: server.kubeconfigPath, hasWebhooks: webhooks !== undefined, stop }, true)
  }
  const relay = webhooks === undefined ? undefined : await startTlsRelay(Number(new URL(webhooks.audit).port))
  const server = await withRealApiServer(webhooks && relay ? { webhooks: secured(webhooks, relay) } : {})
  if ('skipped' in server) {
    relay?.stop()
    return server
  }
  const stop = () => server.stop().finally(() => relay?.stop())
  return opened({ ...server, stop }, false)
}

function kubeliteWebhooks(webhooks: ServerWebhooks | undefined) {
  if (webhooks === undefined) return {}
  const { tokenReview, audit, secret } = webhooks
  return { webhook: { url: tokenReview, secret }, auditWebhook: { url: audit, secret } }
}

function secured(webhooks: ServerWebhooks, { port, ca }: TlsRelay): ServerWebhooks {
  const over = (address: string) => `https://127.0.0.1:${port}${new URL(address).pathname}`
  return { ...webhooks, tokenReview: over(webhooks.tokenReview), audit: over(webhooks.audit), ca }
}

type Started = { kubeconfig: string; hasWebhooks: boolean; stop(): Promise<void> }

async function opened(server: Started, isKubelite: boolean): Promise<TestServer> {
  const { kube, close } = await openKube({ cluster: { kubeconfigPath: server.kubeconfig } })
  const config = new KubeConfig()
  config.loadFromFile(server.kubeconfig)
  const connection = connect(config)
  return {
    kube,
    kubeconfigPath: server.kubeconfig,
    isKubelite,
    hasWebhooks: server.hasWebhooks,
    requestToken: async ({ namespace, name }, audiences) => {
      const path = objectPath(resources.serviceAccounts, { namespace, name }, 'token')
      const body = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { audiences, expirationSeconds: 600 },
      }
      return (await connection.json<{ status: { token: string } }>({ method: 'POST', path, body })).status.token
    },
    stop: async () => {
      connection.close()
      close()
      await server.stop()
    },
  }
}

/** Keelson's custom resources, as `deploy/crds` has them, ready to be used. */
export async function installCrds(kube: KubeApi): Promise<void> {
  const folder = resolve(import.meta.dirname, '../../../../deploy/crds')
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
    const crd = parse(readFileSync(join(folder, file), 'utf8')) as KubeObject
    await kube.apply(resources.customResourceDefinitions, crd, { fieldManager: 'test' })
    const { group, names, versions, scope } = crd.spec as {
      group: string
      scope: string
      names: { plural: string; kind: string }
      versions: { name: string }[]
    }
    for (const { name: version } of versions) {
      const resource = { group, version, plural: names.plural, kind: names.kind, namespaced: scope === 'Namespaced' }
      await eventually(() => kube.list(resource), { timeoutMs: 20_000 })
    }
  }
}

/** The error with which a call was refused; throws when it was not, or failed otherwise. */
export async function refusal(call: Promise<unknown>): Promise<AppError> {
  const error = await call.then(
    () => new Error('was not refused'),
    (thrown) => thrown,
  )
  if (!(error instanceof AppError)) throw error
  return error
}

/** A namespace of its own for a test file. */
export async function freshNamespace(kube: KubeApi): Promise<string> {
  const name = `kube-test-${randomBytes(4).toString('hex')}`
  await kube.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  return name
}

/** The same cluster behind a TCP relay whose connections can be cut and refused, as when the API server is killed. */
export async function withRelay(
  kubeconfigPath: string,
): Promise<{ kube: KubeApi; cut(): void; mend(): Promise<void>; stop(): Promise<void> }> {
  const config = new KubeConfig()
  config.loadFromFile(kubeconfigPath)
  const cluster = config.getCurrentCluster()
  if (!cluster) throw new Error('no cluster')
  const target = new URL(cluster.server)
  const sockets = new Set<net.Socket>()
  const accept = (client: net.Socket) => {
    const server = net.connect(Number(target.port), target.hostname)
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        server.destroy()
      })
    }
    client.pipe(server).pipe(client)
  }
  let relay = net.createServer(accept)
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
  const { port } = relay.address() as net.AddressInfo
  Object.assign(cluster, { server: `https://127.0.0.1:${port}` })
  const connection = connect(config)
  const { kubeApi } = await import('../client.ts')
  const { silentLogger } = await import('@keelson/process/logger')
  const cut = () => {
    relay.close()
    for (const socket of sockets) socket.destroy()
  }
  return {
    kube: kubeApi(connection, silentLogger),
    cut,
    mend: () => {
      relay = net.createServer(accept)
      return new Promise<void>((resolve) => relay.listen(port, '127.0.0.1', resolve))
    },
    stop: async () => {
      connection.close()
      cut()
    },
  }
}

/** The same cluster behind an HTTP relay that answers the next `expireNext` watches with 410 Gone, as after a compaction. */
export async function withExpiringWatches(
  kubeconfigPath: string,
): Promise<{ kube: KubeApi; expireNext(count: number): void; stop(): Promise<void> }> {
  const config = new KubeConfig()
  config.loadFromFile(kubeconfigPath)
  const upstream = connect(config)
  let toExpire = 0
  const open = new Set<http.IncomingMessage>()
  const relay = http.createServer(async (request, response) => {
    const path = request.url ?? '/'
    if (path.includes('watch=true') && toExpire > 0) {
      toExpire -= 1
      response.end(
        `${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' } })}\n`,
      )
      return
    }
    const answer = await upstream.stream({ method: 'GET', path, idleMs: 60_000 })
    open.add(answer)
    answer.on('error', () => {})
    response.on('close', () => answer.destroy())
    answer.pipe(response)
  })
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
  const plain = new KubeConfig()
  const { port } = relay.address() as net.AddressInfo
  plain.loadFromClusterAndUser(
    { name: 'relay', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
    { name: 'nobody' },
  )
  const connection = connect(plain)
  const { kubeApi } = await import('../client.ts')
  const { silentLogger } = await import('@keelson/process/logger')
  return {
    kube: kubeApi(connection, silentLogger),
    expireNext: (count) => {
      toExpire = count
      for (const answer of open) answer.destroy()
    },
    stop: async () => {
      connection.close()
      relay.closeAllConnections()
      relay.close()
      upstream.close()
    },
  }
}

export type TestNodeServer = TestServer & { shellImage: string }
export const nodeServerNames = serverNames

/** A server whose pods really run. A kube-apiserver counts when it has a ready node. */
export async function startServerWithNode(
  name: (typeof serverNames)[number],
): Promise<TestNodeServer | { skipped: string }> {
  if (name === 'kubelite') return { ...(await startWholeKubelite()), shellImage: 'busybox' }
  const server = await startServer(name)
  if ('skipped' in server) return server
  const { items } = await server.kube.list<Node>(resources.nodes)
  const isReady = ({ status }: Node) =>
    status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')
  if (items.some(isReady)) return { ...server, shellImage: 'testbed.local/busybox:1' }
  await server.stop()
  return { skipped: 'the kube-apiserver has no ready node' }
}

type Node = KubeObject & { status?: { conditions?: { type: string; status: string }[] } }

/** kubelite with its workload controllers and its node; its pods end with it. */
async function startWholeKubelite(): Promise<TestServer> {
  const { removeAllPods, startKubelite } = await import('@keelson/kubelite')
  const database = await withPostgres()
  const stateFolder = mkdtempSync(join(tmpdir(), 'keelson-kubelite-'))
  const server = await startKubelite({ databaseUrl: database.url, stateFolder })
  const stop = async () => {
    await server.stop()
    await removeAllPods(join(stateFolder, 'node'))
    await database.stop()
    rmSync(stateFolder, { recursive: true, force: true })
  }
  return opened({ kubeconfig: server.kubeconfigPath, hasWebhooks: false, stop }, true)
}
