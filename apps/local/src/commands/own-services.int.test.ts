/** The launcher on what a person brings: a Postgres of their own, and a real Kubernetes API server. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually, freePortPair, type TestDatabase, withPostgres, withRealApiServer } from '@keelson/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { root } from '../env.ts'

const main = join(import.meta.dirname, '../main.ts')
const isBuilt = existsSync(join(root, 'apps/web/.next/standalone/apps/web/server.js'))
const home = join(mkdtempSync(join(tmpdir(), 'keelson-own-')), 'home')
/** Of a second installation. */
const otherHome = join(home, '../other')
let database: TestDatabase
let other: TestDatabase

function keelson(env: Record<string, string>, ...args: string[]) {
  const result = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    encoding: 'utf8',
    env: { ...process.env, KEELSON_HOME: home, ...env },
    timeout: 120_000,
  })
  return { code: result.status, stdout: result.stdout.trim(), stderr: result.stderr.trim() }
}

beforeAll(async () => {
  database = await withPostgres()
  other = await withPostgres()
})
beforeEach((context) => {
  context.skip(!isBuilt, 'the dashboard is not built: run npm test, or npm start once')
})
afterAll(async () => {
  for (const folder of [home, otherHome]) keelson({ KEELSON_HOME: folder }, 'stop')
  await database.stop()
  await other.stop()
  rmSync(join(home, '..'), { recursive: true, force: true })
}, 60_000)

test('DATABASE_URL: everything is in that database, and none is started', async () => {
  const env = { DATABASE_URL: database.url, KEELSON_PORT: String(await freePortPair()) }
  const started = keelson(env, 'start', '--detach', '--no-sample')
  expect(started.code, started.stderr).toBe(0)
  expect(JSON.parse(keelson(env, 'status', '--json').stdout)).toMatchObject({ databaseUrl: database.url })
  expect(existsSync(join(home, 'postgres'))).toBe(false)
  expect(keelson(env, 'stop').code).toBe(0)
}, 120_000)

test('another front port: the same people are let in', async () => {
  const env = { DATABASE_URL: database.url, KEELSON_PORT: String(await freePortPair()) }
  const started = keelson(env, 'start', '--detach', '--no-sample')
  expect(started.code, started.stderr).toBe(0)
  expect(keelson(env, 'token', '--as', 'admin@keelson.local').code).toBe(0)
  expect(keelson(env, 'stop').code).toBe(0)
}, 120_000)

test('an identity provider of one’s own: none is embedded, and nobody’s token is handed out', async () => {
  const env = {
    DATABASE_URL: database.url,
    KEELSON_PORT: String(await freePortPair()),
    KEELSON_OIDC_ISSUER: 'http://127.0.0.1:1/realms/ml',
    KEELSON_OIDC_CLIENT_SECRET: 'not-asked-for-here',
  }
  try {
    const started = keelson(env, 'start', '--detach', '--no-sample')
    expect(started.code, started.stderr).toBe(0)
    expect(existsSync(join(home, 'run/oidc.pid.json'))).toBe(false)
    for (const command of [['token', '--as', 'admin@keelson.local'], ['demo']]) {
      const refused = keelson(env, ...command)
      expect(refused).toMatchObject({ code: 1, stdout: '' })
      expect(refused.stderr).toContain('embedded')
    }
  } finally {
    keelson(env, 'stop')
  }
}, 120_000)

test('a database that does not answer is one sentence', async () => {
  const env = { DATABASE_URL: 'postgresql://nobody:none@127.0.0.1:1/none', KEELSON_PORT: String(await freePortPair()) }
  const { code, stderr } = keelson(env, 'start', '--detach', '--no-sample')
  expect(stderr.split('\n').at(-1)).toMatch(/^The database cannot be reached: .+\.$/)
  expect(code).toBe(1)
}, 60_000)

test('KUBECONFIG: the same manifests on a real API server, and no kubelite', async (context) => {
  const server = await withRealApiServer({ fresh: true })
  if ('skipped' in server) return context.skip(server.skipped)
  const env = { KUBECONFIG: server.kubeconfig, DATABASE_URL: database.url, KEELSON_PORT: String(await freePortPair()) }
  try {
    // A cluster that was there before may be another installation's.
    const started = keelson(env, 'start', '--detach', '--no-sample', '--take-over')
    expect(started.code, started.stderr).toBe(0)
    const status = JSON.parse(keelson(env, 'status', '--json').stdout)
    expect(status.workspaces).toEqual({})
    expect(existsSync(join(home, 'run/kubelite.pid.json'))).toBe(false)
    expect(readFileSync(join(home, 'run/keelson-gateway.kubeconfig'), 'utf8')).toContain('keelson-gateway')
    // Another one, with a database of its own.
    const second = {
      ...env,
      DATABASE_URL: other.url,
      KEELSON_PORT: String(await freePortPair()),
      KEELSON_HOME: otherHome,
    }
    const refused = keelson(second, 'start', '--detach', '--no-sample')
    expect(refused.code).toBe(1)
    expect(refused.stderr.split('\n').at(-1)).toContain(`The installation in ${home} on `)
    const replaced = keelson(second, 'start', '--detach', '--no-sample', '--take-over')
    expect(replaced.code, replaced.stderr).toBe(0)
    await eventually(() => expect(keelson(env, 'status').code).toBe(1), { timeoutMs: 90_000 })
    expect(readFileSync(join(home, 'logs/supervisor.log'), 'utf8')).toContain(`The installation in ${otherHome} on `)
    expect(keelson(second, 'status').code).toBe(0)
    keelson(second, 'stop')
  } finally {
    keelson(env, 'stop')
    await server.stop()
  }
}, 300_000)
