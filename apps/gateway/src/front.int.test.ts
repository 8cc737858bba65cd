import { mkdirSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { appRouter } from '@keelson/api'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { internalSecret, startGateway, type TestGateway, trpc } from './testing/start-gateway.ts'

let gateway: TestGateway
let workspace = ''
let cookie = ''
const patience = { timeoutMs: 15_000 }

beforeAll(async () => {
  const started = await startGateway('kubelite')
  if ('skipped' in started) throw new Error(started.skipped)
  gateway = started
  workspace = await gateway.platform.makeWorkspace({ owner: { kind: 'User', name: 'sam@example.org' } })
  cookie = await gateway.signIn('sam@example.org')
}, 180_000)
afterAll(() => gateway?.stop())
beforeEach(() => {
  gateway.web.listener = (_request, response) => void response.end('web')
})

/** A request with headers that fetch would not send. */
function send(options: {
  path: string
  method?: string
  headers: Record<string, string>
  port?: number
}): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ host: '127.0.0.1', port: options.port ?? gateway.port, ...options }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    outgoing.once('error', reject)
    outgoing.end()
  })
}

function raw(text: string): Promise<string> {
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

describe('the address', () => {
  it('must be its own: another Host, none, two, an absolute target, CONNECT and climbing paths are refused', async () => {
    for (const host of ['evil.example', `127.0.0.1:${gateway.port}`, `localhost.evil.example:${gateway.port}`]) {
      expect((await send({ path: '/api/trpc/access.me', headers: { host, cookie } })).status, host).toBe(400)
    }
    const host = `Host: localhost:${gateway.port}\r\nConnection: close\r\n`
    expect(await raw('GET / HTTP/1.0\r\n\r\n')).toMatch(/ 400 /)
    expect(await raw(`GET http://evil.example/ HTTP/1.1\r\n${host}\r\n`)).toMatch(/ 400 /)
    expect(await raw('CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n')).toMatch(/ 405 /)
    for (const path of [
      '/w/../api/trpc',
      '/w/%2e%2e/x',
      '/w/..%2fx',
      '/%252e%252e/x',
      '//evil.example/',
      '/w/..;/x',
      '/w\\..\\x',
    ]) {
      expect(await raw(`GET ${path} HTTP/1.1\r\n${host}\r\n`), path).toMatch(/^HTTP\/1\.1 400 /)
    }
  })

  it('sends pages at 127.0.0.1 to localhost, and answers probes at any name', async () => {
    const page = await send({
      path: '/w/telco?a=1',
      headers: { host: `127.0.0.1:${gateway.port}`, accept: 'text/html' },
    })
    expect(page).toMatchObject({ status: 307, headers: { location: `${gateway.url}/w/telco?a=1` } })
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      expect((await send({ path, headers: { host: '10.0.0.9:8080' } })).status, path).toBe(200)
    }
    expect((await send({ path: '/metrics', headers: { host: 'x' } })).body).toContain(
      'gateway_requests_total{route="trpc",method="POST",status="5xx"} 0',
    )
  })

  it('has a name for pods, where no cookie counts', async () => {
    const host = `keelson.pods:${gateway.port}`
    const { data } = await trpc(
      gateway.url,
      'access.createToken',
      'mutation',
      { name: 'pod' },
      { cookie, origin: gateway.url },
    )
    const { secret } = data as { secret: string }
    expect(
      (await send({ path: '/api/trpc/access.me', headers: { host, authorization: `Bearer ${secret}` } })).status,
    ).toBe(200)
    expect((await send({ path: '/api/trpc/access.me', headers: { host, cookie } })).status).toBe(401)
    const shown = (secret: string) => ({ host, cookie, 'x-keelson-internal': secret })
    expect((await send({ path: '/api/trpc/access.me', headers: shown('guessed') })).status).toBe(401)
    // The dashboard's server is no page of another site: it proves itself, and brings its visitor's cookie.
    expect((await send({ path: '/api/trpc/access.me', headers: shown(internalSecret) })).status).toBe(200)
  })

  it('lets nothing fall through to the dashboard that is none of its pages', async () => {
    for (const path of ['/api/unknown', '/workspaces/telco/unknown', '/internal/x']) {
      expect((await fetch(`${gateway.url}${path}`, { headers: { cookie } })).status, path).toBe(404)
    }
    for (const wire of ['kfp', 'feast']) {
      const address = `${gateway.url}/workspaces/${workspace}/${wire}/apis/x`
      expect((await fetch(address)).status).toBe(401)
      expect(await (await fetch(address, { headers: { cookie } })).json()).toMatchObject({ code: 'unimplemented' })
    }
    // kfp.Client asks this before all else, without a token where it was given an address.
    for (const version of ['v1beta1', 'v2beta1']) {
      const address = `${gateway.url}/workspaces/${workspace}/kfp/apis/${version}/healthz`
      const answer = await fetch(address)
      expect([answer.status, await answer.json()]).toEqual([200, { multi_user: true }])
      expect((await fetch(address, { method: 'POST', headers: { cookie, origin: gateway.url } })).status).toBe(501)
      expect((await fetch(address, { headers: { authorization: 'Bearer wrong' } })).status).toBe(401)
    }
  })
})

