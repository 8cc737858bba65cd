import type { ServiceRoleBinding } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { serverNames, startTestPlatform, type TestPlatform } from '@keelson/core/testing'
import { openKube, resources } from '@keelson/kube'
import { silentLogger } from '@keelson/process/logger'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { ControllerParts } from '../parts.ts'
import { serviceRoleBindingReconciler, serviceRoleReconciler } from './service-role-binding.ts'

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

describe.each(serverNames)('Istio’s older policies on %s', (server) => {
  let platform: TestPlatform
  let skipped: string | null = null
  let namespace = ''
  let elsewhere = ''
  const stopper = new AbortController()
  let close = () => {}

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
    // Under the controller's own account: what it may not do, it cannot promise.
    const kubeconfigPath = await platform.kubeconfigOf('keelson-controller')
    const opened = await openKube({ cluster: { kubeconfigPath }, log: silentLogger })
    close = opened.close
    const parts = {
      base: { kube: opened.kube },
      log: silentLogger,
      signal: stopper.signal,
    } as unknown as ControllerParts
    serviceRoleBindingReconciler(parts)
    serviceRoleReconciler(parts)
  }, 240_000)
  afterAll(async () => {
    stopper.abort()
    close()
    if (skipped !== null) return
    const where = { namespace, name: 'bind-ml-pipeline-nb-admin' }
    await platform.kube.patch(resources.serviceRoleBindings, where, { metadata: { finalizers: null } }).catch(() => {})
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
