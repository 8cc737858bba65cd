/** alice owns team-alpha, where carl contributes and vera looks, bob owns team-quota, mallory owns nothing: a gateway as it runs, on kubelite or on a real API server. */
import { randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import type { AuditEvent } from '@keelson/contracts/access'
import { eventually } from '@keelson/testing'
import { expect } from 'vitest'
import {
  startGateway,
  type TestGateway,
  type TrpcAnswer,
  trpc,
} from '../../../apps/gateway/src/testing/start-gateway.ts'
import { AttackedCluster } from './attacked-cluster.ts'
import { Ledger, nobody } from './ledger.ts'

const attackers = ['alice', 'bob', 'carl', 'vera', 'mallory', 'root'] as const
export type Attacker = (typeof attackers)[number]
export type Server = 'kubelite' | 'kube-apiserver'
export type Sent = { status: number; headers: Record<string, string | string[] | undefined>; body: string }
export type Sending = { path: string; method?: string; headers?: Record<string, string>; body?: string; port?: number }

export type World = {
  server: Server
  gateway: TestGateway
  cluster: AttackedCluster
  /** What was refused, to be held against the audit trail. */
  ledger: Ledger
  /** The workspaces of alice and of bob. */
  alpha: string
  quota: string
  emailOf(who: Attacker): string
  cookieOf(who: Attacker): string
  /** One call of the dashboard's own API, as the dashboard makes it. */
  call(who: Attacker, path: string, kind: 'query' | 'mutation', input: unknown): Promise<TrpcAnswer>
  /** The same with other headers, by whom they prove to be. */
  callAs(
    actor: string,
    headers: Record<string, string>,
    path: string,
    kind: 'query' | 'mutation',
    input: unknown,
  ): Promise<TrpcAnswer>
  /** Headers of a person at the API server: their own token, or impersonated where the server knows no token of ours. */
  as(who: Attacker): Record<string, string>
  /** A token of a pod's account; the default is for the API server itself. */
  podToken(account: { namespace: string; name: string }, audiences: string[]): Promise<string>
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
  const gateway = await startGateway(server, { isToldOf: true })
  if ('skipped' in gateway) return gateway
  const tag = randomBytes(3).toString('hex')
  const emailOf = (who: Attacker) => `${who}-${tag}@example.org`
  const alpha = await gateway.platform.makeWorkspace({ owner: { kind: 'User', name: emailOf('alice') } })
  const quota = await gateway.platform.makeWorkspace({ owner: { kind: 'User', name: emailOf('bob') } })
  const cookies = new Map<Attacker, string>()
  for (const who of attackers)
    cookies.set(who, await gateway.signIn(emailOf(who), who === 'root' ? { groups: ['keelson-admins'] } : {}))
  await gateway.platform.bind(alpha, 'contributor', { kind: 'User', name: emailOf('carl') })
  await gateway.platform.bind(alpha, 'viewer', { kind: 'User', name: emailOf('vera') })
  const cookieOf = (who: Attacker) => cookies.get(who) ?? ''
  const ledger = new Ledger(gateway.platform.databaseUrl, gateway.platform.hasWebhooks)
  const callAs: World['callAs'] = async (actor, headers, path, kind, input) => {
    const answer = await trpc(gateway.url, path, kind, input, headers)
    ledger.procedure(actor, path, kind, input, answer)
    return answer
  }
  const call: World['call'] = (who, path, kind, input) =>
    callAs(emailOf(who), { cookie: cookieOf(who), origin: gateway.url }, path, kind, input)
  /** Whose a bearer token or a cookie is. */
  const shown = new Map<string, string>(attackers.map((who) => [cookieOf(who), emailOf(who)]))
  const headersOf = new Map<Attacker, Record<string, string>>()
  for (const who of attackers) {
    headersOf.set(who, { 'Impersonate-User': emailOf(who) })
    if (!gateway.platform.hasWebhooks) continue
    const { data } = await call(who, 'access.createToken', 'mutation', { name: 'kubectl' })
    const authorization = `Bearer ${(data as { secret: string }).secret}`
    shown.set(authorization, emailOf(who))
    headersOf.set(who, { Authorization: authorization })
  }
  const cluster = new AttackedCluster(gateway.platform.kubeconfigPath, ledger, shown)
  const world: World = {
    server,
    gateway,
    cluster,
    ledger,
    alpha,
    quota,
    emailOf,
    cookieOf,
    call,
    callAs,
    as: (who) => headersOf.get(who) ?? {},
    podToken: async (account, audiences) => {
      const token = await gateway.platform.requestToken(account, audiences)
      shown.set(`Bearer ${token}`, `system:serviceaccount:${account.namespace}:${account.name}`)
      return token
    },
    asNobody: async (path) => (await cluster.callAs(nobody, 'GET', path)).status,
    withToken: async (token, method, path, body) => {
      const authorization = `Bearer ${token}`
      const headers = { Authorization: authorization }
      const actor = shown.get(authorization) ?? nobody
      return (await cluster.callAs(actor, method, path, body === undefined ? { headers } : { headers, body })).status
    },
    send: async (options) => {
      const { path, method = 'GET', headers = {} } = options
      const sent = await sendOver(gateway, options)
      const actor = shown.get(headers.authorization ?? headers.cookie ?? '') ?? nobody
      ledger.request(actor, path, method, headers.upgrade !== undefined, sent.status)
      return sent
    },
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
