/** The Helm chart on a real cluster: its pods serve, people sign in, and a killed leader is followed by the other controller. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestIssuer, type TestIssuer } from '@keelson/core/testing'
import { eventually, type TestDatabase, withPostgres } from '@keelson/testing'
import { request } from 'undici'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chart, findTool } from '../deploy/tools.ts'
import { type Cluster, imagesArchive, relay, startCluster } from './cluster.ts'

const namespace = 'ml-system'
const patience = { timeoutMs: 120_000 }
const release = ['keelson', '--namespace', namespace]
let cluster: Cluster
let skipped: string | null = null
let database: TestDatabase
let way: Awaited<ReturnType<typeof relay>>
let issuer: TestIssuer
let front = ''
const folder = mkdtempSync(join(tmpdir(), 'keelson-chart-'))
const stops: (() => unknown)[] = []

const helm = (...args: string[]) =>
  execFileSync(findTool('helm') ?? '', [...args, '--kubeconfig', cluster.kubeconfig], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })

/** A folder of the node as the volume of the artifacts: the cluster makes none by itself. */
function volume(): string {
  const spec = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteMany'] }
  const objects = [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'keelson-artifacts' },
      spec: {
        ...spec,
        storageClassName: '',
        hostPath: { path: join(folder, 'artifacts'), type: 'DirectoryOrCreate' },
        claimRef: { namespace, name: 'models' },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'models', namespace },
      spec: { accessModes: spec.accessModes, storageClassName: '', resources: { requests: spec.capacity } },
    },
  ]
  return objects.map((object) => JSON.stringify(object)).join('\n---\n')
}

beforeAll(async () => {
  const started =
    findTool('helm') === null ? { skipped: 'helm is not here: pnpm test:cluster brings it' } : startCluster()
  if ('skipped' in started) {
    skipped = started.skipped
    return
  }
  cluster = started
  stops.push(() => cluster.stop())
  cluster.load(imagesArchive())
  database = await withPostgres()
  stops.push(() => database.stop())
  const address = new URL(database.url)
  way = await relay(cluster.hostAddress, Number(address.port))
  stops.push(() => way.stop())
  address.host = `${cluster.hostAddress}:${way.port}`
  issuer = await startTestIssuer('keelson-web', cluster.hostAddress)
  stops.push(() => issuer.stop())
  await cluster.kubectlApply(volume())
  stops.push(() => cluster.kubectl('delete', 'pv', 'keelson-artifacts', '--wait=false'))
  stops.push(() => cluster.kubectl('delete', 'namespace', namespace, '--wait=true', '--timeout=120s'))
  const prefix = cluster.hostAddress.replace(/\.128\.1$/, '')
  const web = `${prefix}.200.11`
  front = `http://${prefix}.200.10`
  const small = { resources: { requests: { cpu: '20m', memory: '128Mi' }, limits: { memory: '1Gi' } } }
  const values = {
    url: 'http://keelson.test',
    contentUrl: 'http://content.test',
    advertisedUrl: front,
    image: { repository: 'docker.io/keelson/keelson', pullPolicy: 'Never' },
    database: { url: address.href },
    oidc: { issuer: issuer.issuer, clientSecret: 'not-asked-for-here', adminGroup: 'ml-operators' },
    artifacts: { existingClaim: 'models' },
    service: { clusterIP: `${prefix}.200.10` },
    hostAliases: [{ ip: web, hostnames: [`keelson-web.${namespace}.svc`] }],
    gateway: { ...small, replicas: 1 },
    controller: { ...small, replicas: 2 },
    web: { ...small, replicas: 1, clusterIP: web },
  }
  writeFileSync(join(folder, 'values.json'), JSON.stringify(values))
  // Where the launcher was before on the same cluster, its definitions and roles become the chart's.
  helm('upgrade', '--install', ...release, chart, '-f', join(folder, 'values.json'), '--take-ownership')
  stops.push(() => helm('uninstall', ...release, '--wait'))
})
afterAll(async () => {
  for (const stop of stops.reverse()) await stop()
  rmSync(folder, { recursive: true, force: true })
})
const test = (title: string, body: () => Promise<void> | void) =>
  it(title, async ({ skip }) => (skipped === null ? body() : skip(skipped)))

