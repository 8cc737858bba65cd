/** The notebooks' site on a real gateway, cluster and database, in front of a server that answers what a hostile one would. */
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { startGateway, type TestGateway, trpc } from '../testing/start-gateway.ts'

let gateway: TestGateway
let workspace = ''
let cookie = ''
let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {}
const server = createServer((request, response) => answer(request, response))
const sockets = new WebSocketServer({ server })
sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)))
const patience = { timeoutMs: 15_000 }

type Resource = Parameters<TestGateway['platform']['kube']['create']>[0]
const kind = (group: string, version: string, plural: string, name: string, namespaced = true): Resource => ({
  group,
  version,
  plural,
  kind: name,
  namespaced,
})
const resources = {
  notebooks: kind('kubeflow.org', 'v1', 'notebooks', 'Notebook'),
  endpointSlices: kind('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice'),
  roleBindings: kind('rbac.authorization.k8s.io', 'v1', 'rolebindings', 'RoleBinding'),
  customResourceDefinitions: kind(
    'apiextensions.k8s.io',
    'v1',
    'customresourcedefinitions',
    'CustomResourceDefinition',
    false,
  ),
}

beforeAll(async () => {
  const started = await startGateway('kubelite')
  if ('skipped' in started) throw new Error(started.skipped)
  gateway = started
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  workspace = await gateway.platform.makeWorkspace({
    owner: { kind: 'User', name: 'olga@example.org' },
    viewer: { kind: 'User', name: 'vera@example.org' },
  })
  cookie = await gateway.signIn('olga@example.org')
  await ensureKind()
  await addNotebook('nb')
}, 180_000)
afterAll(async () => {
  for (const client of sockets.clients) client.terminate()
  server.closeAllConnections()
  server.close()
  await gateway?.stop()
})
beforeEach(() => {
  answer = (request, response) => void response.end(JSON.stringify({ url: request.url, headers: request.headers }))
})

/** The kind, where the cluster of this test has not got it from `deploy/crds`. */
async function ensureKind(): Promise<void> {
  const { kube } = gateway.platform
  const name = 'notebooks.kubeflow.org'
  if ((await kube.find(resources.customResourceDefinitions, { name })) !== null) return
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  await kube.create(resources.customResourceDefinitions, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name },
    spec: {
      group: 'kubeflow.org',
      scope: 'Namespaced',
      names: { plural: 'notebooks', singular: 'notebook', kind: 'Notebook', listKind: 'NotebookList' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  })
}

const create = (resource: Resource, object: Record<string, unknown>) =>
  gateway.platform.kube.create(resource, object as KubeObject)

/** A Notebook and what its Service's slice says; one slice is written once for a name. */
async function addNotebook(name: string, annotations: Record<string, string> = {}, withSlice = true): Promise<void> {
  const metadata = { namespace: workspace, name }
  const made = { apiVersion: 'kubeflow.org/v1', kind: 'Notebook', metadata: { ...metadata, annotations }, spec: {} }
  await eventually(() => create(resources.notebooks, made), patience)
  if (!withSlice) return
  await create(resources.endpointSlices, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: workspace, name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
    ports: [{ name: `http-${name}`, port: (server.address() as AddressInfo).port, protocol: 'TCP' }],
  })
}

type Sent = { status: number; headers: Record<string, string | string[] | undefined>; body: string }

/** A request at the notebooks' site, with headers that fetch would not send. */
function send(path: string, headers: Record<string, string> = {}, method = 'GET', body?: Iterable<Buffer>) {
  const site = new URL(gateway.notebooksUrl)
  return new Promise<Sent>((resolve, reject) => {
    const outgoing = httpRequest(
      { host: site.hostname, port: site.port, path, method, agent: false, headers: { host: site.host, ...headers } },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
      },
    )
    outgoing.once('error', reject)
    const parts = body?.[Symbol.iterator]()
    const pump = () => {
      for (;;) {
        const next = parts?.next()
        if (next === undefined || next.done) return void outgoing.end()
        if (!outgoing.write(next.value)) return void outgoing.once('drain', pump)
      }
    }
    pump()
  })
}

