/** The platform's processes under kill -9, one by one and all at once; nothing is left after stop. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually, freePortPair } from '@keelson/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../env.ts'
import { findByEnvironment, ProcessId } from '../processes/process-id.ts'

const main = join(import.meta.dirname, '../main.ts')
// With a blank: people have such folders.
const home = join(mkdtempSync(join(tmpdir(), 'keelson-supervise-')), 'a home')
const isBuilt = existsSync(join(root, 'apps/web/.next/standalone/apps/web/server.js'))
let port = 0

function keelson(...args: string[]) {
  const env = { ...process.env, KEELSON_HOME: home, KEELSON_PORT: String(port) }
  const result = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    encoding: 'utf8',
    env,
    timeout: 90_000,
  })
  return { code: result.status, stdout: result.stdout.trim(), stderr: result.stderr.trim() }
}

function pidOf(name: string): number {
  const file = name === 'supervisor' ? 'owner.json' : `${name}.pid.json`
  return ProcessId.parse(JSON.parse(readFileSync(join(home, 'run', file), 'utf8'))).pid
}

function postgresPid(): number {
  return Number(readFileSync(join(home, 'postgres/postmaster.pid'), 'utf8').split('\n')[0])
}

const isReady = async () => (await fetch(`http://localhost:${port}/readyz`)).status === 200
const apps = ['kubelite', 'oidc', 'gateway', 'controller', 'web']

beforeAll(async () => {
  if (!isBuilt) return
  port = await freePortPair()
  const started = keelson('start', '--detach', '--no-sample')
  expect(started.code, started.stderr).toBe(0)
  expect(started.stdout).toContain(`Keelson is ready: http://localhost:${port}`)
}, 120_000)

afterAll(() => {
  keelson('stop')
  rmSync(join(home, '..'), { recursive: true, force: true })
}, 60_000)

test('status tells where everything is, on standard output alone', (context) => {
  context.skip(!isBuilt, 'the dashboard is not built: run npm test, or npm start once')
  const { code, stdout, stderr } = keelson('status', '--json')
  expect([code, stderr]).toEqual([0, ''])
  expect(JSON.parse(stdout)).toMatchObject({
    url: `http://localhost:${port}`,
    contentUrl: `http://127.0.0.1:${port + 1}`,
    notebooksUrl: `http://127.0.0.1:${port + 2}`,
    kubeconfig: join(home, 'kubeconfig'),
    databaseUrl: expect.stringMatching(/^postgresql:\/\/postgres:.+@127\.0\.0\.1:\d+\/keelson$/),
    home,
    workspaces: {},
  })
})

test('token prints a token that is good, and refuses who is nobody', async (context) => {
  context.skip(!isBuilt, 'the dashboard is not built: run npm test, or npm start once')
  const { code, stdout, stderr } = keelson('token', '--as', 'scientist@keelson.local', '--ttl', '5m')
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/^kls_[\w-]{43}$/)
  const me = await fetch(`http://localhost:${port}/api/trpc/access.me`, {
    headers: { authorization: `Bearer ${stdout}` },
  })
  expect(await me.text()).toContain('scientist@keelson.local')
  const nobody = keelson('token', '--as', 'nobody@example.org')
  expect([nobody.code, nobody.stdout]).toEqual([1, ''])
  expect(nobody.stderr).toContain('nobody@example.org')
})

test('a second start in the same folder is refused', (context) => {
  context.skip(!isBuilt, 'the dashboard is not built: run npm test, or npm start once')
  const { code, stderr } = keelson('start', '--detach')
  expect(code).toBe(1)
  expect(stderr).toMatch(/^Keelson is already running in /)
})

test.each(apps)(
  '%s comes back after kill -9',
  async (name) => {
    if (!isBuilt) return
    const before = pidOf(name)
    process.kill(before, 'SIGKILL')
    await eventually(
      async () => {
        expect(pidOf(name)).not.toBe(before)
        expect(await isReady()).toBe(true)
      },
      { timeoutMs: 30_000 },
    )
  },
  40_000,
)

test('so does Postgres, and the platform finds it again', async (context) => {
  context.skip(!isBuilt, 'the dashboard is not built: run npm test, or npm start once')
  const before = postgresPid()
  process.kill(before, 'SIGKILL')
  await eventually(
    async () => {
      expect(postgresPid()).not.toBe(before)
      expect(await isReady()).toBe(true)
    },
    { timeoutMs: 40_000 },
  )
}, 50_000)

test('the supervisor killed: its processes end, and the next start goes on with the same database server', async (context) => {
  context.skip(!isBuilt, 'the dashboard is not built: run npm test, or npm start once')
  const server = postgresPid()
  process.kill(pidOf('supervisor'), 'SIGKILL')
  const started = keelson('start', '--detach', '--no-sample')
  expect(started.code, started.stderr).toBe(0)
  expect(postgresPid()).toBe(server)
  expect(await isReady()).toBe(true)
}, 120_000)

test('everything killed at once: the next start goes on', async (context) => {
  context.skip(!isBuilt, 'the dashboard is not built: run npm test, or npm start once')
  const all = [pidOf('supervisor'), ...apps.map(pidOf), postgresPid()]
  for (const pid of all) process.kill(pid, 'SIGKILL')
  const started = keelson('start', '--detach', '--no-sample')
  expect(started.code, started.stderr).toBe(0)
  expect(await isReady()).toBe(true)
}, 120_000)

test('stop leaves no process, no socket and no pid file', async (context) => {
  context.skip(!isBuilt, 'the dashboard is not built: run npm test, or npm start once')
  expect(keelson('stop')).toMatchObject({ code: 0, stdout: 'Keelson has stopped.' })
  expect(findByEnvironment('KEELSON_HOME', home)).toEqual([])
  expect(existsSync(join(home, 'postgres/postmaster.pid'))).toBe(false)
  expect(readdirSync(join(home, 'run')).filter((name) => /pid|owner|platform/.test(name))).toEqual([])
  await expect(fetch(`http://localhost:${port}/readyz`)).rejects.toThrow()
  expect(keelson('stop')).toMatchObject({ code: 0, stdout: 'Keelson was not running.' })
}, 60_000)
