/** Who somebody is: headers that claim it, no session at all, names that collide, other sites, and the life of a session. */
import { expect, it } from 'vitest'
import { procedures } from '../support/procedures.ts'
import type { World } from '../support/world.ts'

/** Addresses that answer without an identity, and why that is right. A new one fails the test until it stands here. */
const openRoutes: Readonly<Record<string, string>> = {
  '/healthz': 'probes',
  '/readyz': 'probes',
  '/metrics': 'counts, nothing of anybody',
  '/internal/sessions': 'the internal secret',
  '/internal/tokenreview': 'the internal secret',
  '/internal/tokens': 'the internal secret',
  '/internal/audit': 'the internal secret',
  '/api/auth/*': 'signing in',
  '/api/*': 'nothing is there',
  '/workspaces/*': 'nothing is there',
  '/internal/*': 'nothing is there',
  '/*': 'the dashboard, whose pages ask for the session themselves',
}
/** Of routes that take both: what is asked before anybody signs in. */
const openCalls = /\/mlflow\/(health|version|api\/3\.0\/mlflow\/server-info)$|\/kfp\/apis\/v[12]beta1\/healthz$/

const claims = (email: string) => ({
  'kubeflow-userid': email,
  'kubeflow-groups': 'keelson-admins',
  'x-forwarded-user': email,
  'x-forwarded-email': email,
  'x-goog-authenticated-user-email': `accounts.google.com:${email}`,
  'impersonate-user': email,
  'impersonate-group': 'keelson-admins',
  'remote-user': email,
  'x-auth-request-email': email,
  'x-ms-client-principal-name': email,
})

