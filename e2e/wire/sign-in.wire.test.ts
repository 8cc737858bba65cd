/** The whole way in through the real web server, as a browser goes it, but over plain HTTP. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { HttpBrowser } from '../support/http-browser.ts'
import { people, platformHome, platformStatus } from '../support/platform.ts'

type Person = { email: string; password: string; groups: string[] }

describe.skipIf(platformHome === undefined)('signing in', () => {
  let url = ''
  let passwords = new Map<string, string>()

  beforeAll(async () => {
    const status = await platformStatus()
    url = status.url
    const file = parse(readFileSync(join(status.home, 'people.yaml'), 'utf8')) as { people: Person[] }
    passwords = new Map(file.people.map(({ email, password }) => [email, password]))
  })

  /** What the login page's button does, and then the provider's form. */
  async function signIn(browser: HttpBrowser, email: string, callbackUrl: string) {
    const { csrfToken } = JSON.parse((await browser.open(`${url}/api/auth/csrf`)).body) as { csrfToken: string }
    const answer = await browser.open(`${url}/api/auth/signin/oidc`, { form: { csrfToken, callbackUrl, json: 'true' } })
    const { url: provider } = JSON.parse(answer.body) as { url: string }
    const page = await browser.open(provider, { follow: true })
    if (!page.body.includes('type="password"')) return page
    return browser.open(HttpBrowser.formAction(page), { form: { email, password: passwords.get(email) ?? '' } })
  }

  const whoAmI = async (browser: HttpBrowser) => {
    const page = await browser.open(`${url}/api/trpc/access.me`)
    const body = JSON.parse(page.body) as { result?: { data: { json: { username: string } } } }
    return { status: page.status, username: body.result?.data.json.username }
  }

  it.each(Object.values(people))('takes %s to the page that was asked for, with an opaque cookie', async (email) => {
    const browser = new HttpBrowser()
    const page = await signIn(browser, email, '/settings/tokens')
    expect(new URL(page.url).pathname).toBe('/settings/tokens')
    expect(page.status).toBe(200)
    expect(browser.cookie('keelson-session')).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(await whoAmI(browser)).toEqual({ status: 200, username: email })
  })

  it.each(['https://evil.example/', '//evil.example', '/\\evil.example'])('never leads to %s', async (callbackUrl) => {
    const page = await signIn(new HttpBrowser(), people.viewer, callbackUrl)
    expect(new URL(page.url).origin).toBe(url)
  })

  it('refuses a callback that nobody began, and one with another state', async () => {
    const fresh = new HttpBrowser()
    const page = await fresh.open(`${url}/api/auth/callback/oidc?code=stolen&state=stolen`)
    expect(page.url).toMatch(/\/login\?.*error=/)
    expect(fresh.cookie('keelson-session')).toBeUndefined()
  })

  it('ends everywhere by signing out: here, in another browser’s copy of the cookie, and at the provider', async () => {
    const browser = new HttpBrowser()
    await signIn(browser, people.viewer, '/')
    const stolen = browser.cookie('keelson-session')
    expect(await whoAmI(browser)).toMatchObject({ status: 200 })
    const page = await browser.open(`${url}/api/auth/end`, { form: {} })
    // The provider's page sends its own form at once; here that is done by hand.
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.body)?.[1] ?? ''
    const out = await browser.open(HttpBrowser.formAction(page), { form: { xsrf, logout: 'yes' } })
    expect(new URL(out.url).pathname).toBe('/login')
    expect(browser.cookie('keelson-session')).toBeUndefined()
    const copy = await fetch(`${url}/api/trpc/access.me`, { headers: { cookie: `keelson-session=${stolen}` } })
    expect(copy.status).toBe(401)
    const again = await signIn(new HttpBrowser(), people.viewer, '/')
    expect(again.status).toBe(200)
  })

  it('refuses to sign out what another site sent', async () => {
    const browser = new HttpBrowser()
    await signIn(browser, people.viewer, '/')
    const cookie = `keelson-session=${browser.cookie('keelson-session')}`
    const foreign = await fetch(`${url}/api/auth/end`, {
      method: 'POST',
      headers: { cookie, origin: 'https://evil.example' },
    })
    expect(foreign.status).toBe(403)
    expect(await whoAmI(browser)).toMatchObject({ status: 200 })
  })
})
