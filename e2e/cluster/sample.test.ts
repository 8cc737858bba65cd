/** The launcher on a real cluster: the sample project green, with pods as containers of a node. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePortPair } from '@keelson/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Cluster, imagesArchive, repository, startCluster } from './cluster.ts'

let cluster: Cluster
let skipped: string | null = null
let env: Record<string, string> = {}
const home = join(mkdtempSync(join(tmpdir(), 'keelson-on-a-cluster-')), 'home')

function keelson(...args: string[]) {
  const command = ['--disable-warning=ExperimentalWarning', join(repository, 'apps/local/src/main.ts'), ...args]
  const done = spawnSync(process.execPath, command, { encoding: 'utf8', env: { ...process.env, ...env } })
  return { code: done.status, stdout: done.stdout.trim(), stderr: done.stderr.trim() }
}

beforeAll(async () => {
  const found = startCluster()
  if ('skipped' in found) {
    skipped = found.skipped
    return
  }
  cluster = found
  cluster.load(imagesArchive())
  const port = await freePortPair()
  env = {
    KEELSON_HOME: home,
    KEELSON_PORT: String(port),
    KUBECONFIG: cluster.kubeconfig,
    KEELSON_ADVERTISED_URL: `http://${cluster.hostAddress}:${port}`,
  }
  // A cluster that was there before may have been another test's.
  const started = keelson('start', '--detach', '--no-sample', '--take-over')
  expect(started.code, started.stderr).toBe(0)
})
afterAll(async () => {
  if (skipped !== null) return
  // While the controller is there: it is what lets the workspace go.
  await cluster.kubectl('delete', 'profile', 'telco', '--ignore-not-found', '--wait=true', '--timeout=120s')
  keelson('stop')
  cluster.stop()
  rmSync(join(home, '..'), { recursive: true, force: true })
})
const test = (title: string, body: () => Promise<void> | void) =>
  it(title, async ({ skip }) => (skipped === null ? body() : skip(skipped)))

test('npm run demo: every step is true', () => {
  const demo = keelson('demo', '--json')
  expect(demo.code, demo.stderr).toBe(0)
  const { steps } = JSON.parse(demo.stdout) as { steps: { title: string; status: string }[] }
  expect(steps.filter(({ status }) => status !== 'succeeded')).toEqual([])
  expect(steps.length).toBeGreaterThan(8)
})

test('its pods ran on the node, as nobody in particular, and no kubelite beside it', async () => {
  expect(existsSync(join(home, 'run/kubelite.pid.json'))).toBe(false)
  const { items } = JSON.parse(await cluster.kubectl('get', 'pods', '-n', 'telco', '-o', 'json')) as {
    items: { spec: { nodeName: string }; status: { phase: string; podIP: string } }[]
  }
  expect(items.map(({ status }) => status.phase).sort()).toEqual(['Running', 'Succeeded'])
  expect(new Set(items.map(({ spec }) => spec.nodeName))).toEqual(new Set(['testbed']))
  expect((await cluster.kubectl('exec', '-n', 'telco', 'deploy/churn-predictor', '--', 'id', '-u')).trim()).toBe('1000')
})

test('a job’s log is kept after its pod is gone', async () => {
  const url = `http://localhost:${env.KEELSON_PORT}`
  const token = keelson('token', '--as', 'scientist@keelson.local').stdout
  const ask = async (path: string, input: object) => {
    const query = encodeURIComponent(JSON.stringify({ json: input }))
    const answer = await fetch(`${url}/api/trpc/${path}?input=${query}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(answer.status, path).toBe(200)
    return ((await answer.json()) as { result: { data: { json: unknown } } }).result.data.json
  }
  await cluster.kubectl('delete', 'pod', '-n', 'telco', '-l', 'job-name=train-churn-job', '--wait=true')
  const uid = await cluster.kubectl('get', 'job', '-n', 'telco', 'train-churn-job', '-o', 'jsonpath={.metadata.uid}')
  const read = JSON.stringify(await ask('jobs.logs', { workspace: 'telco', uid, limit: 500 }))
  expect(read).toContain('registered churn version 1')
})

// The cluster's isolation checklist, item 18: the pages of a platform over it, in a browser.
test('no name, note, log line or event of a node’s pods runs in a browser', () => {
  const command = [
    join(repository, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--project',
    'attacks',
    'e2e/attacks/browser.test.ts',
  ]
  const platform = { KEELSON_E2E_HOME: home, KEELSON_E2E_URL: `http://localhost:${env.KEELSON_PORT}` }
  const done = spawnSync(process.execPath, [...command, '-t', 'item 18: '], {
    cwd: repository,
    encoding: 'utf8',
    env: { ...process.env, ...env, ...platform },
  })
  expect(done.stdout).toContain('3 passed, 0 failed')
})

test('a second start finds everything as it is, and people are given no kubeconfig that the cluster would refuse', () => {
  expect(keelson('stop').code).toBe(0)
  const again = keelson('start', '--detach', '--no-sample')
  expect(again.code, again.stderr).toBe(0)
  const status = JSON.parse(keelson('status', '--json').stdout)
  expect(status).toMatchObject({ kubeconfig: cluster.kubeconfig, workspaces: { telco: {} } })
  expect(status.kinds['inferenceservices.serving.kserve.io'].owner).toBe('keelson')
  expect(existsSync(join(home, 'kubeconfig'))).toBe(false)
})
