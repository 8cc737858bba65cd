import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { eventually, type TestDatabase, withPostgres } from '@keelson/testing'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type TestKubelite, withKubelite } from './testing/index.ts'

type Answer = { status: number; body: Record<string, unknown> }
const configmaps = { group: '', version: 'v1', plural: 'configmaps' }

function call(
  server: { url: string; ca: string; adminToken: string },
  method: string,
  path: string,
  options: { body?: unknown; token?: string | null; type?: string } = {},
): Promise<Answer> {
  const payload = options.body === undefined ? undefined : JSON.stringify(options.body)
  const token = options.token === undefined ? server.adminToken : options.token
  return new Promise((resolve, reject) => {
    const headers = {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(payload === undefined
        ? {}
        : { 'content-type': options.type ?? 'application/json', 'content-length': Buffer.byteLength(payload) }),
    }
    const request = httpsRequest(new URL(path, server.url), { method, ca: server.ca, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        resolve({ status: response.statusCode ?? 0, body: text.startsWith('{') ? JSON.parse(text) : { text } })
      })
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(payload)
  })
}

const map = (name: string, data: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
})

describe('kubelite', () => {
  let database: TestDatabase
  let folder: string
  const stops: (() => Promise<void>)[] = []
  const start = async (options: Partial<Parameters<typeof withKubelite>[0]> = {}): Promise<TestKubelite> => {
    const server = await withKubelite({ databaseUrl: database.url, stateFolder: folder, ...options })
    stops.push(() => server.stop())
    return server
  }
  beforeEach(async () => {
    database = await withPostgres()
    folder = await mkdtemp(join(tmpdir(), 'kubelite-test-'))
  })
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
    await rm(folder, { recursive: true, force: true })
    await database.stop()
  })

  test('a restart keeps objects, versions, keys and the history that watches need', async () => {
    const first = await start()
    const client = first.client('system:test')
    const made = await client.create(configmaps, map('a', { x: '1' }))
    await client.patch(configmaps, { namespace: 'default', name: 'a' }, { data: { x: '2' } })
    await client.delete(configmaps, { namespace: 'default', name: 'a' })
    const { token } = await client.requestToken(
      { namespace: 'default', name: 'default' },
      { audiences: [], expirationSeconds: 3600 },
    )
    await first.stop()
    const second = await start()
    expect([second.adminToken, second.ca]).toEqual([first.adminToken, first.ca])
    const abort = new AbortController()
    const seen: string[] = []
    for await (const event of second
      .client('system:test')
      .watch<KubeObject>(
        configmaps,
        { namespace: 'default', resourceVersion: made.metadata.resourceVersion ?? '' },
        abort.signal,
      )) {
      seen.push(`${event.type} ${JSON.stringify(event.object.data)}`)
      if (seen.length === 2) break
    }
    expect(seen).toEqual(['MODIFIED {"x":"2"}', 'DELETED {"x":"2"}'])
    const who = await call(second, 'POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body: {}, token })
    expect(who.body.status).toMatchObject({ userInfo: { username: 'system:serviceaccount:default:default' } })
  })

  test('stops at once, also while a client has connected and said nothing yet', async () => {
    const server = await start()
    const { hostname, port } = new URL(server.url)
    const silent = connect(Number(port), hostname)
    silent.on('error', () => {})
    await once(silent, 'connect')
    const closed = once(silent, 'close')
    // The server knows of the connection when it has answered a later one.
    expect((await call(server, 'GET', '/readyz')).status).toBe(200)
    await server.stop()
    await closed
  })

  test('a compacted version is 410 for a watch, and relisting goes on', async () => {
    const server = await start()
    const client = server.client('system:test')
    const made = await client.create(configmaps, map('a'))
    for (let index = 0; index < 5; index += 1)
      await client.patch(configmaps, { namespace: 'default', name: 'a' }, { data: { x: String(index) } })
    await server.compact()
    const { resourceVersion } = await client.list(configmaps)
    await server.compact(Number(resourceVersion))
    const read = async () => {
      for await (const _ of client.watch(
        configmaps,
        { resourceVersion: made.metadata.resourceVersion ?? '' },
        new AbortController().signal,
      ))
        return
    }
    await expect(read()).rejects.toMatchObject({ code: 410, reason: 'Expired' })
    const over = await call(
      server,
      'GET',
      `/api/v1/configmaps?watch=true&resourceVersion=${made.metadata.resourceVersion}`,
    )
    expect(over.body).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } })
    await server.stop()
    const again = await start()
    expect((await again.client('system:test').get(configmaps, { namespace: 'default', name: 'a' })).data).toEqual({
      x: '4',
    })
  })

  test('a second kubelite on the same database is refused', async () => {
    await start()
    const other = await mkdtemp(join(tmpdir(), 'kubelite-test-'))
    await expect(withKubelite({ databaseUrl: database.url, stateFolder: other })).rejects.toThrow(
      'Another kubelite is writing',
    )
    await rm(other, { recursive: true, force: true })
  }, 30_000)

  test('concurrent patches of one object all count, and watchers see each in order', async () => {
    const server = await start()
    const client = server.client('system:test')
    const { metadata } = await client.create(configmaps, map('counter'))
    const writes = 200
    const abort = new AbortController()
    const versions: number[] = []
    const watching = (async () => {
      for await (const event of client.watch<KubeObject>(
        configmaps,
        { namespace: 'default', resourceVersion: metadata.resourceVersion ?? '' },
        abort.signal,
      )) {
        versions.push(Number(event.object.metadata.resourceVersion))
        if (versions.length === writes) return
      }
    })()
    await Promise.all(
      Array.from({ length: writes }, (_, index) =>
        client.patch(configmaps, { namespace: 'default', name: 'counter' }, { data: { [`k${index}`]: '1' } }),
      ),
    )
    await watching
    expect(versions).toEqual([...versions].sort((a, b) => a - b))
    expect(new Set(versions).size).toBe(writes)
    const final = await client.get(configmaps, { namespace: 'default', name: 'counter' })
    expect(Object.keys(final.data as object)).toHaveLength(writes)
  })

  test('a lost database connection: reads go on, writes are refused, then all recovers with nothing lost', async () => {
    const server = await start()
    const client = server.client('system:test')
    await client.create(configmaps, map('before'))
    const admin = new Client({ connectionString: database.url })
    await admin.connect()
    // Only here: the test run's other files have kubelites on the same server.
    const { rowCount } = await admin.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'kubelite' AND datname = current_database()",
    )
    expect(rowCount).toBe(1)
    await admin.end()
    const during = await call(server, 'POST', '/api/v1/namespaces/default/configmaps', { body: map('during') })
    expect([201, 503]).toContain(during.status)
    expect((await client.get(configmaps, { namespace: 'default', name: 'before' })).metadata.name).toBe('before')
    await eventually(async () => {
      const answer = await call(server, 'POST', '/api/v1/namespaces/default/configmaps', { body: map('after') })
      return answer.status === 201
    })
    const { items } = await client.list(configmaps, { namespace: 'default' })
    expect(items.map((item) => item.metadata.name)).toEqual(expect.arrayContaining(['before', 'after']))
    expect(new Set(items.map((item) => item.metadata.resourceVersion)).size).toBe(items.length)
  })

  test('tokens: none, wrong, of a pod that went, of the webhook', async () => {
    let answers = {
      authenticated: true,
      user: { username: 'ann@example.dev', groups: ['staff', 'system:masters'] },
    } as object
    const bodies: unknown[] = []
    const webhook = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      bodies.push(JSON.parse(Buffer.concat(chunks).toString()))
      response.statusCode = request.headers.authorization === 'Bearer hush' ? 200 : 401
      response.end(JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', status: answers }))
    })
    webhook.listen(0, '127.0.0.1')
    await once(webhook, 'listening')
    stops.push(async () => void webhook.close())
    const server = await start({
      webhook: { url: `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`, secret: 'hush' },
    })
    const who = (token: string | null) =>
      call(server, 'POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body: {}, token })
    expect((await who(null)).status).toBe(401)
    expect((await call(server, 'GET', '/healthz', { token: null })).status).toBe(200)
    expect((await call(server, 'GET', '/api', { token: null })).status).toBe(401)
    expect((await who('kls_good')).body.status).toEqual({
      userInfo: { username: 'ann@example.dev', groups: ['staff', 'system:authenticated'] },
    })
    expect(bodies[0]).toMatchObject({ kind: 'TokenReview', spec: { token: 'kls_good' } })
    answers = { authenticated: true, user: { username: 'system:admin' } }
    expect((await who('kls_system')).status).toBe(401)
    answers = { authenticated: false }
    expect((await who('kls_bad')).status).toBe(401)
    await new Promise((resolve) => webhook.close(resolve).closeAllConnections())
    expect((await who('kls_unasked')).status).toBe(401)

    const client = server.client('system:test')
    const pods = { group: '', version: 'v1', plural: 'pods' }
    const pod = await client.create<KubeObject>(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'default' },
      spec: { containers: [{ name: 'c', image: 'x' }] },
    })
    const { token } = await client.requestToken(
      { namespace: 'default', name: 'default' },
      { audiences: [], expirationSeconds: 600, boundPod: { name: 'p', uid: pod.metadata.uid ?? '' } },
    )
    expect((await who(token)).body.status).toMatchObject({
      userInfo: { extra: { 'authentication.kubernetes.io/pod-name': ['p'] } },
    })
    expect((await who(`${token.slice(0, -4)}AAAA`)).status).toBe(401)
    await client.delete(pods, { namespace: 'default', name: 'p' })
    expect((await who(token)).status).toBe(401)
  })
})
