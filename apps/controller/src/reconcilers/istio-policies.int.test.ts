import type { AuthorizationPolicy, ServiceRoleBinding } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { serverNames, startTestPlatform, type TestPlatform } from '@keelson/core/testing'
import { resources } from '@keelson/kube'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { startIstioPolicies } from '../testing/istio-policies.ts'

const patience = { timeoutMs: 20_000 }

/** As people have it in their notes, but for the namespace. */
const manifest = (namespace: string) => `
apiVersion: rbac.istio.io/v1alpha1
kind: ServiceRoleBinding
metadata:
  name: bind-ml-pipeline-nb-admin
  namespace: ${namespace}
spec:
  roleRef:
    kind: ServiceRole
    name: ml-pipeline-services
  subjects:
  - properties:
      source.principal: cluster.local/ns/${namespace}/sa/default-editor
`

/** Kubeflow's own, since 1.1: the account of a notebook may use pipelines. */
const authorization = (namespace: string, name: string, spec: object) => ({
  apiVersion: 'security.istio.io/v1beta1',
  kind: 'AuthorizationPolicy',
  metadata: { namespace, name },
  spec,
})
const principals = (...names: string[]) => ({
  rules: [{ from: [{ source: { principals: names.map((name) => `cluster.local/ns/${name}/sa/default-editor`) } }] }],
})

