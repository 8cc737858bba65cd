/** The Jupyter web app's REST over HTTP: its shapes, its refusals, and who may ask. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Notebook } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { crudWebApp } from '../testing/crud-web-app.ts'
import { startGateway, type TestGateway, trpc } from '../testing/start-gateway.ts'

const resource = (group: string, version: string, plural: string, kind: string, namespaced = true) => ({
  group,
  version,
  plural,
  kind,
  namespaced,
})
const notebooks = resource('kubeflow.org', 'v1', 'notebooks', 'Notebook')
const claims = resource('', 'v1', 'persistentvolumeclaims', 'PersistentVolumeClaim')
const podDefaults = resource('kubeflow.org', 'v1alpha1', 'poddefaults', 'PodDefault')
const profiles = resource('kubeflow.org', 'v1', 'profiles', 'Profile', false)
const mail = (name: string) => `${name}@example.test`

const shipped = readFileSync(
  resolve(import.meta.dirname, '../../../../packages/core/src/notebooks/spawner_ui_config.yaml'),
  'utf8',
)
let folder = ''
const file = () => join(folder, 'spawner_ui_config.yaml')
let gateway: TestGateway
let workspace = ''
const cookies = new Map<string, string>()

const ask = crudWebApp(() => gateway, 'jupyter', cookies)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keelson-spawner-'))
  writeFileSync(file(), shipped)
  const started = await startGateway('kubelite', { env: { KEELSON_SPAWNER_CONFIG: file() } })
  if ('skipped' in started) throw new Error(started.skipped)
  gateway = started
  for (const name of ['ana', 'vic', 'mallory']) cookies.set(name, await gateway.signIn(mail(name)))
  const { kube } = gateway.platform
  workspace = await gateway.platform.makeWorkspace({
    contributor: { kind: 'User', name: mail('ana') },
    viewer: { kind: 'User', name: mail('vic') },
  })
  const nodes = resource('', 'v1', 'nodes', 'Node', false)
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'gpus' } }
  await kube.create(nodes, node)
  const allocatable = { cpu: '8', memory: '32Gi', pods: '110', 'nvidia.com/gpu': '2' }
  await kube.applyStatus(nodes, { ...node, status: { allocatable } }, { fieldManager: 'test' })
  const owner = { kind: 'User', name: mail('ana') }
  await kube.create(profiles, { apiVersion: '', kind: '', metadata: { name: workspace }, spec: { owner } })
  await kube.create(podDefaults, {
    apiVersion: 'kubeflow.org/v1alpha1',
    kind: 'PodDefault',
    metadata: { namespace: workspace, name: 'secrets' },
    spec: { selector: { matchLabels: { 'use-secrets': 'true' } }, desc: 'The team’s secrets' },
  })
  await eventually(async () => expect((await ask('vic', 'api/namespaces')).status).toBe(200))
}, 180_000)
afterAll(async () => {
  await gateway?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const inside = (path: string) => `api/namespaces/${workspace}/${path}`
const spawn = (who: string, form: object) => ask(who, inside('notebooks'), { method: 'POST', body: form })
const find = (name: string) => gateway.platform.kube.find<Notebook>(notebooks, { namespace: workspace, name })

describe('the Jupyter web app’s REST', () => {
  it('says what it offers, to who is somebody somewhere', async () => {
    const { body } = await ask('vic', 'api/config')
    expect(body).toMatchObject({
      status: 200,
      success: true,
      user: mail('vic'),
      config: { image: { value: 'keelson/jupyter:1' }, allowCustomImage: true },
    })
    expect((await ask('vic', 'api/gpus')).body).toMatchObject({ vendors: ['nvidia.com/gpu'] })
    expect((await ask('vic', 'api/namespaces')).body).toMatchObject({ namespaces: [workspace] })
    expect(Object.keys((await ask('vic', 'api/storageclasses')).body)).toContain('storageClasses')
    expect((await ask('vic', inside('poddefaults'))).body).toMatchObject({
      poddefaults: [{ label: 'use-secrets', desc: 'The team’s secrets' }],
    })
  })

  it.each(['api/config', 'api/gpus', 'api/namespaces', 'api/storageclasses', 'api/storageclasses/default'])(
    'tells an outsider nothing: %s',
    async (path) => {
      const { status, body } = await ask('mallory', path)
      expect([status, body.success]).toEqual([403, false])
      expect((await ask('nobody', path)).status).toBe(401)
    },
  )

  it('lets a notebook be made with its volume, seen, stopped once, started and deleted', async () => {
    const made = await spawn('ana', {
      name: 'lab',
      namespace: workspace,
      configurations: ['use-secrets'],
      environment: { LANG: 'C.UTF-8' },
    })
    expect(made.body).toMatchObject({ status: 200, success: true, message: 'Notebook created successfully.' })
    expect((await find('lab'))?.metadata).toMatchObject({
      labels: { app: 'lab', 'use-secrets': 'true' },
      annotations: { 'notebooks.kubeflow.org/creator': mail('ana') },
    })
    const [row] = (await ask('vic', inside('notebooks'))).body.notebooks as unknown as Record<string, unknown>[]
    expect(row).toMatchObject({
      name: 'lab',
      namespace: workspace,
      serverType: 'jupyter',
      image: 'keelson/jupyter:1',
      shortImage: 'jupyter:1',
      cpu: '0.5',
      memory: '1.0Gi',
      gpus: { count: 0, message: '' },
      volumes: ['lab-workspace', 'dshm'],
      status: { phase: 'waiting' },
    })
    expect((await ask('vic', inside('notebooks/lab'))).body).toMatchObject({
      notebook: { kind: 'Notebook', processed_status: { phase: 'waiting' } },
    })
    expect((await ask('vic', inside('pvcs'))).body).toMatchObject({
      pvcs: [{ name: 'lab-workspace', size: '5Gi', mode: 'ReadWriteOnce' }],
    })
    expect(await ask('vic', inside('notebooks/lab/pod'))).toMatchObject({
      status: 404,
      body: { log: 'No pod detected.' },
    })
    const patch = (stopped: unknown) => ask('ana', inside('notebooks/lab'), { method: 'PATCH', body: { stopped } })
    expect((await patch(true)).status).toBe(200)
    expect(await patch(true)).toMatchObject({ status: 409, body: { success: false } })
    expect((await find('lab'))?.metadata.annotations?.['kubeflow-resource-stopped']).toMatch(/^\d{4}-.*\dZ$/)
    expect((await patch(undefined)).body.log).toContain('at least one supported key: stopped')
    expect((await patch(false)).status).toBe(200)
    expect((await find('lab'))?.metadata.annotations?.['kubeflow-resource-stopped']).toBeUndefined()
    const gone = await ask('ana', inside('notebooks/lab'), { method: 'DELETE' })
    expect(gone.body).toMatchObject({ success: true, message: 'Notebook lab successfully deleted.' })
    // What was saved stays.
    const { kube } = gateway.platform
    expect((await kube.list<KubeObject>(claims, { namespace: workspace })).items.length).toBe(1)
  })

  it.each([
    [
      'a path of the machine',
      { datavols: [{ mount: '/x', existingSource: { hostPath: { path: '/' } } }] },
      'datavols.0',
    ],
    ['a label of no PodDefault', { configurations: ['is-admin'] }, 'no PodDefault with the label is-admin'],
    ['another namespace than the address’s', { namespace: 'kube-system' }, 'namespace: the body says kube-system'],
    [
      'no claim of this workspace',
      { workspace: { mount: '/x', existingSource: { persistentVolumeClaim: { claimName: 'no' } } } },
      'There is no volume no',
    ],
    ['an image that is none', { image: 'a b' }, 'image: must be the name of an image'],
  ])('refuses with 400, and makes nothing: %s', async (_what, form, why) => {
    const { status, body } = await spawn('ana', { name: 'wrong', ...form })
    expect([status, body.success]).toEqual([400, false])
    expect(body.log).toContain(why)
    expect(await find('wrong')).toBeNull()
  })

  it('holds to the installation’s file as it is now, and says what is wrong with it', async () => {
    const strict = shipped
      .replace('allowCustomImage: true', 'allowCustomImage: false')
      .replace(/(limitFactor: "1.2"\n\s+readOnly: )false/, '$1true')
    writeFileSync(file(), strict)
    expect((await ask('ana', 'api/config')).body).toMatchObject({
      config: { allowCustomImage: false, cpu: { readOnly: true } },
    })
    const refused = async (form: object) => {
      const { status, body } = await spawn('ana', { name: 'strict', ...form })
      return `${status} ${body.log}`
    }
    expect(await refused({ image: 'busybox:1' })).toContain('400 The image busybox:1 is not offered here')
    expect(await refused({ customImageCheck: true, customImage: 'busybox:1' })).toContain('400 The image busybox:1')
    expect(await refused({ cpu: '4' })).toContain("400 'cpu' is readonly but a value was provided")
    writeFileSync(file(), shipped.replace('value: "0.5"', 'value: plenty'))
    expect(await refused({})).toContain('503 The spawner')
    expect(await refused({})).toContain('spawnerFormDefaults.cpu.value')
    expect(await find('strict')).toBeNull()
    writeFileSync(file(), shipped)
  })

  it('lets viewers see and change nothing, and outsiders not even see', async () => {
    expect((await spawn('vic', { name: 'mine' })).status).toBe(403)
    expect((await ask('vic', inside('notebooks/lab'), { method: 'DELETE' })).status).toBe(403)
    for (const path of [
      'notebooks',
      'pvcs',
      'poddefaults',
      'notebooks/lab',
      'notebooks/lab/events',
      'notebooks/lab/pod',
    ])
      expect((await ask('mallory', inside(path))).status, path).toBe(403)
    expect(await find('mine')).toBeNull()
  })

  it('wants the cookie twice of who comes by cookie', async () => {
    const bare = await ask('ana', inside('notebooks'), { method: 'POST', body: { name: 'forged' }, csrf: false })
    expect([bare.status, bare.body.log]).toEqual([403, 'Could not find CSRF cookie XSRF-TOKEN in the request.'])
    const given = await fetch(`${gateway.url}/jupyter/api/namespaces`, {
      headers: { cookie: cookies.get('ana') ?? '' },
    })
    expect(given.headers.get('set-cookie')).toMatch(/^XSRF-TOKEN=.+; Path=\/jupyter\/; SameSite=Strict$/)
    expect(await find('forged')).toBeNull()
  })

  it('leaves nothing half-made behind, and deletes only a volume that nobody else uses', async () => {
    const { kube } = gateway.platform
    const headers = { cookie: cookies.get('ana') ?? '', origin: gateway.url }
    const call = (name: string, input: object) =>
      trpc(gateway.url, `notebooks.${name}`, 'mutation', { workspace, ...input }, headers)
    const shared = { mount: '/data', existingSource: { persistentVolumeClaim: { claimName: 'lab-workspace' } } }
    expect((await call('spawn', { form: { name: 'one', datavols: [shared] } })).error).toBeNull()
    expect((await call('clone', { name: 'one', as: 'two' })).error).toBeNull()
    const taken = await call('clone', { name: 'one', as: 'two' })
    expect(taken.error?.message).toContain('There is a volume two-workspace already')
    const running = await call('resize', { name: 'two', cpu: '1' })
    expect(running.error?.code).toBe('precondition')
    await call('stop', { name: 'two' })
    expect((await call('resize', { name: 'two', cpu: '1' })).error).toBeNull()
    expect((await find('two'))?.spec.template?.spec?.containers[0]).toMatchObject({
      resources: { requests: { cpu: '1', memory: '1.0Gi' }, limits: { cpu: '1.2', memory: '1.2Gi' } },
    })
    expect((await call('setCulling', { name: 'two', isOn: false })).error).toBeNull()
    expect((await find('two'))?.metadata.annotations?.['keelson.dev/culling']).toBe('disabled')
    // A quota with room for one more volume: each of two would be taken, and both are not.
    const quota = resource('', 'v1', 'resourcequotas', 'ResourceQuota')
    await kube.create(quota, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { namespace: workspace, name: 'few' },
      spec: { hard: { persistentvolumeclaims: '4' } },
    })
    await eventually(async () => {
      const { status } = await kube.get<KubeObject & { status?: { used?: object } }>(quota, {
        namespace: workspace,
        name: 'few',
      })
      expect(status?.used).toEqual({ persistentvolumeclaims: '3' })
    })
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
    const more = { mount: '/more', newPvc: { metadata: { name: '{notebook-name}-more' }, spec } }
    const refused = await call('spawn', { form: { name: 'three', datavols: [more] } })
    expect(refused.error?.message).toContain('exceeded quota')
    expect(await find('three')).toBeNull()
    const isLeft = async (name: string) => {
      const found = await kube.find<KubeObject>(claims, { namespace: workspace, name })
      return found !== null && found.metadata.deletionTimestamp === undefined
    }
    expect([await isLeft('three-workspace'), await isLeft('three-more')]).toEqual([false, false])
    const gone = await call('delete', { name: 'two', volumes: true })
    expect(gone.data).toEqual({ volumes: ['two-workspace'] })
    expect(await isLeft('two-workspace')).toBe(false)
    expect([await isLeft('lab-workspace'), await isLeft('one-workspace')]).toEqual([true, true])
  })
})