export function identitySuite(open: () => World): void {
  it('item 1: headers that name alice make nobody alice, at no door', async () => {
    const { podToken, callAs, alpha, emailOf, cookieOf, send } = open()
    const spoofed = claims(emailOf('alice'))
    const me = '/api/trpc/access.me'
    expect((await send({ path: me, headers: spoofed })).status).toBe(401)
    const asMallory = await send({ path: me, headers: { ...spoofed, cookie: cookieOf('mallory') } })
    expect(asMallory.body).toContain(emailOf('mallory'))
    expect(asMallory.body).not.toContain(emailOf('alice'))
    for (const path of [
      `/workspaces/${alpha}/mlflow/api/2.0/mlflow/experiments/search`,
      `/workspaces/${alpha}/serving/churn/v1/models/churn`,
    ]) {
      expect((await send({ path, headers: spoofed })).status, path).toBe(401)
      expect((await send({ path, headers: { ...spoofed, cookie: cookieOf('mallory') } })).status, path).toBe(403)
    }
    // A pod's own token stays the pod's.
    const account = { namespace: open().quota, name: 'default' }
    const token = await podToken(account, [])
    const asPod = await callAs('pod', { ...spoofed, authorization: `Bearer ${token}` }, 'access.me', 'query', undefined)
    expect(asPod.data).toMatchObject({ username: `system:serviceaccount:${account.namespace}:default`, isAdmin: false })
    await open().refused({ actor: emailOf('mallory'), workspace: alpha, what: /mlflow GET/ })
    await open().refused({ actor: 'anonymous', workspace: alpha, what: /mlflow GET/ })
  })

  it('item 2: every procedure of the router answers 401 to nobody', async () => {
    const { callAs, send } = open()
    for (const { path, kind, input } of procedures({})) {
      if (kind === 'subscription') {
        const answer = await send({
          path: `/api/trpc/${path}?input=${encodeURIComponent(JSON.stringify({ json: input }))}`,
          headers: { accept: 'text/event-stream' },
        })
        expect(answer.body, path).toMatch(/UNAUTHORIZED|unauthenticated/)
        continue
      }
      expect(await callAs('anonymous', {}, path, kind, input), path).toMatchObject({ status: 401 })
    }
  })

  it('item 2: every route of the front’s table wants an identity, or stands in the list of open ones', async () => {
    const { gateway, send } = open()
    const unknown = gateway.routes
      .filter(({ identity, pattern }) => identity === 'none' && openRoutes[pattern] === undefined)
      .map(({ pattern }) => pattern)
    expect(unknown).toEqual([])
    for (const { pattern, identity = 'required', name } of gateway.routes) {
      const path = pattern.replace(/:\w+/g, 'x').replace('*', 'x')
      if (identity === 'none' || name === 'trpc' || openCalls.test(path)) continue
      for (const method of ['GET', 'POST', 'PUT', 'DELETE'])
        expect((await send({ path, method })).status, `${method} ${path}`).toBe(401)
      const upgrade = {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'x3JJHMbDL1EzLkh9GBhXDw==',
      }
      expect([400, 401], `upgrade ${path}`).toContain((await send({ path, headers: upgrade })).status)
    }
    for (const path of Object.keys(openRoutes).filter((pattern) => pattern.startsWith('/internal/')))
      expect((await send({ path: path.replace('*', 'x'), method: 'POST', body: '{}' })).status, path).toBe(404)
  })

  it('item 2: every resource of the API server refuses nobody', async () => {
    const { cluster, asNobody } = open()
    const paths = await resourcePaths(cluster)
    expect(paths.length).toBeGreaterThan(20)
    for (const path of paths) expect([401, 403], path).toContain(await asNobody(path))
  })

  it('item 10: names that look alike are other people, and a name that is taken stays its first owner’s', async () => {
    const { gateway, callAs, emailOf, alpha } = open()
    const alice = emailOf('alice')
    await expect(gateway.signIn(alice, { sub: 'another-subject' })).rejects.toThrow('belongs to another account')
    await expect(gateway.signIn(alice.toUpperCase(), { sub: 'another-subject' })).rejects.toThrow('another account')
    await expect(gateway.signIn(alice, { email_verified: false })).rejects.toThrow('not verified')
    await expect(gateway.signIn(alice, { iss: 'https://evil.example' })).rejects.toThrow()
    for (const name of [
      alice.replace('a', '\u0430'),
      `${alice}\u200b`,
      'system:admin',
      `system:serviceaccount:${alpha}:default-editor`,
    ])
      await expect(gateway.signIn(name, { sub: name }), name).rejects.toThrow()
    for (const twin of [alice.replace('-', '.'), alice.replace('example.org', 'example.net'), `:${alice}`]) {
      const cookie = await gateway.signIn(twin, { sub: twin })
      const answer = await callAs(twin, { cookie }, 'experiments.list', 'query', { workspace: alpha })
      expect(answer.error?.code, twin).toBe('forbidden')
    }
    await open().refused({ actor: 'anonymous', what: /internal POST/ })
    await open().refused({ actor: alice.replace('-', '.'), workspace: alpha, what: /experiments\.list/ })
  })

  it('item 17: no other site changes anything with alice’s cookie, whatever the body is called', async () => {
    const { gateway, alpha, cookieOf, send } = open()
    const cookie = cookieOf('alice')
    const mutations = procedures({ workspace: alpha }).filter(({ kind }) => kind === 'mutation')
    expect(mutations.length).toBeGreaterThan(10)
    const senders = [
      { origin: 'https://evil.example', 'content-type': 'application/json' },
      { origin: gateway.contentUrl, 'content-type': 'application/json' },
      { origin: 'null', 'content-type': 'text/plain' },
      { 'content-type': 'text/plain' },
      { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', 'content-type': 'application/json' },
    ]
    for (const { path, input } of mutations) {
      for (const headers of senders) {
        const body = JSON.stringify({ json: input })
        const answer = await send({ path: `/api/trpc/${path}`, method: 'POST', headers: { cookie, ...headers }, body })
        expect(answer.status, `${path} ${JSON.stringify(headers)}`).toBe(403)
      }
      const query = `?input=${encodeURIComponent(JSON.stringify({ json: input }))}`
      expect((await send({ path: `/api/trpc/${path}${query}`, headers: { cookie } })).status, `GET ${path}`).toBe(405)
    }
    const mlflow = {
      path: `/workspaces/${alpha}/mlflow/api/2.0/mlflow/experiments/create`,
      method: 'POST',
      body: '{"name":"planted"}',
    }
    for (const headers of senders) expect((await send({ ...mlflow, headers: { cookie, ...headers } })).status).toBe(403)
    const socket = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'x3JJHMbDL1EzLkh9GBhXDw==',
    }
    expect((await send({ path: '/x', headers: { ...socket, cookie, origin: 'https://evil.example' } })).status).toBe(
      403,
    )
    expect(
      (await send({ path: '/api/auth/end', method: 'POST', headers: { cookie, origin: 'https://evil.example' } }))
        .status,
    ).toBe(403)
    await open().refused({ actor: 'anonymous', what: /trpc POST/ })
    // Cookie tossing: a planted second session does not win, nor does the real one beside it.
    expect(
      (await send({ path: '/api/trpc/access.me', headers: { cookie: `keelson-session=planted; ${cookie}` } })).status,
    ).toBe(401)
  })

  it('item 21: a session ends when it is ended, and what proves nobody is nobody', async () => {
    const { gateway, emailOf, send } = open()
    const cookie = await gateway.signIn(emailOf('mallory'))
    const me = (headers: Record<string, string>) => send({ path: '/api/trpc/access.me', headers })
    expect((await me({ cookie })).status).toBe(200)
    await gateway.internal('/internal/sessions', 'DELETE', { session: cookie.slice('keelson-session='.length) })
    expect((await me({ cookie })).status).toBe(401)
    const good = { sub: 'x', email: 'x@example.org' }
    const valid = await gateway.issuer.idToken(good)
    const [head = '', payload = '', signature = ''] = valid.split('.')
    const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const forged = [
      `${encoded({ alg: 'none' })}.${payload}.`,
      `${encoded({ alg: 'HS256', kid: '../../dev/null' })}.${payload}.${signature}`,
      `${head}.${encoded({ ...good, iss: gateway.issuer.issuer, aud: 'keelson-web', exp: 9_999_999_999 })}.${signature}`,
      await gateway.issuer.idToken({ ...good, aud: 'another-client' }),
      await gateway.issuer.idToken({ ...good, iss: 'https://evil.example' }),
      await gateway.issuer.idToken({ ...good, exp: 1 }),
    ]
    for (const idToken of forged)
      expect((await gateway.internal('/internal/sessions', 'POST', { idToken })).status, idToken.slice(0, 30)).toBe(401)
    for (const token of forged) expect((await me({ authorization: `Bearer ${token}` })).status).toBe(401)
    await open().refused({ actor: 'anonymous', what: /trpc GET/ })
  })
}

/** What discovery names, as an address of one namespace. */
async function resourcePaths(cluster: World['cluster']): Promise<string[]> {
  const groups = (await cluster.get('/apis')).body.groups as { preferredVersion: { groupVersion: string } }[]
  const roots = ['/api/v1', ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)]
  const paths: string[] = []
  for (const root of roots) {
    const { resources = [] } = (await cluster.get(root)).body as {
      resources?: { name: string; namespaced: boolean; verbs: string[] }[]
    }
    for (const { name, namespaced, verbs } of resources) {
      if (name.includes('/') || !verbs.includes('list')) continue
      paths.push(namespaced ? `${root}/namespaces/default/${name}` : `${root}/${name}`)
    }
  }
  return paths
}