const openAt = (who: string, name: string, query = '') =>
  fetch(`${gateway.url}/workspaces/${workspace}/notebooks/${name}/open${query}`, {
    headers: { cookie: who },
    redirect: 'manual',
  })

/** Opens a notebook as the dashboard does, and gives the cookie's header. */
async function enter(name: string, who = cookie, query = ''): Promise<{ cookie: string; line: string; to: string }> {
  const opened = await eventually(async () => {
    const response = await openAt(who, name, query)
    expect(response.status, await response.text()).toBe(303)
    return response
  }, patience)
  const code = new URL(opened.headers.get('location') ?? '')
  expect(code.origin).toBe(gateway.notebooksUrl)
  const redeemed = await send(code.pathname)
  expect(redeemed.status).toBe(303)
  expect((await send(code.pathname)).status, 'the code once more').toBe(401)
  const line = String(redeemed.headers['set-cookie'])
  return { cookie: line.split(';')[0] ?? '', line, to: String(redeemed.headers.location) }
}

const closed = (socket: WebSocket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))
function connect(path: string, headers: Record<string, string>): Promise<WebSocket> {
  const socket = new WebSocket(`${gateway.notebooksUrl.replace('http', 'ws')}${path}`, { headers })
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket))
    socket.once('error', reject)
  })
}

describe('the way in', () => {
  it('is a code for one use, then a cookie for this notebook only, and is on record', async () => {
    const entered = await enter('nb', cookie, '?path=lab/tree/a%20b.ipynb')
    expect(entered.to).toBe(`/notebook/${workspace}/nb/lab/tree/a%20b.ipynb`)
    expect(entered.line).toContain(`Path=/notebook/${workspace}/nb/; HttpOnly; SameSite=Lax`)
    const seen = await send(entered.to, { cookie: `${entered.cookie}; _xsrf=1; ${cookie}; next-auth.x=2` })
    const { url, headers } = JSON.parse(seen.body)
    expect(url).toBe(entered.to)
    expect(headers.cookie).toBe('_xsrf=1')
    expect(headers.host).toBe(new URL(gateway.notebooksUrl).host)
    const audit = await trpc(gateway.url, 'access.audit', 'query', { workspace }, { cookie })
    if (audit.error === null) expect(JSON.stringify(audit.data)).toContain('notebooks.open')
  })

  it('is closed to viewers, to nobody, to other hosts, and leads nowhere else', async () => {
    const viewer = await gateway.signIn('vera@example.org')
    expect((await openAt(viewer, 'nb')).status).toBe(403)
    expect((await openAt('', 'nb')).status).toBe(401)
    for (const path of ['..%2f..%2fx', 'https://evil.example/', '%252e%252e/x', 'a\\b', '//evil.example/..%2f'])
      expect([400, 303], path).toContain((await openAt(cookie, 'nb', `?path=${path}`)).status)
    expect((await openAt(cookie, 'nb', '?path=..%2f..%2fother%2f')).status).toBe(400)
    const page = await send(`/notebook/${workspace}/nb/lab`, { accept: 'text/html' })
    expect(page).toMatchObject({ status: 401 })
    expect(page.body).toContain(`/notebooks/nb/open?path=lab`)
    const entered = await enter('nb')
    const at = `/notebook/${workspace}/nb/`
    expect((await send(at, { cookie: entered.cookie, host: 'evil.example' })).status).toBe(400)
    for (const path of [`${at}../x`, `${at}%2e%2e/x`, `${at}..;/x`, `${at}%252e%252e/x`, '/notebook/a%2fb/nb/'])
      expect((await send(path, { cookie: entered.cookie })).status, path).toBeGreaterThanOrEqual(400)
    expect((await send(at, { cookie: entered.cookie, origin: 'http://evil.example' }, 'POST')).status).toBe(403)
    await expect(connect(at, { cookie: entered.cookie, origin: 'http://evil.example' })).rejects.toThrow('403')
  })

  it('takes a personal access token from programs, which the notebook never sees', async () => {
    const made = await trpc(
      gateway.url,
      'access.createToken',
      'mutation',
      { name: 'code' },
      { cookie, origin: gateway.url },
    )
    const { secret } = made.data as { secret: string }
    const at = `/notebook/${workspace}/nb/api/kernels`
    for (const [path, headers] of [
      [at, { authorization: `Bearer ${secret}` }],
      [at, { authorization: `token ${secret}` }],
      [`${at}?token=${secret}&a=1`, {}],
    ] as const) {
      const seen = await send(path, headers)
      expect(seen.status, seen.body).toBe(200)
      expect(seen.body).not.toContain(secret)
    }
    expect((await send(at, { authorization: 'Bearer kls_wrong' })).status).toBe(401)
  })
})

