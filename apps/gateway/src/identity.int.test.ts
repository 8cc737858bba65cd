import type { Me } from '@keelson/contracts/access'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type TestGateway, trpc } from './testing/start-gateway.ts'

let gateway: TestGateway
let workspace = ''
const patience = { timeoutMs: 15_000 }

beforeAll(async () => {
  const started = await startGateway('kubelite')
  if ('skipped' in started) throw new Error(started.skipped)
  gateway = started
  workspace = await gateway.platform.makeWorkspace({
    owner: { kind: 'User', name: 'sam@example.org' },
    viewer: { kind: 'Group', name: 'viewers' },
  })
}, 180_000)
afterAll(() => gateway?.stop())

const own = () => ({ origin: gateway.url })
const me = (headers: Record<string, string>) => trpc(gateway.url, 'access.me', 'query', undefined, headers)
const newToken = async (cookie: string, input: { name: string; workspace?: string | null; ttlMs?: number }) => {
  const answer = await trpc(gateway.url, 'access.createToken', 'mutation', input, { cookie, ...own() })
  expect(answer.error).toBeNull()
  return answer.data as { secret: string; token: { id: string } }
}

describe('sessions', () => {
  it('begin with an ID token of the provider and say who somebody is', async () => {
    const cookie = await gateway.signIn('Sam@example.org', { name: 'Sam', groups: ['ds'] })
    const answer = await me({ cookie })
    expect(answer.data).toMatchObject({
      username: 'sam@example.org',
      name: 'Sam',
      groups: ['ds'],
      isAdmin: false,
    } satisfies Partial<Me>)
    expect((await trpc(gateway.url, 'platform.info', 'query', undefined, { cookie })).data).toMatchObject({
      url: gateway.url,
      embeddedIdentity: false,
    })
  })

  it('are refused for tokens that prove nothing', async () => {
    const { issuer } = gateway
    const good = { sub: 'x', email: 'x@example.org' }
    const now = Math.floor(Date.now() / 1000)
    const valid = await issuer.idToken(good)
    const [head = '', payload = '', signature = ''] = valid.split('.')
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`
    const bad = [
      await issuer.idToken({ ...good, aud: 'other-app' }),
      await issuer.idToken({ ...good, aud: ['keelson-web', 'other'], azp: 'other' }),
      await issuer.idToken({ ...good, iss: 'https://evil.example' }),
      await issuer.idToken({ ...good, exp: now - 3600 }),
      await issuer.idToken({ ...good, exp: undefined }),
      none,
      `${head}.${Buffer.from(JSON.stringify({ ...good, iss: issuer.issuer, aud: 'keelson-web', exp: now + 60 })).toString('base64url')}.${signature}`,
      'nonsense',
    ]
    for (const idToken of bad) {
      const response = await gateway.internal('/internal/sessions', 'POST', { idToken })
      expect(response.status, idToken.slice(0, 40)).toBe(401)
    }
    for (const claims of [
      { email_verified: false },
      { email_verified: undefined },
      { email: 'system:admin' },
      { groups: ['system:masters'] },
    ]) {
      const response = await gateway.internal('/internal/sessions', 'POST', {
        idToken: await issuer.idToken({ ...good, ...claims }),
      })
      expect(response.status, JSON.stringify(claims)).toBe(403)
    }
  })

  it('pin a name to the account that had it first', async () => {
    await gateway.signIn('pia@example.org', { sub: 'pia-1' })
    await expect(gateway.signIn('pia@example.org', { sub: 'pia-2' })).rejects.toThrow('belongs to another account')
    await expect(gateway.signIn('PIA@example.org', { sub: 'pia-3' })).rejects.toThrow('belongs to another account')
    // The same account under a new e-mail stays who it was for the cluster.
    const renamed = await gateway.signIn('pia.new@example.org', { sub: 'pia-1' })
    expect((await me({ cookie: renamed })).data).toMatchObject({
      username: 'pia@example.org',
      email: 'pia.new@example.org',
    })
  })

  it('end everywhere at once, open streams too, and ending twice is no error', async () => {
    const cookie = await gateway.signIn('eva@example.org')
    const session = cookie.slice('keelson-session='.length)
    const input = encodeURIComponent(JSON.stringify({ json: { workspace: null } }))
    const stream = await fetch(`${gateway.url}/api/trpc/live.changes?input=${input}`, {
      headers: { cookie, accept: 'text/event-stream' },
    })
    expect(stream.headers.get('content-type')).toContain('text/event-stream')
    const ended = (async () => {
      for await (const _chunk of stream.body ?? []) {
        // Only its end matters.
      }
    })().catch(() => {})
    expect((await gateway.internal('/internal/sessions', 'DELETE', { session })).status).toBe(200)
    await ended
    const answer = await me({ cookie })
    expect(answer).toMatchObject({ status: 401, error: { code: 'unauthenticated' } })
    expect((await gateway.internal('/internal/sessions', 'DELETE', { session })).status).toBe(200)
    expect((await gateway.internal('/internal/sessions', 'DELETE', { session: 'unknown' })).status).toBe(200)
  })

  it('lose a group that a later sign-in no longer brings, older ones too', async () => {
    const older = await gateway.signIn('gus@example.org', { groups: ['team', 'keelson-admins'] })
    expect((await me({ cookie: older })).data).toMatchObject({ isAdmin: true })
    await gateway.signIn('gus@example.org', { groups: ['team'] })
    await eventually(
      async () => expect((await me({ cookie: older })).data).toMatchObject({ isAdmin: false, groups: ['team'] }),
      patience,
    )
  })

  it('are not to be guessed: garbage and a cookie that came twice', async () => {
    const cookie = await gateway.signIn('sam@example.org')
    for (const value of ['x', 'a'.repeat(43), '%00', '1; drop table session', 'a'.repeat(20_000)]) {
      expect((await me({ cookie: `keelson-session=${value}` })).status, value.slice(0, 20)).toBe(401)
    }
    expect((await me({ cookie: `keelson-session=planted; ${cookie}` })).status).toBe(401)
  })
})

describe('internal addresses', () => {
  it.each([['/internal/sessions'], ['/internal/tokenreview'], ['/internal/tokens'], ['/internal/other']])(
    '%s is nobody’s without the secret',
    async (path) => {
      for (const headers of [
        {},
        { authorization: 'Bearer wrong' },
        { authorization: `Bearer ${'0'.repeat(39)}` },
        { authorization: 'Basic x' },
      ]) {
        const response = await fetch(`${gateway.url}${path}`, { method: 'POST', headers, body: '{}' })
        expect(response.status).toBe(404)
      }
      const fromBrowser = await gateway.internal(path, 'POST', {}, { origin: 'http://evil.example' })
      expect(fromBrowser.status).toBe(404)
    },
  )

  it('makes no tokens where the embedded provider is off, and says where faults are', async () => {
    const response = await gateway.internal('/internal/tokens', 'POST', { email: 'sam@example.org' })
    expect(response.status).toBe(412)
    const bad = await gateway.internal('/internal/sessions', 'POST', { idToken: 1 })
    expect(await bad.json()).toMatchObject({ code: 'invalid', faults: [{ field: 'idToken' }] })
  })
})

describe('personal access tokens', () => {
  it('act as their person by Bearer and by Basic, are listed, and end at once when revoked', async () => {
    const cookie = await gateway.signIn('sam@example.org')
    const { secret, token } = await newToken(cookie, { name: 'laptop' })
    expect(secret).toMatch(/^kls_[A-Za-z0-9_-]{43}$/)
    const basic = `Basic ${Buffer.from(`whoever:${secret}`).toString('base64')}`
    for (const authorization of [`Bearer ${secret}`, `bearer ${secret}`, basic]) {
      expect((await me({ authorization })).data, authorization.slice(0, 6)).toMatchObject({
        username: 'sam@example.org',
      })
    }
    const listed = (await trpc(gateway.url, 'access.listTokens', 'query', undefined, { cookie })).data as {
      id: string
      lastUsedAt: string | null
    }[]
    expect(listed.find(({ id }) => id === token.id)?.lastUsedAt).not.toBeNull()
    expect(JSON.stringify(listed)).not.toContain(secret)
    expect(
      (await trpc(gateway.url, 'access.revokeToken', 'mutation', { id: token.id }, { cookie, ...own() })).status,
    ).toBe(200)
    await eventually(async () => expect((await me({ authorization: `Bearer ${secret}` })).status).toBe(401), {
      timeoutMs: 1_500,
    })
    expect(
      (await trpc(gateway.url, 'access.revokeToken', 'mutation', { id: token.id }, { cookie, ...own() })).error?.code,
    ).toBe('not_found')
  })

  it('belong to one person: nobody else revokes them', async () => {
    const { secret, token } = await newToken(await gateway.signIn('sam@example.org'), { name: 'mine' })
    const other = await gateway.signIn('otto@example.org')
    expect(
      (await trpc(gateway.url, 'access.revokeToken', 'mutation', { id: token.id }, { cookie: other, ...own() })).error
        ?.code,
    ).toBe('not_found')
    expect((await me({ authorization: `Bearer ${secret}` })).status).toBe(200)
  })

  it('end when their time is over', async () => {
    const { secret } = await newToken(await gateway.signIn('sam@example.org'), { name: 'short', ttlMs: 1_000 })
    await eventually(async () => expect((await me({ authorization: `Bearer ${secret}` })).status).toBe(401), {
      timeoutMs: 5_000,
    })
  })

  it('narrowed to a workspace see only that one, make no further tokens, and are nothing to kubectl', async () => {
    const elsewhere = await gateway.platform.makeWorkspace({ owner: { kind: 'User', name: 'sam@example.org' } })
    const cookie = await gateway.signIn('sam@example.org')
    await eventually(async () => {
      const { data } = await trpc(
        gateway.url,
        'access.check',
        'query',
        { workspace: elsewhere, checks: [{ group: 'keelson.dev', resource: 'experiments', verb: 'create' }] },
        { cookie },
      )
      expect(data).toMatchObject([{ allowed: true }])
    }, patience)
    const { secret } = await newToken(cookie, { name: 'narrow', workspace })
    const authorization = `Bearer ${secret}`
    const check = (at: string) =>
      trpc(
        gateway.url,
        'access.check',
        'query',
        { workspace: at, checks: [{ group: 'keelson.dev', resource: 'experiments', verb: 'create' }] },
        { authorization },
      )
    expect((await check(workspace)).data).toMatchObject([{ allowed: true }])
    expect((await check(elsewhere)).data).toMatchObject([{ allowed: false }])
    expect(
      (await trpc(gateway.url, 'access.createToken', 'mutation', { name: 'wide' }, { authorization })).error?.code,
    ).toBe('forbidden')
    const review = await gateway.internal('/internal/tokenreview', 'POST', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token: secret },
    })
    expect(await review.json()).toMatchObject({ status: { authenticated: false } })
    const otto = await gateway.signIn('otto@example.org')
    const refused = await trpc(
      gateway.url,
      'access.createToken',
      'mutation',
      { name: 'x', workspace },
      { cookie: otto, ...own() },
    )
    expect(refused.error?.code).toBe('forbidden')
  })

  it('are reviewed for the API server', async () => {
    const { secret } = await newToken(await gateway.signIn('sam@example.org', { groups: ['ds'] }), { name: 'kubectl' })
    const ask = async (token: string) => {
      const body = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token, audiences: ['https://kubernetes.default.svc'] },
      }
      return (await (await gateway.internal('/internal/tokenreview', 'POST', body)).json()) as {
        status: { authenticated: boolean }
      }
    }
    expect((await ask(secret)).status).toMatchObject({
      authenticated: true,
      user: { username: 'sam@example.org', groups: ['ds'] },
    })
    expect((await ask(`${secret}x`)).status.authenticated).toBe(false)
    expect((await ask('eyJhbGciOiJub25lIn0.e30.')).status.authenticated).toBe(false)
  })

  it('are never in the log', async () => {
    const cookie = await gateway.signIn('sam@example.org')
    const { secret } = await newToken(cookie, { name: 'quiet' })
    await me({ authorization: `Bearer ${secret}` })
    const log = gateway.log.join('')
    expect(log).toContain('access.me')
    expect(log).not.toContain(secret)
    expect(log).not.toContain(cookie.slice('keelson-session='.length))
  })
})

describe('pods', () => {
  it('are who their ServiceAccount is, for the API server’s audience and for ours, and for no other', async () => {
    const { kube } = gateway.platform
    const account = { namespace: workspace, name: 'worker' }
    await kube.create(
      { group: '', version: 'v1', plural: 'serviceaccounts', kind: 'ServiceAccount', namespaced: true },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: account },
    )
    for (const audiences of [[], ['keelson']]) {
      const token = await gateway.platform.requestToken(account, audiences)
      const answer = await me({ authorization: `Bearer ${token}` })
      expect(answer.data, String(audiences)).toMatchObject({ username: `system:serviceaccount:${workspace}:worker` })
    }
    const foreign = await gateway.platform.requestToken(account, ['vault'])
    expect((await me({ authorization: `Bearer ${foreign}` })).status).toBe(401)
    const token = await gateway.platform.requestToken(account, [])
    expect((await me({ authorization: `Bearer ${token.slice(0, -4)}AAAA` })).status).toBe(401)
    expect(
      (await trpc(gateway.url, 'access.createToken', 'mutation', { name: 'x' }, { authorization: `Bearer ${token}` }))
        .error?.code,
    ).toBe('forbidden')
  })
})

describe('headers that say who somebody is', () => {
  it('are believed by nobody', async () => {
    const spoofed = {
      'x-forwarded-user': 'admin@keelson.local',
      'x-forwarded-email': 'admin@keelson.local',
      'kubeflow-userid': 'admin@keelson.local',
      'impersonate-user': 'admin@keelson.local',
      'impersonate-group': 'keelson-admins',
      'remote-user': 'admin@keelson.local',
      'x-goog-authenticated-user-email': 'accounts.google.com:admin@keelson.local',
    }
    expect((await me(spoofed)).status).toBe(401)
    const cookie = await gateway.signIn('otto@example.org')
    expect((await me({ cookie, ...spoofed })).data).toMatchObject({
      username: 'otto@example.org',
      isAdmin: false,
      workspaces: [],
    })
    let seen: Record<string, unknown> = {}
    gateway.web.listener = (request, response) => {
      seen = request.headers
      response.writeHead(200, { 'x-forwarded-user': 'x', 'x-fine': 'y' }).end()
    }
    const answer = await fetch(`${gateway.url}/w/telco`, { headers: spoofed })
    expect(Object.keys(seen).filter((name) => name in spoofed)).toEqual([])
    expect(seen).toMatchObject({ host: new URL(gateway.url).host, 'x-forwarded-proto': 'http' })
    expect(answer.headers.get('x-forwarded-user')).toBeNull()
    expect(answer.headers.get('x-fine')).toBe('y')
  })
})
