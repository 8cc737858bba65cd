/** Volumes over HTTP: the volumes web app's REST and the dashboard's own calls, what they refuse, and who may ask. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Volume } from '@keelson/contracts/volumes'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { crudWebApp } from '../testing/crud-web-app.ts'
import { startGateway, type TestGateway, trpc } from '../testing/start-gateway.ts'

const resource = (group: string, version: string, plural: string, kind: string) => ({
  group,
  version,
  plural,
  kind,
  namespaced: true,
})
const claims = resource('', 'v1', 'persistentvolumeclaims', 'PersistentVolumeClaim')
const pods = resource('', 'v1', 'pods', 'Pod')
const notebooks = resource('kubeflow.org', 'v1', 'notebooks', 'Notebook')
const quotas = resource('', 'v1', 'resourcequotas', 'ResourceQuota')
const mail = (name: string) => `${name}@example.test`
const patience = { timeoutMs: 20_000 }

let gateway: TestGateway
let workspace = ''
let elsewhere = ''
const cookies = new Map<string, string>()

beforeAll(async () => {
  const started = await startGateway('kubelite')
  if ('skipped' in started) throw new Error(started.skipped)
  gateway = started
  for (const name of ['ana', 'vic', 'mallory']) cookies.set(name, await gateway.signIn(mail(name)))
  workspace = await gateway.platform.makeWorkspace({
    contributor: { kind: 'User', name: mail('ana') },
    viewer: { kind: 'User', name: mail('vic') },
  })
  elsewhere = await gateway.platform.makeWorkspace({ owner: { kind: 'User', name: mail('mallory') } })
  await eventually(async () => expect((await ask('vic', inside('pvcs'))).status).toBe(200), patience)
  await eventually(async () => expect((await ask('mallory', `api/namespaces/${elsewhere}/pvcs`)).status).toBe(200))
}, 180_000)
afterAll(() => gateway?.stop())

const app = crudWebApp(() => gateway, 'volumes', cookies)
const ask = (who: string, path: string, method = 'GET', body?: unknown, csrf = true) =>
  app(who, path, { method, body, csrf })
const inside = (path: string) => `api/namespaces/${workspace}/${path}`
const call = (who: string, path: string, kind: 'query' | 'mutation', input: object) =>
  trpc(
    gateway.url,
    `volumes.${path}`,
    kind,
    { workspace, ...input },
    { cookie: cookies.get(who) ?? '', origin: gateway.url },
  )
const form = (name: string, more: object = {}) => ({
  name,
  type: 'empty',
  size: '1Gi',
  mode: 'ReadWriteOnce',
  class: '{empty}',
  ...more,
})
const create = (object: Record<string, unknown>, kind: typeof pods) =>
  gateway.platform.kube.create(kind, object as KubeObject)
const makePod = (name: string, claimName: string, labels: Record<string, string> = {}) =>
  create(
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: workspace, name, labels },
      spec: {
        containers: [{ name: 'main', image: 'none' }],
        volumes: [{ name: 'v', persistentVolumeClaim: { claimName } }],
      },
    },
    pods,
  )

describe('volumes over HTTP', () => {
  it('are made and shown as upstream’s web app has them', async () => {
    expect((await ask('ana', inside('pvcs'), 'POST', form('data'))).body).toMatchObject({
      success: true,
      message: 'PVC created successfully.',
    })
    const { pvcs } = (await ask('vic', inside('pvcs'))).body as unknown as { pvcs: object[] }
    expect(pvcs).toMatchObject([
      { name: 'data', namespace: workspace, capacity: '1Gi', modes: ['ReadWriteOnce'], notebooks: [] },
    ])
    expect((await ask('vic', inside('pvcs/data'))).body).toMatchObject({ pvc: { metadata: { name: 'data' } } })
    expect((await ask('vic', inside('pvcs/data/pods'))).body).toMatchObject({ pods: [] })
    expect((await ask('vic', inside('pvcs/data/events'))).status).toBe(200)
    expect((await ask('ana', inside('pvcs'), 'POST', form('bare', { class: '{none}' }))).status).toBe(200)
    const bare = await gateway.platform.kube.get<KubeObject & { spec: object }>(claims, {
      namespace: workspace,
      name: 'bare',
    })
    expect(bare.spec).toMatchObject({ storageClassName: '' })
  })

  it('are told with who uses them, and not deleted while pods do', async () => {
    await call('ana', 'create', 'mutation', { name: 'used', size: '2Gi' })
    await makePod('worker', 'used')
    await makePod('looker', 'used', { 'app.kubernetes.io/part-of': 'pvc-viewer' })
    const volumes = [{ name: 'home', persistentVolumeClaim: { claimName: 'used' } }]
    const spec = { template: { spec: { containers: [{ name: 'lab', image: 'none' }], volumes } } }
    const notebook = {
      apiVersion: 'kubeflow.org/v1',
      kind: 'Notebook',
      metadata: { namespace: workspace, name: 'lab' },
    }
    await create({ ...notebook, spec }, notebooks)
    const { data } = await call('vic', 'get', 'query', { name: 'used' })
    expect((data as Volume).usedBy).toEqual([
      { kind: 'Pod', name: 'worker' },
      { kind: 'Notebook', name: 'lab' },
    ])
    const refused = await call('ana', 'delete', 'mutation', { name: 'used' })
    expect([refused.status, refused.error?.message]).toEqual([
      409,
      'The volume used is used by the pod worker: stop or delete what uses it first.',
    ])
    expect((await ask('ana', inside('pvcs/used'), 'DELETE')).status).toBe(409)
    await gateway.platform.kube.delete(pods, { namespace: workspace, name: 'worker' })
    await eventually(async () => {
      const { status, body } = await ask('ana', inside('pvcs/used'), 'DELETE')
      expect([status, body.message], body.log).toEqual([200, 'PVC used successfully deleted.'])
    }, patience)
  })

  it('say what a form would make, and refuse in words what the quota has no room for', async () => {
    const { data } = await call('ana', 'draft', 'query', { name: 'more', size: '3Gi', mode: 'ReadWriteMany' })
    expect((data as { yaml: string }).yaml).toContain('- ReadWriteMany')
    const hard = { 'requests.storage': '4Gi' }
    await create(
      { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { namespace: workspace, name: 'q' }, spec: { hard } },
      quotas,
    )
    await eventually(async () => {
      const refused = await call('ana', 'create', 'mutation', { name: 'large', size: '900Gi' })
      expect([refused.status, refused.error?.message]).toEqual([403, expect.stringContaining('exceeded quota')])
    }, patience)
    await gateway.platform.kube.delete(quotas, { namespace: workspace, name: 'q' })
  })

  it('are refused with the field that is at fault', async () => {
    for (const [field, bad] of [
      ['name', { name: 'A_b' }],
      ['size', { size: 'much' }],
      ['mode', { mode: 'Sometimes' }],
      ['type', { type: 'rok_snapshot' }],
      ['namespace', { namespace: elsewhere }],
    ] as const) {
      const { status, body } = await ask('ana', inside('pvcs'), 'POST', form('x', bad))
      expect([status, body.log], field).toEqual([400, expect.stringContaining(field)])
    }
    expect((await ask('ana', inside('pvcs'), 'PUT')).status).toBe(405)
  })

  it('obey who asks: a viewer looks, an outsider gets nothing, a foreign page changes nothing', async () => {
    expect((await ask('vic', inside('pvcs'), 'POST', form('v'))).status).toBe(403)
    expect((await ask('vic', inside('pvcs/data'), 'DELETE')).status).toBe(403)
    expect((await call('vic', 'create', 'mutation', { name: 'v', size: '1Gi' })).status).toBe(403)
    for (const path of ['pvcs', 'pvcs/data', 'pvcs/data/pods', 'pvcs/data/events', 'pvcs/no-such'])
      expect((await ask('mallory', inside(path))).status, path).toBe(403)
    expect((await ask('mallory', inside('pvcs/data'), 'DELETE')).status).toBe(403)
    for (const path of ['list', 'get', 'choices'])
      expect((await call('mallory', path, 'query', { name: 'data' })).status, path).toBe(403)
    expect((await ask('nobody', inside('pvcs'))).status).toBe(401)
    expect((await ask('ana', inside('pvcs'), 'POST', form('csrf'), false)).status).toBe(403)
    expect((await ask('ana', `api/namespaces/..%2f${elsewhere}/pvcs`)).status).toBeGreaterThanOrEqual(400)
  })
})
