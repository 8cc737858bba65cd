/** Notebooks by their address: who gets in, what a hostile server behind it could take, and what outlives a notebook. */
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Duplex } from 'node:stream'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Attacker, Sent, World } from '../support/world.ts'

const patience = { timeoutMs: 20_000 }
type Resource = Parameters<World['gateway']['platform']['kube']['create']>[0]
const kind = (group: string, version: string, plural: string, name: string, namespaced = true): Resource => ({
  group,
  version,
  plural,
  kind: name,
  namespaced,
})
const notebooks = kind('kubeflow.org', 'v1', 'notebooks', 'Notebook')
const slices = kind('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice')
const bindings = kind('rbac.authorization.k8s.io', 'v1', 'rolebindings', 'RoleBinding')
const definitions = kind('apiextensions.k8s.io', 'v1', 'customresourcedefinitions', 'CustomResourceDefinition', false)

/** A real API server takes no loopback address for an endpoint. */
function ownAddress(): string {
  const found = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return found.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1'
}

export function notebooksSuite(open: () => World): void {
  let seen: IncomingMessage[] = []
  const upgraded = new Set<Duplex>()
  /** The definition, where the cluster had none. */
  let madeKind: string | null = null
  let answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) =>
    void response.end('nb')
  const server = createServer((request, response) => {
    seen.push(request)
    answer(request, response)
  })
  server.on('upgrade', (request, socket) => {
    seen.push(request)
    socket.on('error', () => {}).resume()
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n')
    upgraded.add(socket)
  })

  const add = async (name: string, annotations: Record<string, string> = {}, withSlice = true) => {
    const { gateway, alpha } = open()
    const metadata = { namespace: alpha, name }
    const notebook = {
      apiVersion: 'kubeflow.org/v1',
      kind: 'Notebook',
      metadata: { ...metadata, annotations },
      spec: { template: { spec: { containers: [{ name, image: 'none' }] } } },
    }
    await eventually(() => gateway.platform.kube.create(notebooks, notebook), patience)
    if (!withSlice) return
    const slice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace: alpha, name: `${name}-attacks`, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [ownAddress()], conditions: { ready: true } }],
      ports: [{ name: 'http', port: (server.address() as AddressInfo).port, protocol: 'TCP' }],
    }
    await gateway.platform.kube.create(slices, slice as KubeObject)
  }

  /** At the notebooks' site; what is refused there is looked up by `refused`. */
  const at = (path: string, headers: Record<string, string> = {}, method = 'GET') => {
    const site = new URL(open().gateway.notebooksUrl)
    return new Promise<Sent & { ended: Promise<void> }>((resolve, reject) => {
      const options = {
        host: site.hostname,
        port: site.port,
        path,
        method,
        agent: false,
        headers: { host: site.host, ...headers },
      }
      const outgoing = httpRequest(options, (response) => {
        let body = ''
        response.setEncoding('utf8').on('data', (chunk) => {
          body += chunk
        })
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body, ended: Promise.resolve() }),
        )
      })
      outgoing.once('error', reject)
      outgoing.once('upgrade', (response, socket) => {
        const ended = new Promise<void>((end) => socket.once('close', () => end()))
        socket.on('error', () => {}).resume()
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: '', ended })
      })
      outgoing.end()
    })
  }
  const upgrade = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  }
  const openAt = (who: Attacker | null, name: string, query = '') => {
    const { alpha, send, cookieOf } = open()
    const path = `/workspaces/${alpha}/notebooks/${name}/open${query}`
    return send({ path, headers: who === null ? {} : { cookie: cookieOf(who) } })
  }
  const enter = async (who: Attacker, name: string): Promise<string> => {
    const { headers } = await eventually(async () => {
      const opened = await openAt(who, name)
      expect(opened.status, opened.body).toBe(303)
      return opened
    }, patience)
    const redeemed = await at(new URL(String(headers.location)).pathname)
    return String(redeemed.headers['set-cookie']).split(';')[0] ?? ''
  }

  beforeAll(async () => {
    const { kube } = open().gateway.platform
    await new Promise<void>((resolve) => server.listen(0, () => resolve()))
    const name = 'notebooks.kubeflow.org'
    if ((await kube.find(definitions, { name })) === null) {
      madeKind = name
      const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
      await kube.create(definitions, {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name },
        spec: {
          group: 'kubeflow.org',
          scope: 'Namespaced',
          names: { plural: 'notebooks', singular: 'notebook', kind: 'Notebook', listKind: 'NotebookList' },
          versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
        },
      })
    }
    await add('nb')
  }, 60_000)
  afterAll(async () => {
    if (madeKind !== null) await open().gateway.platform.kube.delete(definitions, { name: madeKind })
    for (const socket of upgraded) socket.destroy()
    server.closeAllConnections()
    server.close()
  })

  it('item 5: nobody but who may open a notebook reaches it, by page, by token or by socket', async () => {
    const { alpha, emailOf, cookieOf, call, gateway, refused } = open()
    const path = `/notebook/${alpha}/nb/`
    const owner = await enter('alice', 'nb')
    expect((await at(path, { cookie: owner })).body).toBe('nb')
    seen = []
    for (const who of ['bob', 'mallory', 'vera'] as const) {
      expect((await openAt(who, 'nb')).status, who).toBe(403)
      // Whether there is such a notebook is not said.
      expect((await openAt(who, 'no-such')).status, who).toBe(403)
      const { data } = await call(who, 'access.createToken', 'mutation', { name: 'notebook' })
      const authorization = `Bearer ${(data as { secret: string }).secret}`
      for (const extra of [{}, upgrade]) expect((await at(path, { authorization, ...extra })).status, who).toBe(403)
      await refused({ actor: emailOf(who), workspace: alpha, what: /^notebook (GET|upgrade)/ })
      for (const extra of [{}, upgrade]) {
        expect((await at(path, { cookie: cookieOf(who), origin: gateway.notebooksUrl, ...extra })).status, who).toBe(
          401,
        )
        expect((await at(path, { 'kubeflow-userid': emailOf('alice'), ...extra })).status, who).toBe(401)
      }
    }
    expect((await openAt(null, 'nb')).status).toBe(401)
    expect((await at(path, { cookie: owner, host: 'evil.example' })).status).toBe(400)
    expect((await at(path, { cookie: owner, origin: 'http://evil.example', ...upgrade })).status).toBe(403)
    expect(seen).toEqual([])
  })

  it('item 5: an open socket ends with the binding', async () => {
    const { alpha, emailOf, gateway } = open()
    const path = `/notebook/${alpha}/nb/`
    const name = await gateway.platform.bind(alpha, 'contributor', { kind: 'User', name: emailOf('mallory') })
    const cookie = await enter('mallory', 'nb')
    const socket = await at(path, { cookie, origin: gateway.notebooksUrl, ...upgrade })
    expect(socket.status).toBe(101)
    await gateway.platform.kube.delete(bindings, { namespace: alpha, name })
    await socket.ended
    await eventually(async () => expect((await at(path, { cookie })).status).toBe(403), patience)
    await eventually(async () => expect((await openAt('mallory', 'nb')).status).toBe(403), patience)
  })

  it('item 5: nobody but who may reaches a volume’s files, its viewer or a TensorBoard', async () => {
    const { alpha, emailOf, cookieOf, call, send, gateway, refused } = open()
    const files = `/workspaces/${alpha}/volumes/data/files`
    const ways = [`/workspaces/${alpha}/pvcviewers/data/open`, `/workspaces/${alpha}/tensorboards/data/open`]
    const calls = [`${files}/list?path=`, `${files}/file?path=../../etc/passwd`, `${files}/archive?path=`]
    for (const who of ['bob', 'mallory', 'vera'] as const) {
      const cookie = cookieOf(who)
      // Whether there is such a volume is not said.
      for (const path of [...ways, ...calls]) expect((await send({ path, headers: { cookie } })).status, path).toBe(403)
      const put = { path: `${files}/upload?path=x`, method: 'PUT', headers: { cookie, origin: gateway.url } }
      expect((await send(put)).status, who).toBe(403)
      const { error } = await call(who, 'volumes.openFiles', 'mutation', { workspace: alpha, name: 'data' })
      expect(error?.code, who).toBe('forbidden')
      await refused({ actor: emailOf(who), workspace: alpha, what: /^volume-files / })
      const { data } = await call(who, 'access.createToken', 'mutation', { name: 'files' })
      const authorization = `Bearer ${(data as { secret: string }).secret}`
      for (const word of ['pvcviewers', 'tensorboard'])
        expect((await at(`/${word}/${alpha}/data/`, { authorization })).status, word).toBe(403)
      await refused({ actor: emailOf(who), workspace: alpha, what: /^(pvcviewer|tensorboard) GET/ })
    }
    for (const path of [...ways, ...calls]) expect((await send({ path })).status, path).toBe(401)
    const foreign = { cookie: cookieOf('alice'), origin: 'http://evil.example' }
    expect((await send({ path: `${files}/entry?path=x`, method: 'DELETE', headers: foreign })).status).toBe(403)
  })

  it('item 6: no spelling of a path leads out of a notebook, nor does what its server answers', async () => {
    const { alpha, refused } = open()
    const cookie = await enter('alice', 'nb')
    seen = []
    for (const climb of ['../', '%2e%2e/', '%252e%252e%252f', '..%2f', '..\\', '..%5c', '..;/', './'])
      expect((await at(`/notebook/${alpha}/nb/${climb}api`, { cookie })).status, climb).toBe(400)
    for (const path of ['//evil.example/', `/notebook/${alpha}%2fnb/`, `/notebook/${alpha}/NB/`, '/api/trpc/access.me'])
      expect((await at(path, { cookie })).status, path).toBeGreaterThanOrEqual(400)
    expect((await openAt('alice', 'nb', '?path=..%2f..%2fother%2fnb%2f')).status).toBe(400)
    expect(seen).toEqual([])
    answer = (_request, response) =>
      void response
        .setHeader('set-cookie', ['a=1; Path=/', 'b=2; Domain=127.0.0.1; Path=/notebook/', 'keelson-session=3; Path=/'])
        .writeHead(302, { location: `/notebook/${alpha}/nb/ok` })
        .end()
    const { headers } = await at(`/notebook/${alpha}/nb/`, { cookie })
    expect(headers['set-cookie']).toEqual([`a=1; Path=/notebook/${alpha}/nb/`, `b=2; Path=/notebook/${alpha}/nb/`])
    for (const location of ['/', '//evil.example', 'https://evil.example/', '../../x', 'javascript:1']) {
      answer = (_request, response) => void response.writeHead(302, { location }).end()
      expect((await at(`/notebook/${alpha}/nb/`, { cookie })).headers.location, location).toBeUndefined()
    }
    answer = (_request, response) => void response.end('nb')
    await refused({ actor: 'anonymous', workspace: null, what: /^notebook GET/ })
  })

  it('item 7: no cookie and no token of the platform reaches a notebook', async () => {
    const { alpha, cookieOf, gateway, call, send } = open()
    const cookie = await enter('alice', 'nb')
    const { data } = await call('alice', 'access.createToken', 'mutation', { name: 'notebook' })
    const { secret } = data as { secret: string }
    seen = []
    const path = `/notebook/${alpha}/nb/`
    const all = `${cookie}; ${cookieOf('alice')}; next-auth.session-token=x; __Secure-next-auth.x=y; _xsrf=z`
    expect((await at(path, { cookie: all })).status).toBe(200)
    expect((await at(path, { cookie: all, authorization: `Bearer ${secret}` })).status).toBe(200)
    expect((await at(`${path}?token=${secret}`)).status).toBe(200)
    expect((await at(path, { cookie: all, origin: gateway.notebooksUrl, ...upgrade })).status).toBe(101)
    expect(seen).toHaveLength(4)
    for (const request of seen) {
      const text = `${request.url} ${JSON.stringify(request.rawHeaders)}`
      expect(text).not.toMatch(/keelson-|next-auth|authorization|kls_/i)
    }
    // A script on the notebook's page asks the platform, with whatever the browser adds.
    const asked = await send({
      path: '/api/trpc/access.me',
      headers: {
        cookie: cookieOf('alice'),
        origin: gateway.notebooksUrl,
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'cors',
      },
    })
    expect(asked.status).toBe(403)
    expect(asked.headers['access-control-allow-origin']).toBeUndefined()
  })

  it('item 16: no annotation of a notebook says who asks, or leads elsewhere', async () => {
    const { alpha, call } = open()
    const bad = [
      ...['Authorization', 'kubeflow-userid', 'Host', 'Impersonate-User', 'Transfer-Encoding'].map((name) => [
        'headers-request-set',
        `{"${name}":"x"}`,
      ]),
      ['headers-request-set', '{"a":"b\\r\\nhost: evil"}'],
      ['headers-request-set', '{"a\\r\\nb":"c"}'],
      ['rewrite-uri', '/../../x'],
      ['rewrite-uri', '//evil.example/'],
      ['rewrite-uri', 'http://169.254.169.254/'],
      ['rewrite-uri', '/ HTTP/1.1\r\nhost: evil'],
    ]
    seen = []
    for (const [index, [what, value = '']] of bad.entries()) {
      const name = `bad-${index}`
      await add(name, { [`notebooks.kubeflow.org/http-${what}`]: value })
      const cookie = await enter('alice', name)
      const sent = await at(`/notebook/${alpha}/${name}/`, { cookie })
      expect([sent.status, sent.body], value).toEqual([503, expect.stringContaining('annotation')])
    }
    expect(seen).toEqual([])
    expect((await openAt('bob', 'bad-0')).status).toBe(403)
    expect((await call('bob', 'access.me', 'query', undefined)).error).toBeNull()
  })

  it('item 23: what was opened for a notebook is not good for a later one of the same name', async () => {
    const { alpha, emailOf, gateway, refused } = open()
    await add('again')
    const cookie = await enter('alice', 'again')
    const path = `/notebook/${alpha}/again/`
    await eventually(async () => expect((await at(path, { cookie })).status).toBe(200), patience)
    const late = new URL(String((await openAt('alice', 'again')).headers.location)).pathname
    await gateway.platform.kube.delete(notebooks, { namespace: alpha, name: 'again' })
    await add('again', {}, false)
    await eventually(async () => expect((await at(path, { cookie })).status).toBe(401), patience)
    const redeemed = String((await at(late)).headers['set-cookie']).split(';')[0] ?? ''
    expect((await at(path, { cookie: redeemed })).status).toBe(401)
    await refused({ actor: emailOf('alice'), workspace: alpha, what: /^notebook GET/ })
    expect((await openAt('bob', 'again')).status).toBe(403)
  })
}
