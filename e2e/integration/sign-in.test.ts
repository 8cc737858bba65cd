/** The embedded provider and the gateway as processes of their own; the test plays the web server, which only dances. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startTestPlatform, type TestPlatform } from '@keelson/core/testing'
import { eventually, freePort } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { HttpBrowser } from '../support/http-browser.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const internalSecret = 'internal-secret-of-the-tests-0123456789'
const clientSecret = 'client-secret-of-the-tests-0123456789'
type Person = { email: string; name: string; password: string; groups: string[] }
type Env = Record<string, string>

let platform: TestPlatform
let home = ''
let url = ''
let env: { oidc: Env; gateway: Env }
const running = new Map<string, ChildProcess>()
let callback: { query: URLSearchParams } = { query: new URLSearchParams() }
const web = createServer((request, response) => {
  callback = { query: new URL(request.url ?? '/', 'http://x').searchParams }
  response.end('web')
})

function start(app: 'oidc' | 'gateway', extra: Env = {}): ChildProcess {
  const entry = app === 'oidc' ? 'apps/local/src/oidc/main.ts' : 'apps/gateway/src/main.ts'
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, entry)], {
    env: { PATH: process.env.PATH ?? '', ...env[app], ...extra },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  running.set(app, child)
  return child
}

async function kill(app: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  const child = running.get(app)
  running.delete(app)
  if (child === undefined || child.exitCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  await ended
}

const people = () => (parse(readFileSync(join(home, 'people.yaml'), 'utf8')) as { people: Person[] }).people
const person = (email: string): Person => {
  const found = people().find((one) => one.email === email)
  if (found === undefined) throw new Error(`${email} is not in people.yaml`)
  return found
}

beforeAll(async () => {
  const started = await startTestPlatform('kubelite')
  if ('skipped' in started) throw new Error(started.skipped)
  platform = started
  home = mkdtempSync(join(tmpdir(), 'keelson-sign-in-'))
  const [port, contentPort, oidcPort, webPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ]
  url = `http://localhost:${port}`
  await new Promise<void>((resolve) => web.listen(webPort, '127.0.0.1', resolve))
  const shared = { KEELSON_URL: url, KEELSON_INTERNAL_SECRET: internalSecret, OIDC_CLIENT_ID: 'keelson-web' }
  env = {
    oidc: { ...shared, KEELSON_HOME: home, KEELSON_OIDC_PORT: String(oidcPort), OIDC_CLIENT_SECRET: clientSecret },
    gateway: {
      ...shared,
      KEELSON_CONTENT_URL: `http://127.0.0.1:${contentPort}`,
      KEELSON_PORT: String(port),
      KEELSON_CONTENT_PORT: String(contentPort),
      KEELSON_NOTEBOOKS_PORT: String(await freePort()),
      DATABASE_URL: platform.databaseUrl,
      KEELSON_KUBECONFIG: await platform.kubeconfigOf('keelson-gateway'),
      KEELSON_ARTIFACTS: join(home, 'artifacts'),
      KEELSON_WEB_UPSTREAM: `http://127.0.0.1:${webPort}`,
      KEELSON_OIDC_UPSTREAM: `http://127.0.0.1:${oidcPort}`,
      OIDC_ISSUER: `${url}/oidc`,
    },
  }
  start('oidc')
  start('gateway')
  await ready()
}, 180_000)

afterAll(async () => {
  for (const app of [...running.keys()]) await kill(app)
  web.closeAllConnections()
  web.close()
  await platform?.stop()
  rmSync(home, { recursive: true, force: true })
})

async function ready(): Promise<void> {
  await eventually(
    async () => (await fetch(`${url}/readyz`)).ok && (await fetch(`${url}/oidc/.well-known/openid-configuration`)).ok,
    { timeoutMs: 40_000, everyMs: 200 },
  )
}

/** Begins a sign-in as next-auth does: PKCE, state, nonce. */
function authorizationRequest(changes: Record<string, string | null> = {}) {
  const verifier = randomBytes(32).toString('base64url')
  const usual: Record<string, string | null> = {
    client_id: 'keelson-web',
    response_type: 'code',
    redirect_uri: `${url}/api/auth/callback/oidc`,
    scope: 'openid email profile groups',
    state: 'the-state',
    nonce: 'the-nonce',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...changes,
  }
  const query = new URLSearchParams(
    Object.entries(usual).filter((entry): entry is [string, string] => entry[1] !== null),
  )
  return { address: `${url}/oidc/auth?${query}`, verifier }
}