describe('every procedure', () => {
  const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, { _def: { type: string } }>)

  it.each(procedures.map(([path, { _def }]) => [path, _def.type]))(
    '%s (%s) is nobody’s without an identity',
    async (path, type) => {
      const answer = await trpc(gateway.url, path, type === 'mutation' ? 'mutation' : 'query', {}, {}).catch(() => null)
      // A subscription answers with a stream whose first event is the refusal.
      if (type === 'subscription') return
      expect(answer).toMatchObject({ status: 401, error: { code: 'unauthenticated' } })
    },
  )

  it('of which none is: no such procedure is said as such', async () => {
    expect(await trpc(gateway.url, 'access.nothing', 'query', {}, { cookie })).toMatchObject({
      status: 404,
      error: { code: 'not_found' },
    })
  })
})

describe('a change with a cookie', () => {
  const create = (headers: Record<string, string>) =>
    trpc(gateway.url, 'access.createToken', 'mutation', { name: 'csrf' }, { cookie, ...headers })

  it('must come from the platform’s own pages', async () => {
    expect((await create({ origin: gateway.url })).status).toBe(200)
    expect((await create({ 'sec-fetch-site': 'same-origin' })).status).toBe(200)
    for (const headers of [
      {},
      { origin: 'https://evil.example' },
      { origin: gateway.contentUrl },
      { origin: 'null' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      expect(await create(headers as Record<string, string>), JSON.stringify(headers)).toMatchObject({
        status: 403,
        error: { code: 'forbidden' },
      })
    }
    const form = await fetch(`${gateway.url}/api/trpc/access.createToken`, {
      method: 'POST',
      headers: { cookie, 'content-type': 'text/plain', origin: 'https://evil.example' },
      body: '{}',
    })
    expect(form.status).toBe(403)
    const byGet = await fetch(
      `${gateway.url}/api/trpc/access.createToken?input=${encodeURIComponent('{"json":{"name":"x"}}')}`,
      { headers: { cookie } },
    )
    expect(byGet.status).toBe(405)
  })

  it('is refused before the dashboard sees it, too', async () => {
    let seen = false
    gateway.web.listener = (_request, response) => {
      seen = true
      response.end()
    }
    const answer = await fetch(`${gateway.url}/api/auth/end`, {
      method: 'POST',
      headers: { cookie, origin: 'https://evil.example' },
    })
    expect(answer.status).toBe(403)
    expect(seen).toBe(false)
  })

  it('has no other site’s script reading with it', async () => {
    const answer = await trpc(gateway.url, 'access.me', 'query', undefined, {
      cookie,
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'cors',
    })
    expect(answer.status).toBe(403)
  })
})

describe('the live stream', () => {
  it('tells those who have a role there, and nobody else, and nothing of sessions', async () => {
    const otto = await gateway.signIn('otto@example.org')
    const heard = { sam: '', otto: '' }
    const stop = new AbortController()
    const listen = async (who: 'sam' | 'otto', as: string, of: string | null) => {
      const input = encodeURIComponent(JSON.stringify({ json: { workspace: of } }))
      const stream = await fetch(`${gateway.url}/api/trpc/live.changes?input=${input}`, {
        headers: { cookie: as },
        signal: stop.signal,
      })
      const decoder = new TextDecoder()
      for await (const chunk of stream.body ?? []) heard[who] += decoder.decode(chunk)
    }
    const listening = [listen('sam', cookie, workspace), listen('otto', otto, null)].map((one) => one.catch(() => {}))
    await eventually(
      () => expect([heard.sam, heard.otto].every((text) => text.includes('connected'))).toBe(true),
      patience,
    )
    const progress = { workspace, startedAt: new Date().toISOString(), finishedAt: null, steps: [] }
    const report = (as: string) =>
      trpc(gateway.url, 'platform.reportSample', 'mutation', progress, { cookie: as, origin: gateway.url })
    expect((await report(otto)).error?.code).toBe('forbidden')
    await eventually(async () => expect((await report(cookie)).status).toBe(200), patience)
    await trpc(gateway.url, 'access.createToken', 'mutation', { name: 'heard' }, { cookie, origin: gateway.url })
    await eventually(() => expect(heard.sam).toContain('"topic":"sample"'), patience)
    expect(heard.otto).not.toContain(workspace)
    expect(heard.sam + heard.otto).not.toContain('"access"')
    expect((await trpc(gateway.url, 'platform.sample', 'query', undefined, { cookie })).data).toMatchObject({
      workspace,
    })
    expect((await trpc(gateway.url, 'platform.sample', 'query', undefined, { cookie: otto })).data).toBeNull()
    stop.abort()
    await Promise.all(listening)
    const foreign = await fetch(
      `${gateway.url}/api/trpc/live.changes?input=${encodeURIComponent(JSON.stringify({ json: { workspace } }))}`,
      { headers: { cookie: otto } },
    )
    const reader = foreign.body?.getReader()
    let text = ''
    while (!text.includes('forbidden')) {
      const part = await reader?.read()
      if (!part || part.done) break
      text += new TextDecoder().decode(part.value)
    }
    await reader?.cancel()
    expect(text).toContain('forbidden')
  })
})

describe('the proxy', () => {
  it('passes status, several cookies and bodies both ways, and sets the security headers', async () => {
    gateway.web.listener = (request, response) => {
      response.writeHead(201, {
        'set-cookie': ['a=1; Path=/', 'b=2; Path=/'],
        'x-powered': 'y',
        connection: 'x-powered',
      })
      request.pipe(response)
    }
    const body = 'x'.repeat(3_000_000)
    const answer = await fetch(`${gateway.url}/w/echo`, { method: 'POST', body })
    expect(answer.status).toBe(201)
    expect(answer.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2; Path=/'])
    expect(answer.headers.get('x-powered')).toBeNull()
    expect((await answer.text()).length).toBe(body.length)
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('streams without waiting for the end, and tells the upstream when the reader leaves', async () => {
    let left: Promise<void> = Promise.resolve()
    gateway.web.listener = (_request, response) => {
      left = new Promise((resolve) => response.once('close', () => resolve()))
      response.write('first')
    }
    const stop = new AbortController()
    const answer = await fetch(`${gateway.url}/w/stream`, { signal: stop.signal })
    const first = await answer.body?.getReader().read()
    expect(new TextDecoder().decode(first?.value)).toBe('first')
    stop.abort()
    await left
    gateway.web.listener = (_request, response) => void response.end('alive')
    expect(await (await fetch(`${gateway.url}/w/next`)).text()).toBe('alive')
  })

  it('cuts an answer that broke off, so that nobody takes it for whole', async () => {
    gateway.web.listener = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half')
      setImmediate(() => response.destroy())
    }
    await expect(fetch(`${gateway.url}/w/half`).then((answer) => answer.text())).rejects.toThrow()
  })

  it('survives a client that leaves in the middle of its own body', async () => {
    gateway.web.listener = (request, response) => void request.resume().once('end', () => response.end())
    for (let round = 0; round < 5; round += 1) {
      const socket = connect(gateway.port, '127.0.0.1')
      await new Promise<void>((resolve) => socket.once('connect', resolve))
      socket.write(`POST /w/upload HTTP/1.1\r\nHost: localhost:${gateway.port}\r\nContent-Length: 1000000\r\n\r\nabc`)
      await new Promise((resolve) => setImmediate(resolve))
      socket.destroy()
    }
    gateway.web.listener = (_request, response) => void response.end('alive')
    expect(await (await fetch(`${gateway.url}/w/next`)).text()).toBe('alive')
  })

  it('hands on WebSockets, but not another site’s with a cookie', async () => {
    const sockets = new WebSocketServer({ noServer: true })
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      sockets.handleUpgrade(request, socket, head, (client) =>
        client.on('message', (data) => client.send(`echo ${data}`)),
      )
    }
    gateway.web.server.on('upgrade', onUpgrade)
    const open = (headers: Record<string, string>) =>
      new Promise<string>((resolve, reject) => {
        const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/w/socket?x=1`, { headers })
        socket.once('error', reject)
        socket.once('open', () => socket.send('hello'))
        socket.once('message', (data) => {
          resolve(String(data))
          socket.close()
        })
      })
    expect(await open({ cookie, origin: gateway.url })).toBe('echo hello')
    await expect(open({ cookie, origin: 'https://evil.example' })).rejects.toThrow('403')
    gateway.web.server.off('upgrade', onUpgrade)
  })

  it('says that the dashboard is away: a page that tries again, JSON for programs', async () => {
    gateway.web.listener = (request) => request.socket.destroy()
    const page = await fetch(`${gateway.url}/w/telco`, { headers: { accept: 'text/html' } })
    expect(page.status).toBe(503)
    expect(await page.text()).toContain('http-equiv="refresh"')
    expect(await (await fetch(`${gateway.url}/w/telco`)).json()).toMatchObject({ code: 'unavailable' })
  })
})

describe('the content site', () => {
  const artifact = () => `1/${'a'.repeat(32)}/artifacts`
  const open = (path: string, as: string) =>
    fetch(`${gateway.url}/workspaces/${workspace}/content/${path}`, { headers: { cookie: as }, redirect: 'manual' })

  beforeAll(() => {
    const folder = join(gateway.artifacts, workspace, artifact())
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'report.html'), '<script>parent.steal()</script>')
  })

  it('shows an artifact by a code that works once, sandboxed, for its own folder only', async () => {
    const sent = await open(`${artifact()}/report.html`, cookie)
    expect(sent.status).toBe(303)
    const link = sent.headers.get('location') ?? ''
    expect(link.startsWith(`${gateway.contentUrl}/c/`)).toBe(true)
    const redeemed = await fetch(link, { redirect: 'manual' })
    const [ticket = ''] = redeemed.headers.getSetCookie()
    expect(ticket).toContain(`Path=/artifacts/${workspace}/${artifact()}/; HttpOnly; SameSite=Lax`)
    const address = `${gateway.contentUrl}${redeemed.headers.get('location')}`
    const page = await fetch(address, { headers: { cookie: ticket.split(';')[0] ?? '' } })
    expect(await page.text()).toContain('steal')
    expect(page.headers.get('content-security-policy')).toMatch(/^sandbox;/)
    expect((await fetch(link, { redirect: 'manual' })).status).toBe(401)
    expect((await fetch(address)).status).toBe(401)
    expect((await fetch(address, { headers: { cookie } })).status).toBe(401)
    const elsewhere = address.replace(artifact(), `2/${'b'.repeat(32)}/artifacts`)
    expect((await fetch(elsewhere, { headers: { cookie: ticket.split(';')[0] ?? '' } })).status).toBe(401)
    expect(
      (await fetch(address.replace('report.html', 'none.html'), { headers: { cookie: ticket.split(';')[0] ?? '' } }))
        .status,
    ).toBe(404)
  })

  it('has neither the dashboard nor its API, and takes no other Host', async () => {
    for (const path of ['/', '/api/trpc/access.me', '/login', '/internal/sessions']) {
      expect((await fetch(`${gateway.contentUrl}${path}`, { headers: { cookie } })).status, path).toBe(404)
    }
    const port = Number(new URL(gateway.contentUrl).port)
    expect((await send({ path: '/artifacts/x', port, headers: { host: `localhost:${port}` } })).status).toBe(400)
  })

  it('is closed to strangers, and closes with the session that opened it', async () => {
    expect((await open(`${artifact()}/report.html`, await gateway.signIn('otto@example.org'))).status).toBe(403)
    for (const path of ['', 'x', `${artifact()}/`, '1/2/other/x'])
      expect((await open(path, cookie)).status, path).toBe(400)
    const own = await gateway.signIn('sam@example.org')
    const link = (await open(`${artifact()}/report.html`, own)).headers.get('location') ?? ''
    const redeemed = await fetch(link, { redirect: 'manual' })
    const ticket = redeemed.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const address = `${gateway.contentUrl}${redeemed.headers.get('location')}`
    expect((await fetch(address, { headers: { cookie: ticket } })).status).toBe(200)
    await gateway.internal('/internal/sessions', 'DELETE', { session: own.slice('keelson-session='.length) })
    await eventually(
      async () => expect((await fetch(address, { headers: { cookie: ticket } })).status).toBe(401),
      patience,
    )
  })
})

describe('without Postgres', () => {
  it('says so, keeps nobody’s session as ended, and recovers by itself', async () => {
    gateway.database.cut()
    try {
      await eventually(async () => {
        const answer = await trpc(gateway.url, 'access.me', 'query', undefined, { cookie })
        expect(answer).toMatchObject({ status: 503, error: { code: 'unavailable' } })
      }, patience)
      expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503)
      expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200)
      expect(
        (
          await gateway.internal('/internal/sessions', 'POST', {
            idToken: await gateway.issuer.idToken({ sub: 'z', email: 'z@example.org' }),
          })
        ).status,
      ).toBe(503)
    } finally {
      await gateway.database.mend()
    }
    await eventually(
      async () => expect((await trpc(gateway.url, 'access.me', 'query', undefined, { cookie })).status).toBe(200),
      patience,
    )
    await eventually(async () => expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200), patience)
    // Revocations are heard again, and what was revoked meanwhile is found.
    const other = await gateway.signIn('eva@example.org')
    await trpc(gateway.url, 'access.me', 'query', undefined, { cookie: other })
    await gateway.internal('/internal/sessions', 'DELETE', { session: other.slice('keelson-session='.length) })
    await eventually(
      async () =>
        expect((await trpc(gateway.url, 'access.me', 'query', undefined, { cookie: other })).status).toBe(401),
      patience,
    )
  })
})