/**
 * From outside, as a node that dies does: a deleted pod is told first, and lets go of the lease. A container's hostname is the
 * name of its pod, and this machine sees the node's processes.
 */
function killContainer(pod: string, entry: string): void {
  const read = (pid: string, file: string) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0')
    } catch {
      return []
    }
  }
  const found = readdirSync('/proc').filter(
    (pid) =>
      /^\d+$/.test(pid) && read(pid, 'cmdline').includes(entry) && read(pid, 'environ').includes(`HOSTNAME=${pod}`),
  )
  expect(found).toHaveLength(1)
  process.kill(Number(found[0]), 'SIGKILL')
}

/** At the Service's address, under the platform's own name as an ingress hands it on. */
async function ask(path: string, headers: Record<string, string> = {}) {
  const answer = await request(`${front}${path}`, { headers: { host: 'keelson.test', ...headers } })
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
}

test('every Deployment becomes available under the Pod Security level "restricted"', async () => {
  for (const part of ['gateway', 'controller', 'web'])
    await cluster.kubectl('rollout', 'status', '-n', namespace, `deployment/keelson-${part}`, '--timeout=300s')
})

test('the front serves the dashboard, and a visitor who signed in is known to both', async () => {
  await eventually(async () => expect((await ask('/readyz')).status).toBe(200), patience)
  expect((await ask('/login', { accept: 'text/html' })).text).toContain('Keelson')
  const idToken = await issuer.idToken({ sub: 'ada', email: 'ada@example.org', name: 'Ada' })
  const secret = await cluster.kubectl(
    'get',
    'secret',
    'keelson-secrets',
    '-n',
    namespace,
    '-o',
    'jsonpath={.data.KEELSON_INTERNAL_SECRET}',
  )
  const made = await request(`${front}/internal/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${Buffer.from(secret, 'base64')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ idToken }),
  })
  const { session } = (await made.body.json()) as { session: string }
  const cookie = `keelson-session=${session}`
  expect((await ask('/api/trpc/access.me', { cookie })).text).toContain('ada@example.org')
  // Rendered on the server: it asked the gateway at its Service, with the cookie, and was believed.
  const page = await ask('/', { cookie, accept: 'text/html' })
  expect([page.status, page.headers.location ?? '']).toEqual([200, ''])
  expect(page.text).toContain('ada@example.org')
  expect((await ask('/', { accept: 'text/html' })).headers.location).toContain('/login')
})

const holder = () =>
  cluster.kubectl('get', 'lease', 'keelson-controller', '-n', namespace, '-o', 'jsonpath={.spec.holderIdentity}')

test('the leading controller is killed with SIGKILL: another leads and works', async () => {
  await eventually(async () => expect(await holder()).toMatch(/^keelson-controller-/), patience)
  const first = await holder()
  killContainer(first.split('_')[0] ?? '', 'apps/controller/src/main.ts')
  await eventually(
    async () => expect(await holder()).toMatch(new RegExp(`^(?!${first}$)keelson-controller-`)),
    patience,
  )
  const profile = { apiVersion: 'kubeflow.org/v1', kind: 'Profile', metadata: { name: 'chart-test' } }
  await cluster.kubectlApply(JSON.stringify({ ...profile, spec: { owner: { kind: 'User', name: 'ada@example.org' } } }))
  stops.push(() => cluster.kubectl('delete', 'profile', 'chart-test', '--timeout=60s'))
  await eventually(
    async () =>
      expect(
        await cluster.kubectl('get', 'configmap', 'keelson', '-n', 'chart-test', '-o', 'jsonpath={.data}'),
      ).toContain(front),
    patience,
  )
})

test('an upgrade keeps the secrets', async () => {
  const read = () => cluster.kubectl('get', 'secret', 'keelson-secrets', '-n', namespace, '-o', 'jsonpath={.data}')
  const before = await read()
  helm('upgrade', ...release, chart, '-f', join(folder, 'values.json'), '--set', 'logLevel=debug')
  expect(await read()).toBe(before)
})
