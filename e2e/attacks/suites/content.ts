/** Addresses that climb, and what a page with somebody else's script could take: paths, cookies, tokens, the content site. */
import { expect, it } from 'vitest'
import type { World } from '../support/world.ts'

export function contentSuite(open: () => World): void {
  it('item 6: no spelling of ".." and no other target leads out of where it began', async () => {
    const { alpha, send, cookieOf, gateway, raw } = open()
    gateway.web.listener = (request, response) => void response.end(`web saw ${request.url}`)
    const headers = { cookie: cookieOf('mallory') }
    const climbs = [
      '../../../',
      '%2e%2e/%2e%2e/%2e%2e/',
      '%252e%252e%252f%252e%252e%252f',
      '..%2f..%2f..%2f',
      '..\\..\\..\\',
      '..%5c..%5c',
      '..;/..;/..;/',
      './../',
    ]
    for (const climb of climbs) {
      for (const start of [
        `/workspaces/${alpha}/content/1/2/artifacts/`,
        `/workspaces/${alpha}/mlflow/`,
        '/w/',
        '/api/trpc/',
      ]) {
        const answer = await send({ path: `${start}${climb}internal/sessions`, headers })
        expect(answer.status, `${start}${climb}`).toBe(400)
        expect(answer.body).not.toContain('web saw')
      }
    }
    const host = new URL(gateway.url).host
    const lines = [
      `GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: ${host}`,
      `GET //evil.example/ HTTP/1.1\r\nHost: ${host}`,
      'CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: 169.254.169.254:80',
      'GET / HTTP/1.1\r\nHost: evil.example',
      `GET / HTTP/1.1\r\nHost: ${host}\r\nHost: evil.example`,
    ]
    for (const line of lines) {
      const answer = await raw(`${line}\r\nConnection: close\r\n\r\n`)
      expect(answer.split('\r\n')[0], line).toMatch(/^HTTP\/1\.1 4\d\d/)
      expect(answer).not.toContain('web saw')
    }
    await open().refused({ actor: 'anonymous', workspace: null, what: /^none GET/ })
  })

  it('item 6: artifacts are written and read inside their own folder only', async () => {
    const { quota, send, cookieOf, gateway } = open()
    const headers = { cookie: cookieOf('bob'), origin: gateway.url }
    for (const key of ['%2e%2e/%2e%2e/escape', '..%2f..%2fescape', 'a%00b', '%2fetc%2fpasswd', 'a/%2e%2e%2f%2e%2e/b']) {
      for (const method of ['PUT', 'GET', 'DELETE']) {
        const answer = await send({
          path: `/workspaces/${quota}/mlflow/api/2.0/mlflow-artifacts/artifacts/${key}`,
          method,
          headers,
          ...(method === 'PUT' ? { body: 'x' } : {}),
        })
        expect(answer.status, `${method} ${key} ${answer.body}`).toBeGreaterThanOrEqual(400)
        expect(answer.status, `${method} ${key}`).toBeLessThan(500)
      }
    }
    for (const path of ['../x', '/etc/passwd', 'a/../../x', '..'])
      expect(
        (await open().call('bob', 'artifacts.list', 'query', { workspace: quota, runId: '0'.repeat(32), path })).data,
        path,
      ).toBeNull()
  })

  it('item 7: the content site has no API, knows no session, and lets nothing run', async () => {
    const { gateway, send, cookieOf, alpha } = open()
    const content = new URL(gateway.contentUrl)
    const at = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
      send({ path, method, port: Number(content.port), headers: { host: content.host, ...headers } })
    for (const path of ['/api/trpc/access.me', '/internal/sessions', `/workspaces/${alpha}/mlflow/version`, '/'])
      expect((await at(path, { cookie: cookieOf('alice') })).status, path).toBe(404)
    const closed = await at(`/artifacts/${alpha}/1/2/artifacts/report.html`, { cookie: cookieOf('alice') })
    expect(closed.status).toBe(401)
    expect(closed.headers['content-security-policy']).toMatch(/^sandbox; default-src 'none'/)
    expect((await at('/artifacts/x', {}, 'POST')).status).toBe(400)
    expect((await at(`/c/${'A'.repeat(43)}`)).status).toBe(401)
    // A script over there asks the platform with the visitor's cookie: another origin and another site.
    const asked = await send({
      path: '/api/trpc/access.me',
      headers: {
        cookie: cookieOf('alice'),
        origin: content.origin,
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'cors',
      },
    })
    expect(asked.status).toBe(403)
    expect(asked.headers['access-control-allow-origin']).toBeUndefined()
    expect(new URL(gateway.url).hostname).not.toBe(content.hostname)
    await open().refused({ actor: 'anonymous', workspace: alpha, what: /^content GET/ })
  })

  it('item 7: the platform’s session cookie is for scripts of no page', async () => {
    const { send } = open()
    const page = await send({ path: '/', headers: { accept: 'text/html' } })
    expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(page.headers['x-frame-options']).toBe('DENY')
    expect(page.headers['access-control-allow-origin']).toBeUndefined()
  })
}