describe('what passes', () => {
  it('of a hostile answer nothing acts outside of the notebook', async () => {
    const entered = await enter('nb')
    const prefix = `/notebook/${workspace}/nb/`
    answer = (_request, response) =>
      void response
        .setHeader('set-cookie', [
          '_xsrf=1; Path=/; Domain=127.0.0.1',
          `ok=2; Path=${prefix}lab`,
          'keelson-session=planted; Path=/',
          'keelson-notebook=planted',
        ])
        .setHeader('clear-site-data', '"*"')
        .setHeader('access-control-allow-origin', '*')
        .setHeader('service-worker-allowed', '/')
        .end('x')
    const { headers } = await send(prefix, { cookie: entered.cookie })
    expect(headers['set-cookie']).toEqual([`_xsrf=1; Path=${prefix}`, `ok=2; Path=${prefix}lab`])
    for (const name of ['clear-site-data', 'access-control-allow-origin', 'service-worker-allowed'])
      expect(headers[name], name).toBeUndefined()
    for (const [location, wanted] of [
      [`${prefix}lab?a=1`, `${prefix}lab?a=1`],
      ['lab', 'lab'],
      [`${gateway.notebooksUrl}${prefix}tree`, `${prefix}tree`],
      ['/', null],
      ['//evil.example/', null],
      ['https://evil.example/', null],
      ['../../other/nb/', null],
      [`${prefix}%2e%2e/`, null],
      ['javascript:alert(1)', null],
    ] as const) {
      answer = (_request, response) => void response.writeHead(302, { location }).end()
      const sent = await send(prefix, { cookie: entered.cookie })
      if (wanted === null) expect([sent.status, sent.headers.location], location).toEqual([503, undefined])
      else expect([sent.status, sent.headers.location], location).toEqual([302, wanted])
    }
  })

  it('identity headers do not, nor what an annotation may not set', async () => {
    const at = `/notebook/${workspace}/rewritten/x?y=1`
    await addNotebook('rewritten', {
      'notebooks.kubeflow.org/http-rewrite-uri': '/',
      'notebooks.kubeflow.org/http-headers-request-set': '{"X-RStudio-Root-Path":"/notebook/x/"}',
    })
    const entered = await enter('rewritten')
    const seen = await eventually(async () => {
      const sent = await send(at, { cookie: entered.cookie, 'kubeflow-userid': 'root', 'x-forwarded-user': 'root' })
      expect(sent.status, sent.body).toBe(200)
      return JSON.parse(sent.body)
    }, patience)
    expect(seen.url).toBe('/x?y=1')
    expect(seen.headers['x-rstudio-root-path']).toBe('/notebook/x/')
    for (const name of ['kubeflow-userid', 'x-forwarded-user', 'authorization', 'cookie'])
      expect(seen.headers[name], name).toBeUndefined()
    for (const [index, set] of [
      'Authorization',
      'Cookie',
      'Host',
      'kubeflow-userid',
      'Impersonate-User',
      'Te',
    ].entries()) {
      const name = `bad-${index}`
      await addNotebook(name, { 'notebooks.kubeflow.org/http-headers-request-set': JSON.stringify({ [set]: 'x' }) })
      const { cookie: own } = await enter(name)
      const sent = await send(`/notebook/${workspace}/${name}/`, { cookie: own })
      expect(sent.status).toBe(503)
      expect(sent.body).toContain(`may not set the header ${set}`)
    }
  })

  it('an upload of 1 GiB, at the pace of the server: nothing holds it in between', async () => {
    const entered = await enter('nb')
    const at = `/notebook/${workspace}/nb/upload`
    const { promise: begin, resolve: read } = Promise.withResolvers<void>()
    answer = async (request, response) => {
      await begin
      let size = 0
      request.on('data', (chunk) => {
        size += chunk.length
      })
      request.on('end', () => response.end(String(size)))
    }
    const part = Buffer.alloc(1024 * 1024)
    const count = 1024
    let taken = 0
    function* parts() {
      for (; taken < count; taken += 1) yield part
    }
    const sent = send(at, { cookie: entered.cookie, origin: gateway.notebooksUrl }, 'PUT', parts())
    // The server reads nothing yet: what was taken is what connections and streams hold.
    let last = -1
    await eventually(() => {
      const before = last
      last = taken
      expect(taken).toBeGreaterThan(0)
      expect(taken).toBe(before)
    }, patience)
    expect(taken).toBeLessThan(100)
    read()
    expect((await sent).body).toBe(String(count * part.length))
  })
})

