/** What the API server decides: who gives roles, who owns profiles, what YAML may say, what a pod may be, and where its account reaches. */
import { randomBytes } from 'node:crypto'
import { eventually } from '@keelson/testing'
import { beforeAll, expect, it } from 'vitest'
import { configMap } from '../../conformance/cluster.ts'
import { isDone } from '../support/items.ts'
import type { Attacker, Server, World } from '../support/world.ts'

const rbac = 'rbac.authorization.k8s.io'
const patience = { timeoutMs: 30_000 }

const binding = (name: string, role: string, subject: { kind: string; name: string }, kind = 'ClusterRole') => ({
  metadata: { name },
  roleRef: { apiGroup: rbac, kind, name: role },
  subjects: [subject.kind === 'ServiceAccount' ? { ...subject, namespace: 'default' } : { apiGroup: rbac, ...subject }],
})
const profile = (name: string, owner: string) => ({
  apiVersion: 'kubeflow.org/v1',
  kind: 'Profile',
  metadata: { name },
  spec: { owner: { kind: 'User', name: owner } },
})
const pod = (spec: object, container: object = {}) => ({
  metadata: { generateName: 'escape-' },
  spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox', ...container }], ...spec },
})

export function clusterSuite(open: () => World, server: Server): void {
  beforeAll(async () => {
    const { gateway, alpha, cluster } = open()
    await cluster.post(`/api/v1/namespaces/${alpha}/serviceaccounts`, { metadata: { name: 'default-editor' } })
    await gateway.platform.bind(alpha, 'contributor', {
      kind: 'ServiceAccount',
      name: 'default-editor',
      namespace: alpha,
    })
    await cluster.merge(`/api/v1/namespaces/${alpha}`, {
      metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } },
    })
  })

  it('item 8: nobody gives a role, or more than they have', async () => {
    const { alpha, cluster, as, call, emailOf } = open()
    const at = `/apis/${rbac}/v1/namespaces/${alpha}`
    const post = (path: string, who: Attacker, body: object) => cluster.call('POST', path, { headers: as(who), body })
    for (const who of ['carl', 'vera', 'bob'] as const) {
      for (const role of ['kubeflow-admin', 'kubeflow-edit', 'cluster-admin', 'view'])
        expect(
          (await post(`${at}/rolebindings`, who, binding('mine', role, { kind: 'User', name: emailOf(who) }))).status,
          `${who} ${role}`,
        ).toBe(403)
      expect(
        (
          await post(`${at}/roles`, who, {
            metadata: { name: 'all' },
            rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
          })
        ).status,
      ).toBe(403)
    }
    for (const subject of [
      { kind: 'User', name: emailOf('alice') },
      { kind: 'Group', name: 'system:authenticated' },
      { kind: 'ServiceAccount', name: 'default' },
    ])
      expect(
        (await post(`${at}/rolebindings`, 'alice', binding('more', 'cluster-admin', subject))).status,
        subject.kind,
      ).toBe(403)
    expect(
      (
        await post(`${at}/roles`, 'alice', {
          metadata: { name: 'all' },
          rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
        })
      ).status,
    ).toBe(403)
    expect(
      (
        await post(
          `/apis/${rbac}/v1/clusterrolebindings`,
          'alice',
          binding('root', 'cluster-admin', { kind: 'User', name: emailOf('alice') }),
        )
      ).status,
    ).toBe(403)
    // And by the platform's own way.
    const grant = { workspace: alpha, subject: emailOf('carl'), subjectKind: 'User', role: 'owner' }
    const answer = await call('carl', 'workspaces.addContributor', 'mutation', grant)
    expect(answer.error?.code).toBe('forbidden')
    for (const subject of ['system:masters', 'system:serviceaccount:kube-system:default', 'system:authenticated'])
      for (const subjectKind of ['User', 'Group'])
        expect(
          (await call('alice', 'workspaces.addContributor', 'mutation', { ...grant, subject, subjectKind })).error
            ?.code,
          subject,
        ).toBe('invalid')
    await open().refused({ actor: emailOf('carl'), workspace: alpha, what: /^workspaces\.addContributor/ })
  })

  it('item 8: an Istio policy is written, changed and deleted by owners alone', async () => {
    const { alpha, cluster, as } = open()
    const principal = `cluster.local/ns/${alpha}/sa/default-editor`
    const policies: [string, object][] = [
      [
        `/apis/security.istio.io/v1/namespaces/${alpha}/authorizationpolicies`,
        {
          apiVersion: 'security.istio.io/v1',
          kind: 'AuthorizationPolicy',
          metadata: { name: 'mine' },
          spec: {
            selector: { matchLabels: { app: 'ml-pipeline' } },
            rules: [{ from: [{ source: { principals: [principal] } }] }],
          },
        },
      ],
      [
        `/apis/rbac.istio.io/v1alpha1/namespaces/${alpha}/servicerolebindings`,
        {
          apiVersion: 'rbac.istio.io/v1alpha1',
          kind: 'ServiceRoleBinding',
          metadata: { name: 'mine' },
          spec: {
            roleRef: { kind: 'ServiceRole', name: 'ml-pipeline-services' },
            subjects: [{ properties: { 'source.principal': principal } }],
          },
        },
      ],
    ]
    for (const [at, body] of policies) {
      expect((await cluster.call('POST', `${at}?dryRun=All`, { headers: as('alice'), body })).status, at).toBe(201)
      for (const who of ['carl', 'vera', 'bob', 'mallory'] as const) {
        expect((await cluster.call('POST', at, { headers: as(who), body })).status, `${who} ${at}`).toBe(403)
        for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'])
          expect(
            (
              await cluster.call(method, `${at}/mine`, {
                headers: as(who),
                type: method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
                ...(method === 'GET' ? {} : { body }),
              })
            ).status,
            `${who} ${method} ${at}`,
          ).toBe(403)
      }
      // Nor by the subresources through which the controller answers.
      expect((await cluster.call('PUT', `${at}/mine/status`, { headers: as('alice'), body })).status, at).toBe(403)
    }
  })

  it('item 9: no profile is made, changed, taken or deleted by who is no operator', async () => {
    const { alpha, cluster, as, emailOf, call } = open()
    for (const name of ['kube-system', 'default', 'keelson-system', alpha, 'brand-new']) {
      const at = '/apis/kubeflow.org/v1/profiles'
      for (const owner of [emailOf('mallory'), emailOf('alice')])
        expect(
          (await cluster.call('POST', at, { headers: as('mallory'), body: profile(name, owner) })).status,
          name,
        ).toBe(403)
      expect(
        (
          await cluster.call('PATCH', `${at}/${name}`, {
            headers: as('mallory'),
            type: 'application/merge-patch+json',
            body: { spec: { owner: { name: emailOf('mallory') } } },
          })
        ).status,
      ).toBe(403)
      expect((await cluster.call('DELETE', `${at}/${name}`, { headers: as('mallory') })).status).toBe(403)
      expect((await cluster.call('DELETE', `/api/v1/namespaces/${name}`, { headers: as('mallory') })).status).toBe(403)
      if (name === 'brand-new') continue
      const answer = await call('mallory', 'workspaces.create', 'mutation', { name })
      expect(['invalid', 'already_exists', 'forbidden', 'precondition'], `${name} ${answer.error?.code}`).toContain(
        answer.error?.code,
      )
    }
    expect((await cluster.get('/apis/kubeflow.org/v1/profiles/kube-system')).status).toBe(404)
  })

  it('item 11: YAML reaches the cluster as the person: what is not theirs is refused there', async () => {
    const { alpha, cluster, as, call, emailOf } = open()
    const rule = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] }
    const forbidden: [string, object][] = [
      [
        `/apis/${rbac}/v1/namespaces/${alpha}/rolebindings`,
        binding('x', 'kubeflow-admin', { kind: 'User', name: emailOf('carl') }),
      ],
      [`/apis/${rbac}/v1/clusterrolebindings`, binding('x', 'cluster-admin', { kind: 'User', name: emailOf('carl') })],
      [`/apis/${rbac}/v1/clusterroles`, { metadata: { name: 'x' }, rules: [rule] }],
      ['/apis/kubeflow.org/v1/profiles', profile('x', emailOf('carl'))],
      ['/api/v1/namespaces', { metadata: { name: 'x' } }],
      [`/api/v1/namespaces/${alpha}/resourcequotas`, { metadata: { name: 'x' }, spec: { hard: { pods: '1000' } } }],
      ['/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { metadata: { name: 'xs.example.org' } }],
      ['/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', { metadata: { name: 'x' } }],
      ['/api/v1/nodes', { metadata: { name: 'x' } }],
    ]
    for (const [path, body] of forbidden) {
      const { status } = await cluster.call('POST', path, { headers: as('carl'), body })
      // kubelite serves some of these kinds later: what is not there cannot be made either.
      expect(path.includes('admissionregistration') ? [403, 404] : [403], path).toContain(status)
    }
    expect(
      (
        await cluster.call('PATCH', `/api/v1/namespaces/${alpha}`, {
          headers: as('carl'),
          type: 'application/merge-patch+json',
          body: { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } } },
        })
      ).status,
    ).toBe(403)
    // The form for a job's YAML takes jobs only, whatever else the text holds.
    for (const yaml of [
      `apiVersion: ${rbac}/v1\nkind: RoleBinding\nmetadata: {name: x}\nroleRef: {apiGroup: ${rbac}, kind: ClusterRole, name: cluster-admin}`,
      `apiVersion: batch/v1\nkind: Job\nmetadata: {name: x}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: y}`,
    ])
      expect((await call('alice', 'jobs.submit', 'mutation', { workspace: alpha, yaml })).error?.code).toBe('invalid')
  })

  it.runIf(isDone(12, server))(
    'item 12: pods that reach for the node are refused by the namespace’s Pod Security level',
    async () => {
      const { alpha, cluster, as } = open()
      const escapes: [string, object][] = [
        ['hostPath', pod({ volumes: [{ name: 'v', hostPath: { path: '/' } }] })],
        ['hostNetwork', pod({ hostNetwork: true })],
        ['hostPID', pod({ hostPID: true })],
        ['hostIPC', pod({ hostIPC: true })],
        ['privileged', pod({}, { securityContext: { privileged: true } })],
        ['hostPort', pod({}, { ports: [{ containerPort: 80, hostPort: 80 }] })],
        ['capabilities', pod({}, { securityContext: { capabilities: { add: ['SYS_ADMIN'] } } })],
        ['a probe of another host', pod({}, { livenessProbe: { httpGet: { host: '169.254.169.254', port: 80 } } })],
        ['seccomp', pod({}, { securityContext: { seccompProfile: { type: 'Unconfined' } } })],
        [
          'init container',
          pod({ initContainers: [{ name: 'i', image: 'busybox', securityContext: { privileged: true } }] }),
        ],
      ]
      for (const [what, body] of escapes) {
        const answer = await cluster.call('POST', `/api/v1/namespaces/${alpha}/pods`, {
          headers: as('carl'),
          body,
        })
        expect(answer.status, `${what}: ${JSON.stringify(answer.body.message ?? answer.body.kind)}`).toBe(403)
        expect(answer.body.message, what).toContain('violates PodSecurity')
      }
      expect(
        (
          await cluster.call('POST', `/api/v1/namespaces/${alpha}/pods?dryRun=All`, {
            headers: as('carl'),
            body: pod({}),
          })
        ).status,
      ).toBe(201)
    },
  )

  it('item 14: a pod’s account reaches its own workspace only, and only with a token for the door it knocks at', async () => {
    const { alpha, quota, podToken, withToken, send, cluster } = open()
    const account = { namespace: alpha, name: 'default-editor' }
    const token = await podToken(account, [])
    expect(await withToken(token, 'GET', `/apis/batch/v1/namespaces/${alpha}/jobs`)).toBe(200)
    for (const path of [
      `/api/v1/namespaces/${quota}/secrets`,
      `/api/v1/namespaces/${quota}/pods`,
      `/apis/batch/v1/namespaces/${quota}/jobs`,
      '/api/v1/secrets',
      '/api/v1/namespaces',
      '/apis/kubeflow.org/v1/profiles',
    ])
      expect(await withToken(token, 'GET', path), path).toBe(403)
    expect(await withToken(token, 'POST', '/apis/kubeflow.org/v1/profiles', profile('x', 'x@example.org'))).toBe(403)
    // An account of another namespace cannot be named: there is none of that name here.
    const foreign = await cluster.call('POST', `/api/v1/namespaces/${alpha}/pods`, {
      body: pod({ serviceAccountName: 'of-another' }),
    })
    expect(foreign.status).toBe(403)
    const door = (workspace: string, authorization: string) =>
      send({
        path: `/workspaces/${workspace}/mlflow/api/2.0/mlflow/experiments/search`,
        method: 'POST',
        body: '{"max_results":1}',
        headers: { authorization, 'content-type': 'application/json' },
      })
    for (const audiences of [[], ['keelson']]) {
      const own = `Bearer ${await podToken(account, audiences)}`
      await eventually(async () => expect((await door(alpha, own)).status, String(audiences)).toBe(200), patience)
      expect((await door(quota, own)).status).toBe(403)
    }
    const other = await podToken(account, ['vault'])
    expect((await door(alpha, `Bearer ${other}`)).status).toBe(401)
    expect(await withToken(other, 'GET', `/apis/batch/v1/namespaces/${alpha}/jobs`)).toBe(401)
    const forKeelson = await podToken(account, ['keelson'])
    expect(await withToken(forKeelson, 'GET', `/apis/batch/v1/namespaces/${alpha}/jobs`)).toBe(401)
    await open().refused({
      actor: `system:serviceaccount:${alpha}:default-editor`,
      workspace: quota,
      what: /^mlflow POST/,
    })
  })

  it.runIf(isDone(19, server))(
    'item 19: two creates at the limit make one, what asks for nothing is refused, and the quota is not theirs to change',
    async () => {
      const { quota, cluster, as } = open()
      const at = `/api/v1/namespaces/${quota}`
      const hard = { pods: '1', 'requests.cpu': '1' }
      await cluster.post(`${at}/resourcequotas`, { metadata: { name: 'kf-resource-quota' }, spec: { hard } })
      await eventually(
        async () =>
          expect((await cluster.get(`${at}/resourcequotas/kf-resource-quota`)).body.status?.hard).toMatchObject({
            pods: '1',
          }),
        patience,
      )
      const bob = as('bob')
      expect((await cluster.call('POST', `${at}/pods`, { headers: bob, body: pod({}) })).status).toBe(403)
      const small = pod({}, { resources: { requests: { cpu: '100m' } } })
      const hidden = pod(
        { initContainers: [{ name: 'i', image: 'busybox', resources: { requests: { cpu: '8' } } }] },
        { resources: { requests: { cpu: '100m' } } },
      )
      expect((await cluster.call('POST', `${at}/pods`, { headers: bob, body: hidden })).status).toBe(403)
      const made = await Promise.all(
        Array.from({ length: 6 }, () => cluster.call('POST', `${at}/pods`, { headers: bob, body: small })),
      )
      expect(made.filter(({ status }) => status === 201)).toHaveLength(1)
      for (const [method, path, type] of [
        ['DELETE', 'kf-resource-quota', 'application/json'],
        ['PATCH', 'kf-resource-quota', 'application/merge-patch+json'],
      ] as const)
        expect(
          (
            await cluster.call(method, `${at}/resourcequotas/${path}`, {
              headers: as('bob'),
              type,
              body: { spec: { hard: { pods: '100' } } },
            })
          ).status,
          method,
        ).toBe(403)
    },
  )

  it('item 23: bindings and tokens of what was deleted do not work on what has the same name', async () => {
    const { cluster, as, gateway, podToken, withToken, emailOf } = open()
    const name = `again-${randomBytes(3).toString('hex')}`
    const make = async () => {
      await eventually(
        async () => expect((await cluster.post('/api/v1/namespaces', { metadata: { name } })).status).toBe(201),
        patience,
      )
      await eventually(
        async () => expect((await cluster.get(`/api/v1/namespaces/${name}/serviceaccounts/default`)).status).toBe(200),
        patience,
      )
    }
    await make()
    await gateway.platform.bind(name, 'contributor', { kind: 'User', name: emailOf('carl') })
    await gateway.platform.bind(name, 'viewer', { kind: 'ServiceAccount', name: 'default', namespace: name })
    const old = await podToken({ namespace: name, name: 'default' }, [])
    const ours = await podToken({ namespace: name, name: 'default' }, ['keelson'])
    const list = `/api/v1/namespaces/${name}/configmaps`
    expect((await cluster.get(list, as('carl'))).status).toBe(200)
    expect(await withToken(old, 'GET', list)).toBe(200)
    await cluster.del(`/api/v1/namespaces/${name}`)
    await make()
    await cluster.post(list, configMap('new'))
    expect((await cluster.get(list, as('carl'))).status).toBe(403)
    await gateway.platform.bind(name, 'viewer', { kind: 'ServiceAccount', name: 'default', namespace: name })
    // A real server keeps who a token was for ten seconds.
    await eventually(async () => expect(await withToken(old, 'GET', list)).toBe(401), patience)
    const door = await open().send({ path: '/api/trpc/access.me', headers: { authorization: `Bearer ${ours}` } })
    expect(door.status).toBe(401)
    await cluster.del(`/api/v1/namespaces/${name}`)
  })
}
