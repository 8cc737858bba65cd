import type { KubeObject } from '@keelson/contracts/kubernetes'
import { AppError } from '@keelson/process/app-error'
import { silentLogger } from '@keelson/process/logger'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { InformerEvent } from './api.ts'
import { leadWith } from './leader.ts'
import { after, done, runReconciler, source } from './reconciler.ts'
import { resources } from './resources.ts'
import {
  freshNamespace,
  refusal,
  serverNames,
  startServer,
  type TestServer,
  withExpiringWatches,
  withRelay,
} from './testing/index.ts'

type ConfigMap = KubeObject & { data?: Record<string, string> }
const { configMaps, pods, jobs } = resources

function configMap(
  namespace: string,
  name: string,
  data: Record<string, string>,
  labels?: Record<string, string>,
): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name, ...(labels ? { labels } : {}) }, data }
}

describe.each(serverNames)('the Kubernetes API on %s', (name) => {
  let server: TestServer
  let namespace: string
  let skipped: string | null = null
  const stopper = new AbortController()

  beforeAll(async () => {
    const started = await startServer(name)
    if ('skipped' in started) {
      skipped = started.skipped
      return
    }
    server = started
    namespace = await freshNamespace(server.kube)
  }, 180_000)
  afterAll(async () => {
    stopper.abort()
    if (skipped !== null) return
    await server.kube.delete(resources.namespaces, { name: namespace }).catch(() => {})
    await server.stop()
  })
  const test = (title: string, body: () => Promise<void>, timeout?: number) =>
    it(title, async ({ skip }) => (skipped === null ? body() : skip(skipped)), timeout)

  test('creates, reads, lists by label in pages, patches and deletes', async () => {
    const { kube } = server
    for (const [index, color] of ['red', 'red', 'blue'].entries()) {
      await kube.create(configMaps, configMap(namespace, `crud-${index}`, { n: String(index) }, { color }))
    }
    const read = await kube.get<ConfigMap>(configMaps, { namespace, name: 'crud-0' })
    expect(read.data).toEqual({ n: '0' })
    const first = await kube.list<ConfigMap>(configMaps, { namespace, labelSelector: 'color=red', limit: 1 })
    expect(first.items).toHaveLength(1)
    expect(first.items[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' })
    const names = first.items.map((item) => item.metadata.name)
    for (let next = first.continue; next; ) {
      const page = await kube.list(configMaps, { namespace, labelSelector: 'color=red', limit: 1, continue: next })
      names.push(...page.items.map((item) => item.metadata.name))
      next = page.continue
    }
    expect(names).toEqual(['crud-0', 'crud-1'])
    const bare = await kube.list<ConfigMap>(configMaps, { namespace, labelSelector: 'color=red', metadataOnly: true })
    expect(bare.items[1]).toMatchObject({ kind: 'ConfigMap', metadata: { name: 'crud-1', labels: { color: 'red' } } })
    expect(bare.items.filter((item) => 'data' in item)).toEqual([])
    const patched = await kube.patch<ConfigMap>(
      configMaps,
      { namespace, name: 'crud-0' },
      { data: { n: null, m: '1' } },
    )
    expect(patched.data).toEqual({ m: '1' })
    await kube.delete(configMaps, { namespace, name: 'crud-0' }, { uid: read.metadata.uid ?? '' })
    expect(await kube.find(configMaps, { namespace, name: 'crud-0' })).toBeNull()
  })

  test('says each refusal in our own codes', async () => {
    const { kube } = server
    await kube.create(configMaps, configMap(namespace, 'taken', {}))
    expect(await refusal(kube.create(configMaps, configMap(namespace, 'taken', {})))).toMatchObject({
      code: 'already_exists',
    })
    expect(await refusal(kube.get(configMaps, { namespace, name: 'absent' }))).toMatchObject({ code: 'not_found' })
    expect(await refusal(kube.delete(configMaps, { namespace, name: 'absent' }))).toMatchObject({ code: 'not_found' })
    expect(await refusal(kube.delete(configMaps, { namespace, name: 'taken' }, { uid: 'another' }))).toMatchObject({
      code: 'conflict',
    })
    const stale = { metadata: { resourceVersion: '1' }, data: { a: '1' } }
    expect(await refusal(kube.patch(configMaps, { namespace, name: 'taken' }, stale))).toMatchObject({
      code: 'conflict',
    })
    expect(await refusal(kube.get(configMaps, { namespace, name: '../secrets' }))).toMatchObject({ code: 'invalid' })
    expect(await refusal(kube.get(configMaps, { name: 'taken' }))).toMatchObject({ code: 'invalid' })
    const unknown = { group: 'nobody.example', version: 'v1', plural: 'things', kind: 'Thing', namespaced: true }
    expect(await refusal(kube.list(unknown, { namespace }))).toMatchObject({ code: 'not_found' })
  })

  test('names the fields of an invalid object', async () => {
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { namespace, name: 'no-restart-policy' },
      spec: { template: { spec: { containers: [{ name: 'a', image: 'busybox' }] } } },
    }
    const error = await refusal(server.kube.create(jobs, job))
    expect(error.code).toBe('invalid')
    expect(error.faults.map((fault) => fault.field)).toContain('spec.template.spec.restartPolicy')
  })

  test('keeps nothing of a dry run', async () => {
    await server.kube.create(configMaps, configMap(namespace, 'only-asked', {}), { dryRun: true })
    expect(await server.kube.find(configMaps, { namespace, name: 'only-asked' })).toBeNull()
  })

  test('applies: creates, changes, takes over another manager’s field, and drops what it no longer wants', async () => {
    const { kube } = server
    const apply = (data: Record<string, string>, fieldManager: string) =>
      kube.apply<ConfigMap>(configMaps, configMap(namespace, 'applied', data), { fieldManager })
    expect((await apply({ a: '1', b: '1' }, 'one')).data).toEqual({ a: '1', b: '1' })
    expect((await apply({ b: '2', c: '2' }, 'two')).data).toEqual({ a: '1', b: '2', c: '2' })
    expect((await apply({}, 'one')).data).toEqual({ b: '2', c: '2' })
    const read = await kube.get<ConfigMap>(configMaps, { namespace, name: 'applied' })
    const same = { ...read, data: { b: '2', c: '2' } }
    const once = await kube.apply<ConfigMap>(configMaps, same, { fieldManager: 'two' })
    const again = await kube.apply<ConfigMap>(configMaps, same, { fieldManager: 'two' })
    expect(again.metadata.resourceVersion).toBe(once.metadata.resourceVersion)
  })

  test('writes only the status', async () => {
    const { kube } = server
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace, name: 'unscheduled' },
      spec: { schedulerName: 'nobody', containers: [{ name: 'a', image: 'busybox' }] },
    }
    await kube.create(pods, pod)
    const status = { conditions: [{ type: 'example.test/seen', status: 'True' }] }
    const written = await kube.applyStatus(pods, { ...pod, spec: { containers: [] }, status }, { fieldManager: 'test' })
    expect(written).toMatchObject({
      spec: { containers: [{ name: 'a' }] },
      status: { conditions: expect.arrayContaining([expect.objectContaining({ type: 'example.test/seen' })]) },
    })
  })

  test('acts as a person, and never as the system', async () => {
    const { kube } = server
    const ada = kube.as({ username: 'ada@example.test', groups: ['team-ü'] })
    expect(await refusal(ada.list(configMaps, { namespace }))).toMatchObject({ code: 'forbidden' })
    await kube.create(resources.roles, {
      apiVersion: '',
      kind: '',
      metadata: { namespace, name: 'reader' },
      rules: [{ verbs: ['list'], apiGroups: [''], resources: ['configmaps'] }],
    })
    await kube.create(resources.roleBindings, {
      apiVersion: '',
      kind: '',
      metadata: { namespace, name: 'reader' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'team-ü' }],
    })
    await eventually(() => ada.list(configMaps, { namespace }))
    expect(await refusal(ada.list(pods, { namespace }))).toMatchObject({ code: 'forbidden' })
    const asked = { verb: 'list', group: '', resource: 'configmaps', namespace }
    expect(await kube.review({ username: 'ada@example.test', groups: ['team-ü'] }, asked)).toMatchObject({
      allowed: true,
    })
    expect(await kube.review({ username: 'bob@example.test', groups: [] }, asked)).toMatchObject({ allowed: false })
    expect(() => kube.as({ username: 'system:admin', groups: [] })).toThrow(AppError)
    expect(() => kube.as({ username: 'ada', groups: ['system:masters'] })).toThrow(AppError)
    expect(() => kube.as({ username: 'ada\r\nx: y', groups: [] })).toThrow(AppError)
  })

  test('reviews tokens', async () => {
    const { kube } = server
    expect(await kube.reviewToken('nonsense', [])).toBeNull()
    const account = { namespace, name: 'reviewed' }
    await kube.create(resources.serviceAccounts, { apiVersion: '', kind: '', metadata: account })
    const token = await server.requestToken(account, ['keelson'])
    expect(await kube.reviewToken(token, ['keelson'])).toMatchObject({
      username: `system:serviceaccount:${namespace}:reviewed`,
    })
    expect(await kube.reviewToken(token, ['another'])).toBeNull()
    expect(await kube.reviewToken(token, [])).toBeNull()
  })

  test('an informer follows, across a cut connection and without losing what happened meanwhile', async () => {
    const relay = await withRelay(server.kubeconfigPath)
    const seen: string[] = []
    await server.kube.create(configMaps, configMap(namespace, 'w-first', {}, { watched: 'yes' }))
    const informer = relay.kube.inform<ConfigMap>(
      configMaps,
      { namespace, labelSelector: 'watched=yes' },
      stopper.signal,
    )
    informer.onEvent(({ type, object }: InformerEvent<ConfigMap>) => seen.push(`${type} ${object.metadata.name}`))
    await informer.synced
    expect(informer.list().map((object) => object.metadata.name)).toEqual(['w-first'])
    await server.kube.create(configMaps, configMap(namespace, 'w-second', {}, { watched: 'yes' }))
    await eventually(() => expect(seen).toEqual(['added w-first', 'added w-second']))
    relay.cut()
    await server.kube.delete(configMaps, { namespace, name: 'w-first' })
    await server.kube.patch(configMaps, { namespace, name: 'w-second' }, { data: { changed: 'yes' } })
    await server.kube.create(configMaps, configMap(namespace, 'w-third', {}, { watched: 'yes' }))
    await relay.mend()
    await eventually(
      () => expect(seen.slice(2).sort()).toEqual(['added w-third', 'deleted w-first', 'modified w-second']),
      { timeoutMs: 15_000 },
    )
    expect(informer.get({ namespace, name: 'w-second' })?.data).toEqual({ changed: 'yes' })
    expect(informer.healthy).toBe(true)
    informer.stop()
    await relay.stop()
  })

  test('an informer lists anew when its version is too old', async () => {
    const relay = await withExpiringWatches(server.kubeconfigPath)
    await server.kube.create(configMaps, configMap(namespace, 'e-gone', {}, { expiring: 'yes' }))
    const informer = relay.kube.inform<ConfigMap>(
      configMaps,
      { namespace, labelSelector: 'expiring=yes' },
      stopper.signal,
    )
    const seen: string[] = []
    await informer.synced
    informer.onEvent(({ type, object }) => seen.push(`${type} ${object.metadata.name}`))
    relay.expireNext(2)
    await server.kube.delete(configMaps, { namespace, name: 'e-gone' })
    await server.kube.create(configMaps, configMap(namespace, 'e-new', {}, { expiring: 'yes' }))
    await eventually(() => expect(seen).toEqual(['added e-gone', 'deleted e-gone', 'added e-new']), {
      timeoutMs: 15_000,
    })
    informer.stop()
    await relay.stop()
  })

  test('a reconciler meets each key until it is done, with retries as the error says', async () => {
    const calls: string[] = []
    const informer = server.kube.inform<ConfigMap>(
      configMaps,
      { namespace, labelSelector: 'reconciled=yes' },
      stopper.signal,
    )
    for (const each of ['ok', 'twice', 'never', 'broken']) {
      await server.kube.create(configMaps, configMap(namespace, each, {}, { reconciled: 'yes' }))
    }
    const running = runReconciler({
      name: 'test',
      sources: [source(informer)],
      log: silentLogger,
      signal: stopper.signal,
      reconcile: async (key) => {
        const short = key.split('/')[1] ?? ''
        calls.push(short)
        const times = calls.filter((call) => call === short).length
        if (short === 'twice' && times === 1) return after(50)
        if (short === 'never') throw new AppError('invalid', 'cannot be', { retry: 'never' })
        if (short === 'broken' && times < 3) throw new Error('not yet')
        return done
      },
    })
    await eventually(
      () => expect([...calls].sort()).toEqual(['broken', 'broken', 'broken', 'never', 'ok', 'twice', 'twice']),
      { timeoutMs: 10_000 },
    )
    await running.stop('test')
  })

  test('one of two leads, and the other takes over when it lets go or dies', async () => {
    const leading: string[] = []
    const start = (identity: string, signal: AbortSignal) =>
      leadWith(
        {
          kube: server.kube,
          namespace,
          name: 'lead',
          identity,
          log: silentLogger,
          signal,
          leaseMs: 2_000,
          renewEveryMs: 200,
        },
        async (active) => {
          leading.push(identity)
          await new Promise<void>((resolve) => active.addEventListener('abort', () => resolve(), { once: true }))
        },
      )
    const [one, two] = [new AbortController(), new AbortController()]
    const first = start('one', one.signal)
    await eventually(() => expect(leading).toEqual(['one']))
    const second = start('two', two.signal)
    await eventually(async () => (await server.kube.get(resources.leases, { namespace, name: 'lead' })).spec)
    expect(leading).toEqual(['one'])
    one.abort()
    await first
    await eventually(() => expect(leading).toEqual(['one', 'two']), { timeoutMs: 10_000 })
    two.abort()
    await second
    const spec = { holderIdentity: 'a-dead-one', leaseDurationSeconds: 1, renewTime: '2020-01-01T00:00:00.000000Z' }
    await server.kube.patch(resources.leases, { namespace, name: 'lead' }, { spec })
    const three = new AbortController()
    const third = start('three', three.signal)
    await eventually(() => expect(leading.at(-1)).toBe('three'), { timeoutMs: 10_000 })
    three.abort()
    await third
  }, 40_000)

  test('an unreachable server is unavailable, not a crash', async () => {
    const relay = await withRelay(server.kubeconfigPath)
    relay.cut()
    expect(await refusal(relay.kube.list(configMaps, { namespace }))).toMatchObject({ code: 'unavailable' })
    await relay.stop()
  })
})