async function exchange(
  code: string,
  verifier: string,
  secret = clientSecret,
): Promise<{ id_token?: string; error?: string }> {
  const response = await fetch(`${url}/oidc/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`keelson-web:${secret}`).toString('base64')}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: `${url}/api/auth/callback/oidc`,
    }),
  })
  return (await response.json()) as { id_token?: string; error?: string }
}

async function logIn(browser: HttpBrowser, email: string, password: string) {
  const { address, verifier } = authorizationRequest()
  const form = await browser.open(address)
  const page = await browser.open(HttpBrowser.formAction(form), { form: { email, password } })
  return { page, verifier }
}

function openSession(idToken: string): Promise<Response> {
  return fetch(`${url}/internal/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${internalSecret}` },
    body: JSON.stringify({ idToken }),
  })
}

async function me(cookie: string): Promise<{ status: number; username?: string; groups?: string[] }> {
  const response = await fetch(`${url}/api/trpc/access.me`, { headers: { cookie } })
  const body = (await response.json()) as { result?: { data: { json: { username: string; groups: string[] } } } }
  return { status: response.status, ...body.result?.data.json }
}

describe('signing in with the embedded provider', () => {
  it('writes its people once, for this user’s eyes only', () => {
    expect(people().map(({ email }) => email)).toEqual([
      'admin@keelson.local',
      'scientist@keelson.local',
      'viewer@keelson.local',
      'outsider@keelson.local',
    ])
    for (const file of ['people.yaml', 'oidc/keys.json']) expect(statSync(join(home, file)).mode & 0o077, file).toBe(0)
  })

  it.each(['admin@keelson.local', 'scientist@keelson.local', 'viewer@keelson.local', 'outsider@keelson.local'])(
    'takes %s from the login page to a session',
    async (email) => {
      const browser = new HttpBrowser()
      const { page, verifier } = await logIn(browser, email, person(email).password)
      expect(page.body).toBe('web')
      expect(callback.query.get('state')).toBe('the-state')
      const { id_token: idToken = '' } = await exchange(callback.query.get('code') ?? '', verifier)
      const claims = JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString()) as Record<
        string,
        unknown
      >
      expect(claims).toMatchObject({
        iss: `${url}/oidc`,
        aud: 'keelson-web',
        nonce: 'the-nonce',
        email,
        email_verified: true,
      })
      const opened = (await (await openSession(idToken)).json()) as { session: string }
      expect(await me(`keelson-session=${opened.session}`)).toMatchObject({
        status: 200,
        username: email,
        groups: person(email).groups,
      })
    },
  )

  it('uses a code once, for the right client, with the right verifier', async () => {
    const { email, password } = person('viewer@keelson.local')
    const { verifier } = await logIn(new HttpBrowser(), email, password)
    const code = callback.query.get('code') ?? ''
    expect((await exchange(code, verifier, 'wrong')).error).toBe('invalid_client')
    expect((await exchange(code, randomBytes(32).toString('base64url'))).error).toBe('invalid_grant')
    const again = await logIn(new HttpBrowser(), email, password)
    const fresh = callback.query.get('code') ?? ''
    expect((await exchange(fresh, again.verifier)).id_token).toBeDefined()
    expect((await exchange(fresh, again.verifier)).error).toBe('invalid_grant')
  })

  it('refuses requests without PKCE, to other addresses, and from other clients, on a page of its own', async () => {
    for (const changes of [{ redirect_uri: 'https://evil.example/' }, { client_id: 'other' }]) {
      const page = await new HttpBrowser().open(authorizationRequest(changes).address)
      expect(page.status).toBe(400)
      expect(page.body).toContain('This sign-in cannot go on')
      expect(page.body).not.toContain('googleapis')
    }
    await new HttpBrowser().open(authorizationRequest({ code_challenge: null, code_challenge_method: null }).address)
    expect(callback.query.get('error')).toBe('invalid_request')
  })

  it('shows the login page without anything from outside, and hides whether an e-mail is known', async () => {
    const browser = new HttpBrowser()
    const form = await browser.open(authorizationRequest({ login_hint: '"><script>alert(1)</script>' }).address)
    expect(form.body).not.toContain('<script>')
    expect(form.body).not.toMatch(/(src|href)="https?:|@import/)
    const action = HttpBrowser.formAction(form)
    const unknown = await browser.open(action, { form: { email: 'nobody@example.org', password: 'x' } })
    const wrong = await browser.open(action, { form: { email: 'outsider@keelson.local', password: 'x' } })
    expect([unknown.status, wrong.status]).toEqual([401, 401])
    const sentence = /<div class="bad"[^>]*>([^<]*)/
    expect(sentence.exec(unknown.body)?.[1]).toBe(sentence.exec(wrong.body)?.[1])
  })

  it('slows down who guesses, and only for that e-mail', async () => {
    const browser = new HttpBrowser()
    const form = await browser.open(authorizationRequest().address)
    const action = HttpBrowser.formAction(form)
    const guess = (email: string, password: string) => browser.open(action, { form: { email, password } })
    const statuses: number[] = []
    for (let tries = 0; tries < 6; tries += 1)
      statuses.push((await guess('admin@keelson.local', `guess ${tries}`)).status)
    expect(statuses.at(-1)).toBe(429)
    const right = await guess('admin@keelson.local', person('admin@keelson.local').password)
    expect(right.body).toContain('Too many wrong passwords')
    expect((await guess('viewer@keelson.local', person('viewer@keelson.local').password)).body).toBe('web')
  })

  it('refuses a login form that another site sends', async () => {
    const browser = new HttpBrowser()
    const form = await browser.open(authorizationRequest().address)
    const foreign = await fetch(HttpBrowser.formAction(form), {
      method: 'POST',
      headers: { cookie: 'a=b', origin: 'https://evil.example' },
      body: new URLSearchParams({ email: 'x', password: 'y' }),
    })
    expect(foreign.status).toBe(403)
  })
})

describe('the provider’s own session', () => {
  it('asks for no password again, also after the provider was killed', async () => {
    const browser = new HttpBrowser()
    const { email, password } = person('scientist@keelson.local')
    await logIn(browser, email, password)
    await kill('oidc', 'SIGKILL')
    start('oidc')
    await ready()
    const { address, verifier } = authorizationRequest()
    expect((await browser.open(address)).body).toBe('web')
    expect((await exchange(callback.query.get('code') ?? '', verifier)).id_token).toBeDefined()
  })

  it('ends when the platform signs out, and not when another site wants it', async () => {
    const browser = new HttpBrowser()
    const { email, password } = person('viewer@keelson.local')
    await logIn(browser, email, password)
    const end = `${url}/oidc/session/end?${new URLSearchParams({ client_id: 'keelson-web', post_logout_redirect_uri: `${url}/login` })}`
    const foreign = await fetch(end, {
      headers: {
        cookie: `keelson-oidc=${browser.cookie('keelson-oidc')}; keelson-oidc.sig=${browser.cookie('keelson-oidc.sig')}`,
        'sec-fetch-site': 'cross-site',
      },
    })
    const question = await foreign.text()
    expect(question).toContain('Sign out?')
    expect(question).not.toContain('click()')
    const page = await browser.open(end)
    expect(page.body).toContain('getElementById("yes").click()')
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.body)?.[1] ?? ''
    const out = await browser.open(HttpBrowser.formAction(page), { form: { xsrf, logout: 'yes' } })
    expect(out.url.startsWith(`${url}/login`)).toBe(true)
    expect((await browser.open(authorizationRequest().address)).body).toContain('type="password"')
  })

  it('follows people.yaml: a new person at once, a removed one no more, a broken file changes nothing', async () => {
    const file = join(home, 'people.yaml')
    const before = readFileSync(file, 'utf8')
    const added = `${before}  - email: new@example.org\n    name: New\n    password: long-enough-1\n    groups: [team]\n`
    writeFileSync(file, added)
    const browser = new HttpBrowser()
    expect((await logIn(browser, 'New@Example.org', 'long-enough-1')).page.body).toBe('web')
    writeFileSync(file, 'people: [')
    expect((await browser.open(authorizationRequest().address)).body).toBe('web')
    writeFileSync(file, before)
    expect((await browser.open(authorizationRequest().address)).body).toContain('type="password"')
    expect(statSync(file).mode & 0o077).toBe(0)
  })
})

describe('tokens for scripts', () => {
  const mint = (body: object, secret = internalSecret) =>
    fetch(`${url}/internal/tokens`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}` },
      body: JSON.stringify(body),
    })

  it('are made for the provider’s people, before they ever signed in, and for nobody else', async () => {
    const made = (await (await mint({ email: 'outsider@keelson.local', ttlMs: 60_000 })).json()) as { secret: string }
    const answer = await fetch(`${url}/api/trpc/access.me`, { headers: { authorization: `Bearer ${made.secret}` } })
    expect(await answer.text()).toContain('outsider@keelson.local')
    expect((await mint({ email: 'nobody@keelson.local' })).status).toBe(404)
    expect((await mint({ email: 'outsider@keelson.local' }, 'wrong')).status).toBe(404)
    expect((await mint({ email: 'outsider@keelson.local', ttlMs: -1 })).status).toBe(400)
  })

  it('the provider’s side of it is closed to the outside', async () => {
    const headers = { authorization: `Bearer ${internalSecret}` }
    expect((await fetch(`${url}/oidc/internal/people/admin%40keelson.local`, { headers })).status).toBe(404)
  })
})

