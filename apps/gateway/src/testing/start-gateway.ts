/** A gateway as it runs, for its own tests: real database, real cluster, somebody else's issuer, and a stand-in for the web server. */

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { connect, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestIssuer, startTestPlatform, type TestIssuer, type TestPlatform } from '@keelson/core/testing'
import { createLogger } from '@keelson/process/logger'
import type { RunningService } from '@keelson/process/service'
import { eventually, freePort } from '@keelson/testing'
import superjson from 'superjson'
import { readEnv } from '../env.ts'
import type { FrontRoute } from '../front/route.ts'
import { openGateway } from '../gateway.ts'

export const clientId = 'keelson-web'
export const internalSecret = 'internal-secret-of-the-tests-0123456789'

export type TestGateway = {
  url: string
  contentUrl: string
  notebooksUrl: string
  port: number
  platform: TestPlatform
  issuer: TestIssuer
  /** The front's table, as the running gateway has it. */
  routes: readonly FrontRoute[]
  artifacts: string
  /** The lines of its log, to look for what must not be there. */
  log: string[]
  /** Answers in the place of the web server; replace it. */
  web: { listener: RequestListener; server: Server }
  database: { cut(): void; mend(): Promise<void> }
  internal(path: string, method: string, body: unknown, headers?: Record<string, string>): Promise<Response>
  /** Signs in and gives the cookie's header. */
  signIn(email: string, claims?: Record<string, unknown>): Promise<string>
  /** Ends the gateway and leaves the rest: what it held back is written then. */
  quit(): Promise<void>
  stop(): Promise<void>
}

/** With `isToldOf`, the API server asks this gateway who a token is and tells it what it refused, where it can be had so. */
export async function startGateway(
  server: 'kubelite' | 'kube-apiserver',
  { isToldOf = false, env = {} }: { isToldOf?: boolean; env?: Record<string, string> } = {},
): Promise<TestGateway | { skipped: string }> {
  const [port, contentPort, notebooksPort] = [await freePort(), await freePort(), await freePort()]
  const internalAt = (path: string) => `http://127.0.0.1:${port}/internal/${path}`
  const webhooks = { tokenReview: internalAt('tokenreview'), audit: internalAt('audit'), secret: internalSecret }
  const platform = await startTestPlatform(server, isToldOf ? webhooks : undefined)
  if ('skipped' in platform) return platform
  const issuer = await startTestIssuer(clientId)
  const relay = await startRelay(platform.databaseUrl)
  const artifacts = mkdtempSync(join(tmpdir(), 'keelson-gateway-artifacts-'))
  const web: TestGateway['web'] = { listener: (_request, response) => void response.end('web'), server: createServer() }
  web.server.on('request', (request, response) => web.listener(request, response))
  const webPort = await freePort()
  await new Promise<void>((resolve) => web.server.listen(webPort, '127.0.0.1', resolve))
  const url = `http://localhost:${port}`
  const log: string[] = []
  const stopping = new AbortController()
  const { services, routes } = await openGateway({
    env: readEnv({
      KEELSON_URL: url,
      KEELSON_CONTENT_URL: `http://127.0.0.1:${contentPort}`,
      KEELSON_POD_URL: `http://keelson.pods:${port}`,
      KEELSON_PORT: String(port),
      KEELSON_CONTENT_PORT: String(contentPort),
      KEELSON_NOTEBOOKS_URL: `http://127.0.0.1:${notebooksPort}`,
      KEELSON_NOTEBOOKS_PORT: String(notebooksPort),
      DATABASE_URL: relay.url,
      KEELSON_KUBECONFIG: await platform.kubeconfigOf('keelson-gateway'),
      KEELSON_ARTIFACTS: artifacts,
      KEELSON_INTERNAL_SECRET: internalSecret,
      KEELSON_WEB_UPSTREAM: `http://127.0.0.1:${webPort}`,
      OIDC_ISSUER: issuer.issuer,
      ...env,
    }),
    log: createLogger({ app: 'gateway', level: 'debug', write: (line) => void log.push(line) }),
    signal: stopping.signal,
  })
  const running: RunningService[] = []
  for (const service of services) running.push(await service.start(stopping.signal))
  await eventually(async () => (await fetch(`${url}/readyz`)).ok, { timeoutMs: 20_000 })
  const internal: TestGateway['internal'] = (path, method, body, headers = {}) =>
    fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${internalSecret}`, ...headers },
      body: JSON.stringify(body),
    })
  const quit = async () => {
    stopping.abort()
    for (const service of running.splice(0).reverse()) await service.stop('test')
  }
  return {
    url,
    quit,
    contentUrl: `http://127.0.0.1:${contentPort}`,
    notebooksUrl: `http://127.0.0.1:${notebooksPort}`,
    port,
    platform,
    issuer,
    routes,
    artifacts,
    log,
    web,
    database: relay,
    internal,
    signIn: async (email, claims = {}) => {
      const idToken = await issuer.idToken({ sub: email.toLowerCase(), email, name: email, ...claims })
      const response = await internal('/internal/sessions', 'POST', { idToken })
      const body = (await response.json()) as { session?: string; message?: string }
      if (body.session === undefined) throw new Error(body.message)
      return `keelson-session=${body.session}`
    },
    stop: async () => {
      await quit()
      web.server.closeAllConnections()
      web.server.close()
      await issuer.stop()
      relay.stop()
      await platform.stop()
      rmSync(artifacts, { recursive: true, force: true })
    },
  }
}

/** The database behind a wire that can be cut, as when Postgres is restarted. */
async function startRelay(databaseUrl: string) {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  const accept = (client: Socket) => {
    const server = connect(Number(target.port), target.hostname)
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    client.pipe(server).pipe(client)
  }
  const port = await freePort()
  const open = async () => {
    const made = createTcpServer(accept)
    await new Promise<void>((resolve) => made.listen(port, '127.0.0.1', resolve))
    return made
  }
  let relay: TcpServer = await open()
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${port}`
  const cut = () => {
    relay.close()
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: url.href,
    cut,
    mend: async () => {
      relay = await open()
    },
    stop: cut,
  }
}

export type TrpcAnswer = { status: number; data: unknown; error: { code: string; message: string } | null }

/** One call as the dashboard's client makes it; `headers` carry the identity. */
export async function trpc(
  url: string,
  path: string,
  kind: 'query' | 'mutation',
  input: unknown,
  headers: Record<string, string>,
): Promise<TrpcAnswer> {
  const body = JSON.stringify(superjson.serialize(input))
  const response =
    kind === 'query'
      ? await fetch(`${url}/api/trpc/${path}?input=${encodeURIComponent(body)}`, { headers })
      : await fetch(`${url}/api/trpc/${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body,
        })
  const answer = (await response.json()) as { result?: { data: never }; error?: never }
  if (answer.error !== undefined) {
    const shape = superjson.deserialize<{ data: { error: { code: string; message: string } } }>(answer.error)
    return { status: response.status, data: null, error: shape.data.error }
  }
  return {
    status: response.status,
    data: answer.result === undefined ? null : superjson.deserialize(answer.result.data),
    error: null,
  }
}
