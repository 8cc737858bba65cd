/** alice owns team-alpha, bob owns team-quota, mallory owns nothing: a gateway as it runs, on kubelite or on a real API server. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import type { AuditEvent } from '@keelson/contracts/access'
import { eventually } from '@keelson/testing'
import { expect } from 'vitest'
import { parse } from 'yaml'
import {
  startGateway,
  type TestGateway,
  type TrpcAnswer,
  trpc,
} from '../../../apps/gateway/src/testing/start-gateway.ts'
import { Cluster } from '../../conformance/cluster.ts'

export type Attacker = 'alice' | 'bob' | 'mallory' | 'root'
export type Server = 'kubelite' | 'kube-apiserver'
export type Sent = { status: number; headers: Record<string, string | string[] | undefined>; body: string }
export type Sending = { path: string; method?: string; headers?: Record<string, string>; body?: string; port?: number }

export type World = {
  server: Server
  gateway: TestGateway
  cluster: Cluster
  /** The workspaces of alice and of bob. */
  alpha: string
  quota: string
  emailOf(who: Attacker): string
  cookieOf(who: Attacker): string
  /** One call of the dashboard's own API, as the dashboard makes it. */
  call(who: Attacker, path: string, kind: 'query' | 'mutation', input: unknown): Promise<TrpcAnswer>
  /** Headers with which the cluster's administrator acts as a person. */
  as(who: Attacker | string, ...groups: string[]): Record<string, string | string[]>
  /** The status of a GET at the API server without any credential. */
  asNobody(path: string): Promise<number>
  /** The status of a call at the API server with a bearer token alone. */
  withToken(token: string, method: string, path: string, body?: unknown): Promise<number>
  /** A request with headers that fetch would not send. */
  send(options: Sending): Promise<Sent>
  /** Bytes on the wire, and what came back. */
  raw(text: string): Promise<string>
  /** Waits for the record of a refusal in the audit trail that operators read. */
  refused(wanted: { actor: string; workspace?: string | null; what?: RegExp }): Promise<AuditEvent>
  stop(): Promise<void>
}

const patience = { timeoutMs: 15_000 }

export async function openWorld(server: Server): Promise<World | { skipped: string }> {
  const gateway = await startGateway(server)
  if ('skipped' in gateway) return gateway
  const tag = randomBytes(3).toString('hex')
  const emailOf = (who: Attacker) => `${who}-${tag}@example.org`
  const alpha = await gateway.platform.makeWorkspace({ owner: { kind: 'User', name: emailOf('alice') } })
  const quota = await gateway.platform.makeWorkspace({ owner: { kind: 'User', name: emailOf('bob') } })
  const cookies = new Map<Attacker, string>()
  for (const who of ['alice', 'bob', 'mallory'] as const) cookies.set(who, await gateway.signIn(emailOf(who)))
  cookies.set('root', await gateway.signIn(emailOf('root'), { groups: ['keelson-admins'] }))
  const cookieOf = (who: Attacker) => cookies.get(who) ?? ''
  const call: World['call'] = (who, path, kind, input) =>
    trpc(gateway.url, path, kind, input, { cookie: cookieOf(who), origin: gateway.url })
  const world: World = {
    server,
    gateway,
    cluster: new Cluster(gateway.platform.kubeconfigPath, process.env.KEELSON_TEST_KUBECTL ?? 'kubectl'),
    alpha,
    quota,
    emailOf,
    cookieOf,
    call,
    as: (who, ...groups) => ({
      'Impersonate-User': who.includes(':') || who.includes('@') ? who : emailOf(who as Attacker),
      ...(groups.length === 0 ? {} : { 'Impersonate-Group': groups }),
    }),
    asNobody: (path) => statusAt(gateway, 'GET', path),
    withToken: (token, method, path, body) => statusAt(gateway, method, path, token, body),
    send: (options) => sendOver(gateway, options),
    raw: (text) => rawOver(gateway, text),
    refused: (wanted) => findRefusal(call, wanted),
    stop: async () => {
      world.cluster.close()
      await gateway.stop()
    },
  }
  // Our own view of the permissions follows the cluster's by a watch.
  await eventually(async () => {
    for (const [who, workspace] of [
      ['alice', alpha],
      ['bob', quota],
    ] as const)
      expect((await call(who, 'experiments.list', 'query', { workspace })).error).toBeNull()
    expect((await call('root', 'access.me', 'query', undefined)).data).toMatchObject({ isAdmin: true })
  }, patience)
  return world
}

function findRefusal(
  call: World['call'],
  { actor, workspace, what }: { actor: string; workspace?: string | null; what?: RegExp },
): Promise<AuditEvent> {
  return eventually(async () => {
    const { data, error } = await call('root', 'admin.audit', 'query', {
      actor,
      action: 'access.refused',
    })
    expect(error).toBeNull()
    const found = (data as AuditEvent[]).find(
      (row) =>
        (workspace === undefined || row.workspace === workspace) && (what === undefined || what.test(row.subject)),
    )
    if (found === undefined)
      throw new Error(
        `no record of ${actor} ${String(what)} in ${workspace}: ${JSON.stringify((data as AuditEvent[]).map((row) => [row.workspace, row.subject]))}`,
      )
    return found
  }, patience)
}

function statusAt(gateway: TestGateway, method: string, path: string, token?: string, body?: unknown): Promise<number> {
  const config = parse(readFileSync(gateway.platform.kubeconfigPath, 'utf8')) as {
    clusters: { cluster: { server: string } }[]
  }
  const url = new URL(path, config.clusters[0]?.cluster.server)
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  }
  return new Promise((resolve, reject) => {
    // Only the status is read, and nothing secret is sent to who might have taken the server's place.
    const request = httpsRequest(url, { method, headers, rejectUnauthorized: false }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode ?? 0))
    })
    request.once('error', reject)
    request.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

function sendOver(gateway: TestGateway, { path, method = 'GET', headers = {}, body, port }: Sending): Promise<Sent> {
  const host = new URL(gateway.url).host
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        host: '127.0.0.1',
        port: port ?? gateway.port,
        path,
        method,
        agent: false,
        headers: { host, ...headers, ...length },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
      },
    )
    outgoing.once('error', reject)
    outgoing.once('upgrade', (response, socket) => {
      socket.destroy()
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: '' })
    })
    outgoing.end(body)
  })
}

function rawOver(gateway: TestGateway, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(gateway.port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.once('close', () => resolve(answer))
    socket.once('error', reject)
  })
}