describe('what must not happen by accident', () => {
  const refusal = async (extra: Env) => {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', join(root, 'apps/local/src/oidc/main.ts')],
      {
        env: { PATH: process.env.PATH ?? '', ...env.oidc, KEELSON_OIDC_PORT: '0', ...extra },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    let text = ''
    child.stderr.on('data', (chunk) => {
      text += chunk
    })
    const code = await new Promise<number | null>((resolve) => child.once('exit', resolve))
    return { code, text }
  }

  it.each([
    [{ NODE_ENV: 'production' }, 'NODE_ENV=production'],
    [{ KEELSON_URL: 'https://keelson.example.org', KEELSON_EMBEDDED_OIDC: '1' }, 'only serves this machine'],
    [{ KEELSON_INTERNAL_SECRET: 'short' }, 'KEELSON_INTERNAL_SECRET'],
  ])('the provider does not start with %o', async (extra, sentence) => {
    const { code, text } = await refusal(extra as Env)
    expect(code).toBe(1)
    expect(text).toContain(sentence)
  })

  it('a process of the platform ends with the one that started it', async () => {
    const parent = spawn(
      process.execPath,
      [
        '-e',
        `const c = require('node:child_process').spawn(process.execPath, [${JSON.stringify(join(root, 'apps/local/src/oidc/main.ts'))}], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] }); console.log(c.pid); setInterval(() => {}, 1000)`,
      ],
      {
        env: { PATH: process.env.PATH ?? '', ...env.oidc, KEELSON_OIDC_PORT: '0' },
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    )
    const pid = await new Promise<number>((resolve) =>
      parent.stdout.once('data', (chunk) => resolve(Number(String(chunk)))),
    )
    parent.kill('SIGKILL')
    await eventually(() => !isAlive(pid), { timeoutMs: 10_000 })
  })
})

/** A zombie that nobody has reaped yet is dead. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^\S+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
