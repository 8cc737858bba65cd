/** Kubeflow's addresses over HTTP, with real sign-ins: what they answer, and to whom they say no. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../testing/start-gateway.ts'

const rbac = 'rbac.authorization.k8s.io'
const profiles = { group: 'kubeflow.org', version: 'v1', plural: 'profiles', kind: 'Profile', namespaced: false }
const roleBindings = { group: rbac, version: 'v1', plural: 'rolebindings', kind: 'RoleBinding', namespaced: true }
let gateway: TestGateway
let alpha = ''
let beta = ''
const cookies = new Map<string, string>()
const mail = (name: string) => `${name}@example.test`

beforeAll(async () => {
  const started = await startGateway('kubelite')
  if ('skipped' in started) throw new Error(started.skipped)
  gateway = started
  for (const name of ['alice', 'bob', 'carl', 'mallory']) cookies.set(name, await gateway.signIn(mail(name)))
  cookies.set('admin', await gateway.signIn(mail('admin'), { groups: ['keelson-admins'] }))
  alpha = await ownedBy('alice')
  beta = await ownedBy('bob')
}, 180_000)
afterAll(() => gateway?.stop())

/** A workspace as the profile's reconciler makes it. */
async function ownedBy(name: string): Promise<string> {
  const { kube } = gateway.platform
  const workspace = await gateway.platform.makeWorkspace({})
  const owner = { kind: 'User', name: mail(name) }
  await kube.create(profiles, { apiVersion: '', kind: '', metadata: { name: workspace }, spec: { owner } })
  await kube.create(roleBindings, {
    apiVersion: '',
    kind: '',
    metadata: { namespace: workspace, name: 'namespaceAdmin', annotations: { user: owner.name, role: 'admin' } },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'kubeflow-admin' },
    subjects: [{ apiGroup: rbac, ...owner }],
  })
  await eventually(async () => expect((await bindings(name, `?namespace=${workspace}`)).length).toBe(1))
  return workspace
}

type Call = { method?: string; body?: unknown; headers?: Record<string, string> }

