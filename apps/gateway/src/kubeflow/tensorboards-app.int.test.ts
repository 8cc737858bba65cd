/** TensorBoards over HTTP: the web app's REST, the dashboard's own calls, the way in, and who may. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { crudWebApp } from '../testing/crud-web-app.ts'
import { startGateway, type TestGateway, trpc } from '../testing/start-gateway.ts'

const claims = {
  group: '',
  version: 'v1',
  plural: 'persistentvolumeclaims',
  kind: 'PersistentVolumeClaim',
  namespaced: true,
}
const mail = (name: string) => `${name}@example.test`
let gateway: TestGateway
let workspace = ''
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
  await gateway.platform.kube.create(claims, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace: workspace, name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  } as KubeObject)
  await eventually(async () => expect((await ask('vic', 'tensorboards')).status).toBe(200), { timeoutMs: 20_000 })
}, 180_000)
afterAll(() => gateway?.stop())

const app = crudWebApp(() => gateway, 'tensorboards', cookies)
const ask = (who: string, path: string, method = 'GET', body?: object) =>
  app(who, `api/namespaces/${workspace}/${path}`, { method, body })
const form = (logspath: string, more: object = {}) => ({
  name: 'curves',
  logspath,
  configurations: ['add-secret'],
  ...more,
})
const opened = (who: string, name: string) =>
  fetch(`${gateway.url}/workspaces/${workspace}/tensorboards/${name}/open`, {
    redirect: 'manual',
    headers: { cookie: cookies.get(who) ?? '' },
  })

describe('TensorBoards over HTTP', () => {
  it('are made, listed, opened by a code for one use, and deleted', async () => {
    expect((await ask('ana', 'tensorboards', 'POST', form('pvc://data/runs'))).body).toMatchObject({ success: true })
    expect((await ask('vic', 'tensorboards')).body.tensorboards).toMatchObject([
      { name: 'curves', namespace: workspace, logspath: 'pvc://data/runs', status: { phase: 'unavailable' } },
    ])
    expect((await ask('vic', 'pvcs')).body.pvcs).toEqual(['data'])
    expect((await ask('vic', 'poddefaults')).body.poddefaults).toEqual([])
    const { data } = await trpc(
      gateway.url,
      'volumes.get',
      'query',
      { workspace, name: 'data' },
      {
        cookie: cookies.get('vic') ?? '',
      },
    )
    expect(data).toMatchObject({ usedBy: [{ kind: 'Tensorboard', name: 'curves' }] })
    const answer = await eventually(async () => {
      const found = await opened('ana', 'curves')
      expect(found.status).toBe(303)
      return found
    })
    const redeemed = await fetch(answer.headers.get('location') ?? '', { redirect: 'manual' })
    expect(redeemed.headers.get('location')).toBe(`/tensorboard/${workspace}/curves/`)
    expect(redeemed.headers.get('set-cookie')).toContain(`Path=/tensorboard/${workspace}/curves/;`)
    // The cookie of one web app is good for no other, also of the same name.
    const cookie = redeemed.headers.get('set-cookie')?.split(';')[0] ?? ''
    const at = (path: string) => fetch(`${gateway.notebooksUrl}${path}`, { headers: { cookie } })
    expect((await at(`/tensorboard/${workspace}/curves/`)).status).toBe(503)
    expect((await at(`/notebook/${workspace}/curves/`)).status).toBe(401)
    expect((await at(`/pvcviewers/${workspace}/curves/`)).status).toBe(401)
    expect((await ask('ana', 'tensorboards/curves', 'DELETE')).status).toBe(200)
  })

  it('read volumes that are there, and nothing else', async () => {
    for (const path of [
      's3://bucket/x',
      'gs://bucket/x',
      'http://169.254.169.254/',
      '/etc',
      'pvc://data/../x',
      'pvc://none/x',
    ]) {
      const { status, body } = await ask('ana', 'tensorboards', 'POST', form(path, { name: 'bad' }))
      expect([status, body.success], path).toEqual([400, false])
    }
    expect((await ask('ana', 'tensorboards', 'POST', form('pvc://data', { name: 'Bad_name' }))).status).toBe(400)
  })

  it('obey who asks', async () => {
    expect((await ask('vic', 'tensorboards', 'POST', form('pvc://data'))).status).toBe(403)
    for (const who of ['vic', 'mallory']) {
      expect((await opened(who, 'curves')).status, who).toBe(403)
      expect((await opened(who, 'no-such')).status, who).toBe(403)
      expect((await ask(who, 'tensorboards/curves', 'DELETE')).status, who).toBe(403)
    }
    for (const path of ['tensorboards', 'pvcs', 'poddefaults']) expect((await ask('mallory', path)).status).toBe(403)
    expect((await ask('nobody', 'tensorboards')).status).toBe(401)
  })
})
