/** Kubeflow's own access API and dashboard API, whose holes are known: every call is the proved person's, and authorised. */
import { eventually } from '@keelson/testing'
import { expect, it } from 'vitest'
import type { Attacker, World } from '../support/world.ts'

const refused = [401, 403, 404]

export function kubeflowSuite(open: () => World): void {
  const kfam = (who: Attacker, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const { send, cookieOf, gateway } = open()
    const own = { cookie: cookieOf(who), origin: gateway.url, 'content-type': 'application/json' }
    return send({
      path,
      method,
      headers: { ...own, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }

  it('item 8: /kfam gives mallory and bob no role in alice’s workspace, however they write it', async () => {
    const { alpha, emailOf, cluster } = open()
    const binding = (user: object, role: string, kind = 'ClusterRole') => ({
      user,
      referredNamespace: alpha,
      RoleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: role },
    })
    for (const who of ['bob', 'mallory'] as const) {
      const self = { kind: 'User', name: emailOf(who) }
      for (const body of [
        binding(self, 'admin'),
        binding(self, 'edit'),
        binding(self, 'cluster-admin'),
        binding(self, 'admin', 'Role'),
        binding({ kind: 'ServiceAccount', name: 'default' }, 'edit'),
        binding({ kind: 'Group', name: 'system:authenticated' }, 'view'),
        binding({ kind: 'User', name: 'system:masters' }, 'admin'),
      ]) {
        for (const method of ['POST', 'DELETE'])
          expect(refused, `${who} ${method} ${JSON.stringify(body)}`).toContain(
            (await kfam(who, method, '/kfam/v1/bindings', body, { 'kubeflow-userid': emailOf('alice') })).status,
          )
      }
      const seen = await kfam(who, 'GET', `/kfam/v1/bindings?namespace=${alpha}`, undefined, {
        'kubeflow-userid': emailOf('alice'),
      })
      expect(seen.body).not.toContain(emailOf('alice'))
      expect((await kfam(who, 'GET', '/kfam/v1/bindings')).body).not.toContain(alpha)
    }
    // Alice herself gives nobody what she has not.
    for (const body of [
      binding({ kind: 'User', name: emailOf('mallory') }, 'cluster-admin'),
      binding({ kind: 'Group', name: 'system:authenticated' }, 'view'),
    ])
      expect(refused).toContain((await kfam('alice', 'POST', '/kfam/v1/bindings', body)).status)
    const { items } = (await cluster.get(`/apis/rbac.authorization.k8s.io/v1/namespaces/${alpha}/rolebindings`)).body
    expect(JSON.stringify(items)).not.toMatch(
      new RegExp(`${emailOf('mallory')}|${emailOf('bob')}|system:authenticated`),
    )
    await open().refused({ actor: emailOf('mallory'), workspace: alpha, what: /^kfam POST/ })
  })

  it('item 9: /kfam and /api/workgroup make, take and delete no profile for others', async () => {
    const { alpha, emailOf, cluster } = open()
    for (const name of ['kube-system', 'default', 'keelson-system', alpha]) {
      for (const owner of [emailOf('mallory'), emailOf('alice')]) {
        const body = { metadata: { name }, spec: { owner: { kind: 'User', name: owner } } }
        expect(refused, name).toContain((await kfam('mallory', 'POST', '/kfam/v1/profiles', body)).status)
      }
      expect(refused, name).toContain((await kfam('mallory', 'DELETE', `/kfam/v1/profiles/${name}`)).status)
    }
    for (const [method, path, body] of [
      ['POST', '/api/workgroup/create', { namespace: alpha, user: emailOf('alice') }],
      ['DELETE', '/api/workgroup/nuke-self', undefined],
      ['POST', `/api/workgroup/add-contributor/${alpha}`, { contributor: emailOf('mallory') }],
      ['DELETE', `/api/workgroup/remove-contributor/${alpha}`, { contributor: emailOf('alice') }],
      ['GET', `/api/workgroup/get-contributors/${alpha}`, undefined],
      ['GET', '/api/workgroup/get-all-namespaces', undefined],
    ] as const) {
      const answer = await kfam('mallory', method, path, body, { 'kubeflow-userid': emailOf('alice') })
      expect(answer.status, `${method} ${path} ${answer.body}`).toBeGreaterThanOrEqual(400)
      // 501: a call that is left out, said by name.
      expect(answer.status < 500 || answer.status === 501, path).toBe(true)
    }
    expect((await cluster.get(`/api/v1/namespaces/${alpha}`)).status).toBe(200)
    expect((await kfam('mallory', 'GET', `/kfam/v1/role/clusteradmin?user=${emailOf('root')}`)).body).not.toBe('true')
  })

  it('item 22: Kubeflow’s dashboard API tells mallory of nobody else’s workspace', async () => {
    const { alpha, quota, emailOf } = open()
    for (const path of [
      '/api/workgroup/exists',
      '/api/workgroup/env-info',
      '/api/namespaces',
      `/api/activities/${alpha}`,
      '/kfam/v1/bindings',
    ]) {
      const answer = await kfam('mallory', 'GET', path)
      for (const secret of [quota, emailOf('alice'), emailOf('bob')]) expect(answer.body, path).not.toContain(secret)
    }
  })

  it('item 23: the name of a workspace that is gone gives nobody its history', async () => {
    const { gateway, cluster } = open()
    const name = await gateway.platform.makeWorkspace({ owner: { kind: 'User', name: open().emailOf('alice') } })
    const { call } = open()
    const search = () => call('alice', 'experiments.list', 'query', { workspace: name })
    await eventually(async () => expect((await search()).error).toBeNull(), { timeoutMs: 15_000 })
    const made = await kfam('alice', 'POST', `/workspaces/${name}/mlflow/api/2.0/mlflow/experiments/create`, {
      name: 'secret-plan',
    })
    expect(made.status).toBe(200)
    await cluster.del(`/api/v1/namespaces/${name}`)
    await eventually(async () => expect((await cluster.get(`/api/v1/namespaces/${name}`)).status).toBe(404), {
      timeoutMs: 30_000,
    })
    const answer = await call('mallory', 'workspaces.create', 'mutation', { name })
    expect(answer.error?.code).toBe('already_exists')
    const after = await call('mallory', 'experiments.list', 'query', { workspace: name })
    expect(after.error?.code).toBe('forbidden')
  })
}