function ask(who: string, path: string, { method = 'GET', body, headers = {} }: Call = {}): Promise<Response> {
  const cookie = cookies.get(who)
  return fetch(`${gateway.url}${path}`, {
    method,
    headers: { ...(cookie ? { cookie, origin: gateway.url } : {}), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

type WireBinding = { user: { kind: string; name: string }; referredNamespace: string; RoleRef: { name: string } }

async function bindings(who: string, query = ''): Promise<WireBinding[]> {
  const answer = (await (await ask(who, `/kfam/v1/bindings${query}`)).json()) as { bindings: WireBinding[] }
  return answer.bindings
}

const wish = (workspace: string, name: string, role = 'edit') => ({
  user: { kind: 'User', name: mail(name) },
  referredNamespace: workspace,
  RoleRef: { kind: 'ClusterRole', name: role },
})

describe('the access management API', () => {
  it('greets, says its errors in plain text, and knows nobody without an identity', async () => {
    expect(await (await ask('alice', '/kfam/')).text()).toBe('Hello World!')
    expect((await ask('alice', '/kfam/v1/nothing')).status).toBe(404)
    for (const path of ['/kfam/', '/kfam/v1/bindings', '/kfam/v1/role/clusteradmin', '/api/workgroup/exists'])
      expect((await ask('nobody', path)).status, path).toBe(401)
    const spoofed = await ask('nobody', '/kfam/v1/bindings', { headers: { 'kubeflow-userid': mail('alice') } })
    expect(spoofed.status).toBe(401)
  })

  it('makes and takes bindings under upstream’s names, in either spelling of the key', async () => {
    const made = await ask('alice', '/kfam/v1/bindings', { method: 'POST', body: wish(alpha, 'carl') })
    expect([made.status, await made.text()]).toEqual([200, ''])
    const name = 'user-carl-example-test-clusterrole-edit'
    const found = await gateway.platform.kube.get<KubeObject>(roleBindings, { namespace: alpha, name })
    expect(found.metadata.annotations).toEqual({ user: mail('carl'), role: 'edit' })
    expect(await bindings('alice', `?namespace=${alpha}&role=edit`)).toEqual([wish(alpha, 'carl')])
    expect(await bindings('alice', `?user=${mail('carl')}`)).toEqual([wish(alpha, 'carl')])
    const { RoleRef: roleRef, ...rest } = wish(alpha, 'carl')
    const gone = await ask('alice', '/kfam/v1/bindings', { method: 'DELETE', body: { ...rest, roleRef } })
    expect([gone.status, await gone.text()]).toEqual([200, ''])
    expect(await bindings('alice', `?namespace=${alpha}&role=edit`)).toEqual([])
    const again = await ask('alice', '/kfam/v1/bindings', { method: 'DELETE', body: wish(alpha, 'carl') })
    expect(again.status).toBe(403)
  })

  it('tells each only what they may know: a listing never fails for another’s odd binding', async () => {
    await gateway.platform.kube.create(roleBindings, {
      apiVersion: '',
      kind: '',
      metadata: { namespace: beta, name: 'odd', annotations: { user: 'x', role: 'edit' } },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'kubeflow-edit' },
      subjects: [],
    })
    await ask('alice', '/kfam/v1/bindings', { method: 'POST', body: wish(alpha, 'carl', 'view') })
    expect(await bindings('carl')).toEqual([wish(alpha, 'carl', 'view')])
    expect(await bindings('mallory')).toEqual([])
    expect(await bindings('mallory', `?namespace=${alpha}`)).toEqual([])
    expect(new Set((await bindings('alice')).map((each) => each.referredNamespace))).toEqual(new Set([alpha]))
    const all = new Set((await bindings('admin')).map((each) => each.referredNamespace))
    expect([all.has(alpha), all.has(beta)]).toEqual([true, true])
    const known = async (who: string, about: string) => {
      const answer = await ask(who, `/kfam/v1/role/clusteradmin?user=${mail(about)}`)
      return [answer.status, answer.status === 200 ? await answer.text() : '']
    }
    expect(await known('admin', 'admin')).toEqual([200, 'true'])
    expect(await known('alice', 'alice')).toEqual([200, 'false'])
    expect(await known('admin', 'alice')).toEqual([200, 'false'])
    expect(await known('alice', 'admin')).toEqual([403, ''])
  })

  it.each([
    ['a contributor makes themselves owner', 'carl', () => wish(alpha, 'carl', 'admin')],
    ['an outsider makes themselves owner', 'mallory', () => wish(alpha, 'mallory', 'admin')],
    ['an owner reaches into another workspace', 'bob', () => wish(alpha, 'bob')],
    ['cluster-admin', 'alice', () => wish(alpha, 'alice', 'cluster-admin')],
    ['a Role', 'alice', () => ({ ...wish(alpha, 'carl'), RoleRef: { kind: 'Role', name: 'admin' } })],
    [
      'a ServiceAccount',
      'alice',
      () => ({ ...wish(alpha, 'carl'), user: { kind: 'ServiceAccount', name: 'default' } }),
    ],
    ['everybody', 'alice', () => ({ ...wish(alpha, 'carl'), user: { kind: 'Group', name: 'system:authenticated' } })],
    ['the masters', 'alice', () => ({ ...wish(alpha, 'carl'), user: { kind: 'User', name: 'system:masters' } })],
    ['a namespace that is none', 'alice', () => wish('..', 'carl')],
    ['nothing', 'alice', () => ({})],
  ])('refuses with 403: %s', async (_what, who, body) => {
    expect((await ask(who, '/kfam/v1/bindings', { method: 'POST', body: body() })).status).toBe(403)
  })

  it('refuses profiles that are another’s, and every theft of one', async () => {
    const post = async (who: string, name: string, spec: object = {}) =>
      (await ask(who, '/kfam/v1/profiles', { method: 'POST', body: { metadata: { name }, spec } })).status
    const owner = { kind: 'User', name: mail('bob') }
    for (const name of ['kube-system', 'default', 'keelson-system', alpha, 'Upper', '../x', '']) {
      expect(await post('mallory', name), name).toBe(403)
    }
    expect(await post('mallory', 'for-bob', { owner })).toBe(403)
    expect(await post('mallory', 'rich', { resourceQuotaSpec: { hard: { pods: '999' } } })).toBe(403)
    expect((await ask('mallory', `/kfam/v1/profiles/${alpha}`, { method: 'DELETE' })).status).toBe(401)
    expect((await ask('carl', `/kfam/v1/profiles/${alpha}`, { method: 'DELETE' })).status).toBe(401)
    expect((await ask('mallory', '/kfam/v1/profiles/kube-system', { method: 'DELETE' })).status).toBe(401)
    const foreign = await ask('alice', `/kfam/v1/profiles/${alpha}`, {
      method: 'DELETE',
      headers: { origin: 'http://evil.example' },
    })
    expect(foreign.status).toBe(401)
    const spec = { owner, resourceQuotaSpec: { hard: { pods: '9' } } }
    const name = `${beta}-more`
    expect(await post('admin', name, spec)).toBe(200)
    expect((await gateway.platform.kube.get<KubeObject>(profiles, { name })).spec).toEqual(spec)
    expect((await ask('admin', `/kfam/v1/profiles/${name}`, { method: 'DELETE' })).status).toBe(200)
  })
})

describe('the dashboard’s addresses', () => {
  it('say who one is and where', async () => {
    expect(await (await ask('alice', '/api/workgroup/exists')).json()).toEqual({
      user: mail('alice'),
      hasAuth: true,
      hasWorkgroup: true,
      registrationFlowAllowed: true,
    })
    expect(await (await ask('alice', '/api/workgroup/env-info')).json()).toMatchObject({
      user: mail('alice'),
      isClusterAdmin: false,
      namespaces: [{ user: mail('alice'), namespace: alpha, role: 'owner' }],
    })
    const namespaces = (await (await ask('alice', '/api/namespaces')).json()) as KubeObject[]
    expect(namespaces.map((each) => each.metadata.name)).toEqual([alpha])
    expect(await (await ask('mallory', '/api/namespaces')).json()).toEqual([])
    expect((await ask('alice', `/api/activities/${alpha}`)).status).toBe(200)
    expect((await ask('mallory', `/api/activities/${alpha}`)).status).toBe(403)
    expect(await (await ask('alice', '/api/dashboard-links')).json()).toHaveProperty('menuLinks')
    expect((await ask('alice', '/api/metrics/node')).status).toBe(501)
  })

  it('add and remove contributors for owners alone', async () => {
    const change = (who: string, what: 'add' | 'remove', workspace: string) =>
      ask(who, `/api/workgroup/${what}-contributor/${workspace}`, {
        method: what === 'add' ? 'POST' : 'DELETE',
        body: { contributor: mail('dora') },
      })
    expect(await (await change('alice', 'add', alpha)).json()).toEqual([mail('dora')])
    expect(await (await ask('alice', `/api/workgroup/get-contributors/${alpha}`)).json()).toEqual([mail('dora')])
    for (const who of ['carl', 'bob', 'mallory']) {
      expect((await change(who, 'add', alpha)).status, who).toBe(403)
      expect((await change(who, 'remove', alpha)).status, who).toBe(403)
      expect((await ask(who, `/api/workgroup/get-contributors/${alpha}`)).status, who).toBe(403)
    }
    expect(await (await change('alice', 'remove', alpha)).json()).toEqual([])
  })

  it('give the list of everything to operators alone, and nuke nothing', async () => {
    expect((await ask('alice', '/api/workgroup/get-all-namespaces')).status).toBe(403)
    const all = (await (await ask('admin', '/api/workgroup/get-all-namespaces')).json()) as string[][]
    expect(all.find(([name]) => name === alpha)).toEqual([alpha, mail('alice'), mail('carl')])
    const nuked = await ask('alice', '/api/workgroup/nuke-self', { method: 'DELETE' })
    expect([nuked.status, await nuked.json()]).toEqual([501, { error: expect.stringContaining('nuke-self') }])
    const forAnother = await ask('mallory', '/api/workgroup/create', {
      method: 'POST',
      body: { namespace: 'for-bob', user: mail('bob') },
    })
    expect(forAnother.status).toBe(403)
  })
})
