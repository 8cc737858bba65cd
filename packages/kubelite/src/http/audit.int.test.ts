import { createServer, type Server } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { eventually, type TestDatabase, withPostgres } from '@keelson/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestKubelite, withKubelite } from '../testing/index.ts'

type Told = {
  verb: string
  user: { username?: string }
  impersonatedUser?: { username: string }
  objectRef?: object
  responseStatus: { code: number }
}

let database: TestDatabase
let kubelite: TestKubelite
let webhook: Server
let isAway = false
const told: Told[] = []

beforeAll(async () => {
  webhook = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => {
      text += chunk
    })
    request.on('end', () => {
      const proved = request.headers.authorization === 'Bearer told-secret'
      if (proved && !isAway) told.push(...(JSON.parse(text) as { items: Told[] }).items)
      response.writeHead(isAway ? 503 : 200).end('{}')
    })
  })
  await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve))
  const { port } = webhook.address() as AddressInfo
  database = await withPostgres()
  kubelite = await withKubelite({
    databaseUrl: database.url,
    auditWebhook: { url: `http://127.0.0.1:${port}/internal/audit`, secret: 'told-secret' },
  })
}, 60_000)
afterAll(async () => {
  await kubelite?.stop()
  await database?.stop()
  webhook?.close()
})
beforeEach(() => {
  told.length = 0
  isAway = false
})

const ask = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<{ status: number }> =>
  new Promise((resolve, reject) => {
    const sent = { authorization: `Bearer ${kubelite.adminToken}`, ...headers }
    const request = httpsRequest(`${kubelite.url}${path}`, { method, ca: kubelite.ca, headers: sent }, (response) => {
      response.resume()
      response.once('end', () => resolve({ status: response.statusCode ?? 0 }))
    })
    request.once('error', reject)
    request.end()
  })

describe('the audit webhook', () => {
  it('hears who was refused what, and nothing of what was allowed or is not there', async () => {
    expect((await ask('/api/v1/namespaces/default/secrets')).status).toBe(200)
    expect((await ask('/api/v1/namespaces/default/secrets/none')).status).toBe(404)
    expect((await ask('/api/v1/namespaces/default/secrets/x', { 'impersonate-user': 'bob' }, 'DELETE')).status).toBe(
      403,
    )
    expect((await ask('/api/v1/pods', { authorization: 'Bearer unknown' })).status).toBe(401)
    await eventually(() => expect(told).toHaveLength(2), { timeoutMs: 10_000 })
    expect(told).toMatchObject([
      {
        stage: 'ResponseComplete',
        verb: 'delete',
        user: { username: 'kubelite-admin' },
        impersonatedUser: { username: 'bob' },
        objectRef: { resource: 'secrets', namespace: 'default', name: 'x', apiVersion: 'v1' },
        responseStatus: { code: 403, reason: 'Forbidden' },
      },
      { verb: 'list', user: {}, responseStatus: { code: 401 } },
    ])
  })

  it('hears later what happened while it was away, and keeps nobody waiting', async () => {
    isAway = true
    const started = performance.now()
    for (let index = 0; index < 20; index += 1)
      expect((await ask('/api/v1/secrets', { 'impersonate-user': 'bob' })).status).toBe(403)
    expect(performance.now() - started).toBeLessThan(5_000)
    isAway = false
    await eventually(() => expect(told).toHaveLength(20), { timeoutMs: 20_000 })
  })
})