describe.each(serverNames)('Istio’s policies on %s', (server) => {
  let platform: TestPlatform
  let skipped: string | null = null
  let namespace = ''
  let elsewhere = ''
  let policies = { stop: () => {} }

  beforeAll(async () => {
    const started = await startTestPlatform(server)
    if ('skipped' in started) {
      skipped = started.skipped
      return
    }
    platform = started
    namespace = await platform.makeWorkspace({})
    elsewhere = await platform.makeWorkspace({})
    await platform.kube.create(resources.serviceAccounts, {
      apiVersion: '',
      kind: '',
      metadata: { namespace, name: 'default-editor' },
    })
    policies = await startIstioPolicies(await platform.kubeconfigOf('keelson-controller'))
  }, 240_000)
  afterAll(async () => {
    policies.stop()
    if (skipped !== null) return
    // Nobody is left to let them go, and a shared cluster would keep the namespaces for ever.
    const patch = { metadata: { finalizers: null } }
    for (const kind of [resources.serviceRoleBindings, resources.authorizationPolicies])
      for (const where of [namespace, elsewhere])
        for (const { metadata } of (await platform.kube.list(kind, { namespace: where })).items)
          await platform.kube.patch(kind, { namespace: where, name: metadata.name ?? '' }, patch).catch(() => {})
    await platform.stop()
  })
  const test = (title: string, body: () => Promise<void>) =>
    it(title, async ({ skip }) => (skipped === null ? body() : skip(skipped)), 60_000)

  const ready = async (where: { namespace: string; name: string }) =>
    (await platform.kube.get<ServiceRoleBinding>(resources.serviceRoleBindings, where)).status?.conditions?.[0]
  const may = async (verb: string, resource: string, group = 'keelson.dev', where = namespace) => {
    const username = `system:serviceaccount:${namespace}:default-editor`
    const user = { username, groups: ['system:serviceaccounts', 'system:authenticated'] }
    return (await platform.kube.review(user, { verb, group, resource, namespace: where })).allowed
  }
  /** Whether an account of `from` may ask an endpoint of the workspace. */
  const mayAsk = async (endpoint: string, from: string) => {
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${from}`, 'system:authenticated']
    const user = { username: `system:serviceaccount:${from}:default-editor`, groups }
    const asked = { verb: 'create', group: 'keelson.dev', resource: 'endpoints', subresource: 'invoke' }
    return (await platform.kube.review(user, { ...asked, namespace, name: endpoint })).allowed
  }
  const conditionOf = async (where: { namespace: string; name: string }) =>
    (await platform.kube.get<AuthorizationPolicy>(resources.authorizationPolicies, where)).status?.conditions?.[0]
  const made = async (kind: typeof resources.roles | typeof resources.roleBindings, where = namespace) =>
    (await platform.kube.list(kind, { namespace: where })).items.filter(({ metadata }) =>
      metadata.name?.startsWith('istio-'),
    )

  test('the notebook’s account reaches pipelines by it and nothing else, until it is deleted', async () => {
    expect(await may('create', 'pipelines')).toBe(false)
    await platform.kube.create(resources.serviceRoleBindings, parse(manifest(namespace)) as KubeObject)
    const where = { namespace, name: 'bind-ml-pipeline-nb-admin' }
    await eventually(
      async () => expect(await ready(where)).toMatchObject({ type: 'Ready', status: 'True', reason: 'Granted' }),
      patience,
    )
    for (const verb of ['get', 'list', 'create', 'delete']) expect(await may(verb, 'pipelines'), verb).toBe(true)
    for (const [resource, group] of [
      ['experiments', 'keelson.dev'],
      ['registeredmodels', 'keelson.dev'],
      ['endpoints', 'keelson.dev'],
      ['pods', ''],
      ['secrets', ''],
      ['rolebindings', 'rbac.authorization.k8s.io'],
    ] as const) {
      for (const verb of ['get', 'create']) expect(await may(verb, resource, group), `${verb} ${resource}`).toBe(false)
    }
    expect(await may('list', 'pipelines', 'keelson.dev', elsewhere)).toBe(false)
    const [made] = (await platform.kube.list(resources.roleBindings, { namespace })).items.filter(({ metadata }) =>
      metadata.name?.startsWith('istio-'),
    )
    await platform.kube.delete(resources.roleBindings, { namespace, name: made?.metadata.name ?? '' })
    await eventually(async () => expect(await may('get', 'pipelines')).toBe(true), patience)
    await platform.kube.delete(resources.serviceRoleBindings, where)
    await eventually(async () => {
      expect(await platform.kube.find(resources.serviceRoleBindings, where)).toBeNull()
      expect(await may('get', 'pipelines')).toBe(false)
    }, patience)
  })

  test('an AuthorizationPolicy for pipelines grants the same, heals, changes and ends', async () => {
    const where = { namespace, name: 'bind-ml-pipeline-nb' }
    const selector = { matchLabels: { app: 'ml-pipeline' } }
    const spec = { selector, ...principals(namespace) }
    await platform.kube.create(resources.authorizationPolicies, authorization(namespace, where.name, spec))
    await eventually(async () => expect(await conditionOf(where)).toMatchObject({ status: 'True' }), patience)
    for (const verb of ['get', 'list', 'create', 'delete']) expect(await may(verb, 'pipelines'), verb).toBe(true)
    expect(await may('get', 'experiments')).toBe(false)
    expect(await may('get', 'pods', '')).toBe(false)
    const [binding] = await made(resources.roleBindings)
    await platform.kube.delete(resources.roleBindings, { namespace, name: binding?.metadata.name ?? '' })
    await eventually(async () => expect(await may('get', 'pipelines')).toBe(true), patience)
    // What it granted ends when it says something else, and when it is gone.
    await platform.kube.patch(resources.authorizationPolicies, where, { spec: { action: 'DENY' } })
    await eventually(async () => {
      expect(await conditionOf(where)).toMatchObject({ status: 'False', reason: 'Deny' })
      expect(await may('get', 'pipelines')).toBe(false)
    }, patience)
    await platform.kube.patch(resources.authorizationPolicies, where, { spec: { action: 'ALLOW' } })
    await eventually(async () => expect(await may('get', 'pipelines')).toBe(true), patience)
    await platform.kube.delete(resources.authorizationPolicies, where)
    await eventually(async () => {
      expect(await platform.kube.find(resources.authorizationPolicies, where)).toBeNull()
      expect(await may('get', 'pipelines')).toBe(false)
    }, patience)
  })

  test('an AuthorizationPolicy for an endpoint opens that one, to whom it names, of any workspace', async () => {
    const where = { namespace, name: 'callers' }
    const selector = { matchLabels: { 'serving.kserve.io/inferenceservice': 'churn' } }
    const rules = [{ from: [{ source: { namespaces: [elsewhere] } }] }]
    await platform.kube.create(
      resources.authorizationPolicies,
      authorization(namespace, where.name, { selector, rules }),
    )
    await eventually(async () => expect(await mayAsk('churn', elsewhere)).toBe(true), patience)
    expect(await mayAsk('other', elsewhere)).toBe(false)
    expect(await mayAsk('churn', namespace)).toBe(false)
    const [role] = await made(resources.roles)
    await platform.kube.patch(
      resources.roles,
      { namespace, name: role?.metadata.name ?? '' },
      { rules: [{ apiGroups: ['keelson.dev'], resources: ['endpoints/invoke'], verbs: ['create'] }] },
    )
    // A role that somebody widened is put back.
    await eventually(async () => expect(await mayAsk('other', elsewhere)).toBe(false), patience)
    await platform.kube.delete(resources.authorizationPolicies, where)
    await eventually(async () => {
      expect(await made(resources.roles)).toEqual([])
      expect(await made(resources.roleBindings)).toEqual([])
      expect(await mayAsk('churn', elsewhere)).toBe(false)
    }, patience)
  })

  test('no policy of one workspace gives anything in another, nor where there is none', async () => {
    const selector = { matchLabels: { app: 'ml-pipeline' } }
    const refusals = [
      ['stolen', { selector, ...principals(elsewhere) }, 'OtherNamespace', `Apply it in ${elsewhere}`],
      ['mixed', { selector, ...principals(namespace, elsewhere) }, 'OtherNamespace', 'cannot grant anything there'],
      ['everybody', { selector, rules: [{}] }, 'Everybody', 'Name the accounts'],
      [
        'people',
        { rules: [{ when: [{ key: 'request.headers[kubeflow-userid]', values: ['bob@example.org'] }] }] },
        'People',
        'add them as contributors',
      ],
      ['pods', principals(namespace), 'UnknownTarget', 'write a NetworkPolicy'],
    ] as const
    for (const [name, spec, reason, words] of refusals) {
      await platform.kube.create(resources.authorizationPolicies, authorization(namespace, name, spec))
      await eventually(async () => {
        const condition = await conditionOf({ namespace, name })
        expect(condition, name).toMatchObject({ status: 'False', reason })
        expect(condition?.message).toContain(words)
      }, patience)
      expect(await may('get', 'pipelines'), name).toBe(false)
      await platform.kube.delete(resources.authorizationPolicies, { namespace, name })
    }
    for (const where of [namespace, elsewhere]) expect(await made(resources.roleBindings, where)).toEqual([])
    // An operator's policy may name any workspace, but not one that is none.
    const where = { namespace: 'keelson-system', name: `gone-${namespace}` }
    const spec = { selector, ...principals(`gone-${namespace}`) }
    await platform.kube.create(resources.authorizationPolicies, authorization(where.namespace, where.name, spec))
    await eventually(
      async () => expect(await conditionOf(where)).toMatchObject({ status: 'False', reason: 'NoSuchNamespace' }),
      patience,
    )
    await platform.kube.delete(resources.authorizationPolicies, where)
    await eventually(
      async () => expect(await platform.kube.find(resources.authorizationPolicies, where)).toBeNull(),
      patience,
    )
  })

  test('what cannot be granted is refused in words, on the object and as an event', async () => {
    const refusals = [
      ['people', { subjects: [{ user: '*' }] }, 'UnknownSubject', 'add a contributor'],
      [
        'elsewhere',
        { subjects: [{ properties: { 'source.principal': `cluster.local/ns/${elsewhere}/sa/default-editor` } }] },
        'OtherNamespace',
        `Apply it in ${elsewhere}`,
      ],
      ['role', { roleRef: { kind: 'ServiceRole', name: 'ns-access-istio' } }, 'UnknownRole', 'kubeflow-edit'],
    ] as const
    for (const [name, change, reason, words] of refusals) {
      const base = parse(manifest(namespace)) as KubeObject & { spec: object }
      await platform.kube.create(resources.serviceRoleBindings, {
        ...base,
        metadata: { namespace, name },
        spec: { ...base.spec, ...change },
      })
      await eventually(async () => {
        const condition = await ready({ namespace, name })
        expect(condition).toMatchObject({ status: 'False', reason })
        expect(condition?.message).toContain(words)
        const events = (
          await platform.kube.list<KubeObject & { reason?: string; involvedObject?: { name?: string } }>(
            resources.events,
            { namespace },
          )
        ).items
        expect(events.some((event) => event.reason === reason && event.involvedObject?.name === name)).toBe(true)
      }, patience)
      expect(await may('get', 'pipelines'), name).toBe(false)
      await platform.kube.delete(resources.serviceRoleBindings, { namespace, name })
    }
    const role = { namespace, name: 'mine' }
    await platform.kube.create(resources.serviceRoles, {
      apiVersion: '',
      kind: '',
      metadata: role,
      spec: { rules: [{ services: ['*'] }] },
    })
    await eventually(async () => {
      const { status } = await platform.kube.get<ServiceRoleBinding>(resources.serviceRoles, role)
      expect(status?.conditions?.[0]).toMatchObject({ status: 'False', reason: 'NotEnforced' })
    }, patience)
  })
})
