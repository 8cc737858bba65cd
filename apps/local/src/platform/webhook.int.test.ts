/** PodDefaults as the launcher brings them: its certificate, its registration, and the controller as a process with what it is told. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withKubelite } from '@keelson/kubelite/testing'
import { eventually, freePort, withMigratedDatabase } from '@keelson/testing'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../env.ts'
import { homeAt } from '../home/home.ts'
import { type ClusterAdmin, type Manifest, openClusterAdmin } from './cluster-admin.ts'
import { installManifests } from './install-cluster.ts'
import { readKubeconfig } from './kubeconfig.ts'
import { installWebhook, prepareWebhook } from './webhook.ts'

const patience = { timeoutMs: 60_000 }
const closers: (() => unknown)[] = []
let admin: ClusterAdmin
let controller: ChildProcess
let database: pg.Client
const adminName = 'kubelite-admin'

beforeAll(async () => {
  const { url, stop } = await withMigratedDatabase()
  closers.push(stop)
  database = new pg.Client({ connectionString: url })
  await database.connect()
  closers.push(() => database.end())
  const kubelite = await withKubelite({ databaseUrl: url })
  closers.push(() => kubelite.stop())
  const folder = mkdtempSync(join(tmpdir(), 'keelson-webhook-'))
  closers.push(() => rmSync(folder, { recursive: true, force: true }))
  admin = openClusterAdmin(readKubeconfig(kubelite.kubeconfigPath))
  await installManifests(admin)
  const webhook = prepareWebhook(homeAt(folder), 'a secret of this test', await freePort(), ['127.0.0.1'])
  controller = spawn(process.execPath, [join(root, 'apps/controller/src/main.ts')], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      DATABASE_URL: url,
      KEELSON_KUBECONFIG: kubelite.kubeconfigPath,
      KEELSON_ARTIFACTS: folder,
      ...webhook.env,
    },
  })
  closers.push(() => controller.kill('SIGKILL'))
  // Twice, as every start does it.
  for (const _ of [1, 2]) await installWebhook(admin, webhook, true)
}, 120_000)
afterAll(async () => {
  for (const close of closers.reverse()) await close()
})

test('a pod of a workspace gets what a PodDefault of it says', async () => {
  const name = 'webhooked'
  const labels = { 'app.kubernetes.io/part-of': 'kubeflow-profile' }
  await admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }, 'namespaces')
  const podDefault = {
    apiVersion: 'kubeflow.org/v1alpha1',
    kind: 'PodDefault',
    metadata: { namespace: name, name: 'a' },
    spec: { selector: { matchLabels: { a: 'true' } }, env: [{ name: 'A', value: '1' }] },
  }
  await admin.apply(podDefault, 'poddefaults')
  await eventually(async () => {
    const found = await admin.find<Manifest>(`/api/v1/namespaces/${name}`)
    expect(found?.metadata.labels).toMatchObject({ 'keelson.dev/pod-defaults': 'used' })
    const account = `/api/v1/namespaces/${name}/serviceaccounts/default`
    expect(await admin.find(account)).not.toBeNull()
  }, patience)
  const pods = `/api/v1/namespaces/${name}/pods`
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', labels: { a: 'true' } },
    spec: { containers: [{ name: 'main', image: 'none' }] },
  }
  await eventually(() => admin.create(pods, pod), patience)
  const made = await admin.find<Manifest & { spec: { containers: { env?: object[] }[] } }>(`${pods}/p`)
  expect(made?.spec.containers[0]?.env).toEqual([{ name: 'A', value: '1' }])
}, 120_000)

test('whoever makes a job is written down, whatever they write on it; a job is not kept from being made', async () => {
  const jobs = '/apis/batch/v1/namespaces/webhooked/jobs'
  const job = (name: string) => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      uid: '11111111-1111-1111-1111-111111111111',
      annotations: { 'keelson.dev/created-by': 'somebody else' },
    },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'none' }] } } },
  })
  await eventually(async () => {
    const name = `j-${randomBytes(3).toString('hex')}`
    await admin.create(jobs, job(name))
    const { uid } = (await admin.find<Manifest & { metadata: { uid: string } }>(`${jobs}/${name}`))?.metadata ?? {
      uid: '',
    }
    const { rows } = await database.query('select username from object_creator where uid = $1', [uid])
    expect(rows).toEqual([{ username: adminName }])
  }, patience)
  const { rows } = await database.query("select 1 from object_creator where uid like '1111%'")
  expect(rows).toEqual([])
  controller.kill('SIGKILL')
  await admin.create(jobs, job('while-away'))
  expect(await admin.find(`${jobs}/while-away`)).not.toBeNull()
}, 120_000)
