/** PodDefaults on new pods, asked for by kubelite and by a real API server over https, as the controller's own account. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { refusal, serverNames } from '@keelson/core/testing'
import { type KubeApi, resources } from '@keelson/kube'
import { startServer, type TestServer } from '@keelson/kube/testing'
import { testIdentity } from '@keelson/kubelite/testing'
import { systemClock } from '@keelson/process/clock'
import { silentLogger } from '@keelson/process/logger'
import type { RunningService } from '@keelson/process/service'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { openInformers } from '../parts.ts'
import { openAsController } from '../testing/index.ts'
import { podDefaultMarker } from './marker.ts'
import { admissionWebhook } from './webhook.ts'

const patience = { timeoutMs: 30_000 }
const webhooks = resolve(import.meta.dirname, '../../../../deploy/webhooks')
const configurations = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural: 'mutatingwebhookconfigurations',
  kind: 'MutatingWebhookConfiguration',
  namespaced: false,
}
const validating = {
  ...configurations,
  plural: 'validatingwebhookconfigurations',
  kind: 'ValidatingWebhookConfiguration',
}
type Configuration = KubeObject & {
  webhooks: { name: string; clientConfig?: object; namespaceSelector: { matchLabels: Record<string, string> } }[]
}
type Pod = KubeObject & {
  spec: {
    serviceAccountName?: string
    containers: { name: string; image: string; env?: object[]; volumeMounts?: { name: string }[] }[]
    volumes?: { name: string }[]
  }
}

describe.each(serverNames)('PodDefaults on %s', (serverName) => {
  let server: TestServer
  let kube: KubeApi
  let skipped: string | null = null
  let webhook: RunningService
  let port = 0
  const name = `nb-control-pd-${randomBytes(3).toString('hex')}`
  const other = `${name}-other`
  const path = `/${randomBytes(16).toString('hex')}`
  const folder = mkdtempSync(join(tmpdir(), 'pod-defaults-'))
  const stopper = new AbortController()
  let closeController = () => {}
  const creators: { uid: string; username: string }[] = []

  beforeAll(async () => {
    const started = await startServer(serverName)
    if ('skipped' in started) {
      skipped = started.skipped
      return
    }
    server = started
    kube = server.kube
    const labels = { 'app.kubernetes.io/part-of': 'kubeflow-profile' }
    const own = await openAsController(server, { [name]: labels, [other]: labels })
    closeController = own.close
    const identity = await testIdentity(['127.0.0.1'])
    const [certificate, key] = ['cert', 'key'].map((part) => join(folder, `${part}.pem`)) as [string, string]
    writeFileSync(certificate, identity.cert)
    writeFileSync(key, identity.key)
    webhook = await admissionWebhook({
      hosts: ['127.0.0.1'],
      port: 0,
      certificate,
      key,
      path,
      kube: () => own.kube,
      keepCreator: async (made) => void creators.push(made),
      log: silentLogger,
      onListening: (bound) => {
        port = bound
      },
    }).start(stopper.signal)
    const { signal } = stopper
    const parts = { base: { kube: own.kube, clock: systemClock }, informers: openInformers(own.kube, signal) }
    podDefaultMarker({ ...parts, log: silentLogger, signal } as unknown as Parameters<typeof podDefaultMarker>[0])
    const ca = Buffer.from(identity.ca).toString('base64')
    await kube.apply(configurations, configuration('pod-defaults', ca), { fieldManager: 'test' })
    await kube.apply(validating, configuration('creators', ca), { fieldManager: 'test' })
  }, 180_000)
  afterAll(async () => {
    stopper.abort()
    rmSync(folder, { recursive: true, force: true })
    if (skipped !== null) return
    for (const each of [configurations, validating]) await kube.delete(each, { name })
    for (const each of [name, other]) await kube.delete(resources.namespaces, { name: each })
    await webhook.stop('test')
    closeController()
    await server.stop()
  }, 60_000)
  const test = (title: string, body: () => Promise<void>) =>
    it(title, async ({ skip }) => (skipped === null ? body() : skip(skipped)), 60_000)

  /** As installed, but for this test's two namespaces alone: a real server may serve others beside it. */
  function configuration(file: string, caBundle: string): Configuration {
    const text = readFileSync(join(webhooks, `${file}.yaml`), 'utf8')
    const { webhooks: hooks, ...rest } = parse(text) as Configuration
    const clientConfig = { url: `https://127.0.0.1:${port}${path}`, caBundle }
    const mine = { key: 'kubernetes.io/metadata.name', operator: 'In', values: [name, other] }
    return {
      ...rest,
      metadata: { name },
      webhooks: hooks.map((each) => ({
        ...each,
        clientConfig,
        namespaceSelector: { ...each.namespaceSelector, matchExpressions: [mine] },
      })),
    }
  }
  const makePod = (podName: string, namespace = name, env?: object[]) =>
    kube.create<Pod>(resources.pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace, name: podName, labels: { 'add-secret': 'true' } },
      spec: { containers: [{ name: 'main', image: 'none', ...(env ? { env } : {}) }] },
    })
  const makeDefault = (namespace: string, spec: object) =>
    kube.create<KubeObject>(resources.podDefaults, {
      apiVersion: 'kubeflow.org/v1alpha1',
      kind: 'PodDefault',
      metadata: { namespace, name: 'secret' },
      spec: { selector: { matchLabels: { 'add-secret': 'true' } }, ...spec },
    })
  const isMarked = (namespace: string, wanted: boolean) =>
    eventually(async () => {
      const { labels } = (await kube.get(resources.namespaces, { name: namespace })).metadata
      expect(labels?.['keelson.dev/pod-defaults'] === 'used').toBe(wanted)
    }, patience)

  test('are added to selected pods of their namespace', async () => {
    const made = await makeDefault(name, {
      desc: 'The secret',
      env: [{ name: 'A', value: '1' }],
      volumes: [{ name: 'v', secret: { secretName: 's', defaultMode: 420 } }],
      volumeMounts: [{ name: 'v', mountPath: '/secret' }],
    })
    await isMarked(name, true)
    // The server takes notice of the mark in its own time.
    const pod = await eventually(async () => {
      const tried = await makePod(`p-${randomBytes(3).toString('hex')}`)
      expect(tried.metadata.annotations).toMatchObject({
        'poddefault.admission.kubeflow.org/poddefault-secret': made.metadata.resourceVersion,
      })
      return tried
    }, patience)
    expect(pod.spec.containers[0]?.env).toEqual([{ name: 'A', value: '1' }])
    expect(pod.spec.containers[0]?.volumeMounts).toContainEqual({ name: 'v', mountPath: '/secret' })
    expect(pod.spec.volumes?.map((volume) => volume.name)).toContain('v')
    const untouched = await makePod('other', other)
    expect(untouched.metadata.annotations ?? {}).not.toHaveProperty(
      'poddefault.admission.kubeflow.org/poddefault-secret',
    )
  })

  test('refuse a pod that says something else, in a sentence', async () => {
    const error = await refusal(makePod('conflict', name, [{ name: 'A', value: '2' }]))
    expect(error.message).toBe(
      'admission webhook "pod-defaults.keelson.dev" denied the request: The PodDefault secret cannot be applied to this pod: container main: env A of secret is there already and says something else.',
    )
  })

  test('are no concern of jobs, of which the server tells who makes them, by their own uid', async () => {
    const ada = kube.as({ username: 'ada@example.test', groups: [] })
    await kube.create(resources.roleBindings, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { namespace: other, name: 'ada' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
      subjects: [{ kind: 'User', name: 'ada@example.test', apiGroup: 'rbac.authorization.k8s.io' }],
    } as KubeObject)
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { namespace: other, generateName: 'told-', uid: 'of-my-own' },
      spec: {
        suspend: true,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'none' }] } },
      },
    } as KubeObject
    await eventually(async () => {
      const made = await ada.create(resources.jobs, job)
      expect(creators).toContainEqual({ uid: made.metadata.uid, username: 'ada@example.test' })
    }, patience)
    const before = creators.length
    await ada.create(resources.jobs, job, { dryRun: true })
    expect(creators).toHaveLength(before)
  })

  test('are told to nobody who does not know the path', async () => {
    const status = (at: string, method = 'POST') =>
      new Promise<number>((done, fail) => {
        const sent = request({ host: '127.0.0.1', port, path: at, method, rejectUnauthorized: false }, (response) => {
          response.resume()
          done(response.statusCode ?? 0)
        })
        sent.on('error', fail)
        sent.end('{}')
      })
    expect(await Promise.all([status('/'), status('/apply-poddefault'), status(path, 'PUT'), status(path)])).toEqual([
      404, 404, 404, 400,
    ])
  })

  test('that cannot be asked for stop pods where there are some, and nowhere else', async () => {
    await webhook.stop('test')
    expect((await refusal(makePod('late'))).message).toContain('failed calling webhook "pod-defaults.keelson.dev"')
    await makePod('late', other)
    await kube.delete(resources.podDefaults, { namespace: name, name: 'secret' })
    await isMarked(name, false)
    await eventually(() => makePod(`q-${randomBytes(3).toString('hex')}`), patience)
  })
})