describe('an open socket', () => {
  const at = () => `/notebook/${workspace}/nb/api/kernels/1/channels`
  const origin = () => gateway.notebooksUrl

  it('echoes, and ends with the session', async () => {
    const own = await gateway.signIn('olga@example.org')
    const entered = await enter('nb', own)
    const socket = await connect(at(), { cookie: entered.cookie, origin: origin() })
    const echoed = new Promise<string>((resolve) => socket.once('message', (data) => resolve(String(data))))
    socket.send('hello')
    expect(await echoed).toBe('hello')
    const ended = closed(socket)
    await gateway.internal('/internal/sessions', 'DELETE', { session: own.split('=')[1] })
    await ended
    expect((await send(at(), { cookie: entered.cookie })).status).toBe(401)
  })

  it('ends with the binding', async () => {
    const binding = await gateway.platform.bind(workspace, 'contributor', { kind: 'User', name: 'carl@example.org' })
    const carl = await gateway.signIn('carl@example.org')
    const entered = await enter('nb', carl)
    const socket = await connect(at(), { cookie: entered.cookie, origin: origin() })
    const ended = closed(socket)
    await gateway.platform.kube.delete(resources.roleBindings, { namespace: workspace, name: binding })
    await ended
    expect((await send(at(), { cookie: entered.cookie })).status).toBe(403)
  })

  it('ends when the notebook is stopped, and with it; one made again of the same name is another', async () => {
    const { kube } = gateway.platform
    const ref = { namespace: workspace, name: 'short' }
    const path = `/notebook/${workspace}/short/`
    await addNotebook('short')
    const entered = await enter('short')
    const first = await connect(path, { cookie: entered.cookie, origin: origin() })
    const stopped = closed(first)
    const set = (value: string | null) =>
      kube.patch(resources.notebooks, ref, { metadata: { annotations: { 'kubeflow-resource-stopped': value } } })
    await set('2026-01-01T00:00:00Z')
    await stopped
    const page = await send(path, { cookie: entered.cookie, accept: 'text/html' })
    expect(page.status).toBe(503)
    expect(page.body).toContain('This notebook is stopped')
    await set(null)
    const second = await eventually(() => connect(path, { cookie: entered.cookie, origin: origin() }), patience)
    const deleted = closed(second)
    await kube.delete(resources.notebooks, ref)
    await deleted
    await addNotebook('short', {}, false)
    await eventually(async () => {
      const sent = await send(path, { cookie: entered.cookie })
      expect([sent.status, sent.body]).toEqual([401, expect.stringContaining('earlier notebook')])
    }, patience)
    expect((await send(path, { cookie: (await enter('short')).cookie })).status).toBe(200)
  })
})
