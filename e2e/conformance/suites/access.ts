import { eventually } from '@keelson/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { configMap, type Json, type Subject } from '../cluster.ts'

export function accessSuite({ cluster }: Subject): void {
  describe('access', () => {
    let ns = ''
    const rbac = '/apis/rbac.authorization.k8s.io/v1'
    const alice = { 'Impersonate-User': 'alice@example.dev' }
    const cm = (name = '') => `/api/v1/namespaces/${ns}/configmaps${name ? `/${name}` : ''}`
    const role = (name: string, rules: object[]) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name },
      rules,
    })
    const binding = (name: string, ref: object, subjects: object[]) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', ...ref },
      subjects,
    })
    const person = (name: string) => ({ kind: 'User', name, apiGroup: 'rbac.authorization.k8s.io' })
    const can = async (user: object, resourceAttributes: object): Promise<Json> =>
      (
        await cluster().post('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec: { ...user, resourceAttributes },
        })
      ).body.status

    beforeAll(async () => {
      ns = await cluster().namespace()
      await cluster().post(
        `${rbac}/namespaces/${ns}/roles`,
        role('reader', [
          { apiGroups: [''], resources: ['configmaps', 'pods/log'], verbs: ['get', 'list', 'watch'] },
          { apiGroups: [''], resources: ['secrets'], resourceNames: ['one'], verbs: ['get'] },
        ]),
      )
      await cluster().post(
        `${rbac}/namespaces/${ns}/rolebindings`,
        binding('alice', { kind: 'Role', name: 'reader' }, [person('alice@example.dev')]),
      )
      await eventually(
        async () =>
          (await can({ user: 'alice@example.dev' }, { namespace: ns, verb: 'get', resource: 'configmaps' })).allowed ===
          true,
      )
    })

    test('what a role gives is allowed, the rest is refused in these words', async () => {
      expect((await cluster().get(cm(), alice)).status).toBe(200)
      const refused = await cluster().post(cm(), configMap('x'), alice)
      expect([refused.status, refused.body]).toEqual([
        403,
        {
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Failure',
          reason: 'Forbidden',
          code: 403,
          message: `configmaps is forbidden: User "alice@example.dev" cannot create resource "configmaps" in API group "" in the namespace "${ns}"`,
          details: { kind: 'configmaps' },
        },
      ])
    })

    test('refusals by verb, name, subresource, group and scope', async () => {
      const text = async (method: string, path: string, body?: unknown) =>
        (
          await cluster().call(method, path, {
            headers: alice,
            ...(body === undefined ? {} : { body, type: 'application/merge-patch+json' }),
          })
        ).body.message
      expect(await text('DELETE', cm('a'))).toBe(
        `configmaps "a" is forbidden: User "alice@example.dev" cannot delete resource "configmaps" in API group "" in the namespace "${ns}"`,
      )
      expect(await text('GET', '/apis/batch/v1/jobs')).toBe(
        'jobs.batch is forbidden: User "alice@example.dev" cannot list resource "jobs" in API group "batch" at the cluster scope',
      )
      expect(await text('GET', `/api/v1/namespaces/${ns}/pods/p/status`)).toBe(
        `pods "p" is forbidden: User "alice@example.dev" cannot get resource "pods/status" in API group "" in the namespace "${ns}"`,
      )
      expect(await text('GET', '/api/v1/namespaces')).toBe(
        'namespaces is forbidden: User "alice@example.dev" cannot list resource "namespaces" in API group "" at the cluster scope',
      )
      expect(await text('GET', `/api/v1/namespaces/${ns}`)).toBe(
        `namespaces "${ns}" is forbidden: User "alice@example.dev" cannot get resource "namespaces" in API group "" in the namespace "${ns}"`,
      )
      expect(await text('GET', '/metrics')).toBe('forbidden: User "alice@example.dev" cannot get path "/metrics"')
    })

    test('resourceNames allow one object, by get and by a list of that name', async () => {
      expect((await cluster().get(`/api/v1/namespaces/${ns}/secrets/one`, alice)).status).toBe(404)
      expect((await cluster().get(`/api/v1/namespaces/${ns}/secrets/two`, alice)).status).toBe(403)
    })

    test.each([
      ['get', 'configmaps', '', true],
      ['delete', 'configmaps', '', false],
      ['get', 'pods', 'log', true],
      ['get', 'pods', '', false],
      ['get', 'secrets', '', false],
    ])('SubjectAccessReview: %s %s %s', async (verb, resource, subresource, allowed) => {
      expect((await can({ user: 'alice@example.dev' }, { namespace: ns, verb, resource, subresource })).allowed).toBe(
        allowed,
      )
    })

    test('SubjectAccessReview gives the binding as its reason', async () => {
      expect(
        (await can({ user: 'alice@example.dev' }, { namespace: ns, verb: 'get', resource: 'configmaps' })).reason,
      ).toBe(`RBAC: allowed by RoleBinding "alice/${ns}" of Role "reader" to User "alice@example.dev"`)
    })

    test('another namespace is another matter', async () => {
      expect(
        (await can({ user: 'alice@example.dev' }, { namespace: 'default', verb: 'get', resource: 'configmaps' }))
          .allowed,
      ).toBe(false)
    })

    test('groups, service accounts and ClusterRoles in a namespace', async () => {
      await cluster().post(
        `${rbac}/namespaces/${ns}/rolebindings`,
        binding('viewers', { kind: 'ClusterRole', name: 'view' }, [
          { kind: 'Group', name: 'staff', apiGroup: 'rbac.authorization.k8s.io' },
          { kind: 'ServiceAccount', name: 'default', namespace: ns },
        ]),
      )
      await eventually(async () => {
        expect(
          (await can({ user: 'bob', groups: ['staff'] }, { namespace: ns, verb: 'list', resource: 'pods' })).allowed,
        ).toBe(true)
      })
      expect(
        (await can({ user: 'bob', groups: ['staff'] }, { namespace: ns, verb: 'get', resource: 'secrets' })).allowed,
      ).toBe(false)
      expect(
        (
          await can(
            { user: `system:serviceaccount:${ns}:default` },
            { namespace: ns, verb: 'list', group: 'batch', resource: 'jobs' },
          )
        ).allowed,
      ).toBe(true)
    })

    test('SelfSubjectAccessReview and SelfSubjectReview speak of the caller', async () => {
      const self = await cluster().post(
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        { spec: { resourceAttributes: { namespace: ns, verb: 'list', resource: 'configmaps' } } },
        alice,
      )
      expect([self.status, self.body.status.allowed]).toEqual([201, true])
      const who = await cluster().post(
        '/apis/authentication.k8s.io/v1/selfsubjectreviews',
        {},
        { ...alice, 'Impersonate-Group': ['one', 'two'] },
      )
      expect(who.body.status.userInfo).toMatchObject({
        username: 'alice@example.dev',
        groups: ['one', 'two', 'system:authenticated'],
      })
    })

    test('nobody grants what they do not have', async () => {
      await cluster().post(
        `${rbac}/namespaces/${ns}/roles`,
        role('granter', [
          { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: ['create', 'get'] },
        ]),
      )
      await cluster().post(
        `${rbac}/namespaces/${ns}/rolebindings`,
        binding('carol', { kind: 'Role', name: 'granter' }, [person('carol')]),
      )
      const carol = { 'Impersonate-User': 'carol' }
      await eventually(
        async () =>
          (
            await can(
              { user: 'carol' },
              { namespace: ns, verb: 'create', group: 'rbac.authorization.k8s.io', resource: 'roles' },
            )
          ).allowed === true,
      )
      const refused = await cluster().post(
        `${rbac}/namespaces/${ns}/roles`,
        role('more', [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }]),
        carol,
      )
      expect([refused.status, refused.body.message]).toEqual([
        403,
        `roles.rbac.authorization.k8s.io "more" is forbidden: user "carol" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}`,
      ])
      const bound = await cluster().post(
        `${rbac}/namespaces/${ns}/rolebindings`,
        binding('up', { kind: 'ClusterRole', name: 'cluster-admin' }, [person('carol')]),
        carol,
      )
      expect([bound.status, bound.body.reason]).toEqual([403, 'Forbidden'])
      expect(
        (
          await cluster().post(
            `${rbac}/namespaces/${ns}/roles`,
            role('less', [{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'], verbs: ['get'] }]),
            carol,
          )
        ).status,
      ).toBe(201)
    })

    test('impersonation itself needs permission', async () => {
      const refused = await cluster().get('/api/v1/namespaces', { 'Impersonate-User': 'x', 'Impersonate-Group': 'y' })
      expect(refused.status).toBe(403)
      expect(refused.body.message).toContain('User "x" cannot list resource "namespaces"')
      const noUser = await cluster().get('/api/v1/namespaces', { 'Impersonate-Group': 'y' })
      expect(noUser.status).toBe(noUser.status === 500 ? 500 : 400)
    })

    test('roleRef is immutable, a rule without verbs is refused', async () => {
      const changed = await cluster().merge(`${rbac}/namespaces/${ns}/rolebindings/alice`, {
        roleRef: { name: 'other' },
      })
      expect(changed.status).toBe(422)
      expect(changed.body.details.causes[0]).toMatchObject({
        field: 'roleRef',
        message: expect.stringContaining('cannot change roleRef'),
      })
      const empty = await cluster().post(
        `${rbac}/namespaces/${ns}/roles`,
        role('empty', [{ apiGroups: [''], resources: ['pods'], verbs: [] }]),
      )
      expect([empty.status, empty.body.details.causes[0].field]).toEqual([422, 'rules[0].verbs'])
    })

    test('TokenRequest and TokenReview', async () => {
      const made = await cluster().post(`/api/v1/namespaces/${ns}/serviceaccounts/default/token`, {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { audiences: ['somewhere'], expirationSeconds: 600 },
      })
      expect([made.status, made.body.kind]).toEqual([201, 'TokenRequest'])
      const { token } = made.body.status
      const review = async (audiences: string[]): Promise<Json> =>
        (await cluster().post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token, audiences } })).body
          .status
      const known = await review(['somewhere', 'else'])
      expect(known).toMatchObject({
        authenticated: true,
        audiences: ['somewhere'],
        user: {
          username: `system:serviceaccount:${ns}:default`,
          groups: expect.arrayContaining([
            'system:serviceaccounts',
            `system:serviceaccounts:${ns}`,
            'system:authenticated',
          ]),
        },
      })
      expect((await review(['else'])).authenticated).toBeUndefined()
      const short = await cluster().post(`/api/v1/namespaces/${ns}/serviceaccounts/default/token`, {
        spec: { expirationSeconds: 10 },
      })
      expect(short.status).toBe(422)
      const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString())
      expect(claims).toMatchObject({
        sub: `system:serviceaccount:${ns}:default`,
        aud: ['somewhere'],
        'kubernetes.io': { namespace: ns, serviceaccount: { name: 'default', uid: expect.any(String) } },
      })
    })

    test('a token ends with its service account', async () => {
      await cluster().post(`/api/v1/namespaces/${ns}/serviceaccounts`, { metadata: { name: 'brief' } })
      const { token } = (await cluster().post(`/api/v1/namespaces/${ns}/serviceaccounts/brief/token`, { spec: {} }))
        .body.status
      const status = async (): Promise<Json> =>
        (await cluster().post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token } })).body.status
      expect((await status()).authenticated).toBe(true)
      await cluster().del(`/api/v1/namespaces/${ns}/serviceaccounts/brief`)
      await eventually(async () => (await status()).authenticated === undefined, { timeoutMs: 20_000 })
    })

    test('aggregated ClusterRoles gather the rules of what they select', async () => {
      const label = `agg-${ns}`
      await cluster().post(`${rbac}/clusterroles`, {
        metadata: { name: `${label}-all` },
        aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [label]: 'true' } }] },
        rules: [],
      })
      await cluster().post(`${rbac}/clusterroles`, {
        metadata: { name: `${label}-part`, labels: { [label]: 'true' } },
        rules: [{ apiGroups: ['example.dev'], resources: ['things'], verbs: ['get'] }],
      })
      await eventually(
        async () => {
          expect((await cluster().get(`${rbac}/clusterroles/${label}-all`)).body.rules).toEqual([
            { apiGroups: ['example.dev'], resources: ['things'], verbs: ['get'] },
          ])
        },
        { timeoutMs: 15_000 },
      )
      await cluster().del(`${rbac}/clusterroles/${label}-all`)
      await cluster().del(`${rbac}/clusterroles/${label}-part`)
    })
  })
}
