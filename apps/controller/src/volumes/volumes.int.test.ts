/** Viewers of volumes whose pods really run, on kubelite and on a real cluster, as the controller's own account. */
import { randomBytes } from 'node:crypto'
import type { PvcViewer, Tensorboard } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { filesPort, fileViewerOf } from '@keelson/core/volumes'
import { type KubeApi, resources } from '@keelson/kube'
import { nodeServerNames, startServerWithNode, type TestNodeServer } from '@keelson/kube/testing'
import { systemClock } from '@keelson/process/clock'
import { silentLogger } from '@keelson/process/logger'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openInformers } from '../parts.ts'
import { openAsController } from '../testing/index.ts'
import { lookAfterViewer } from './file-viewer-keeper.ts'
import { pvcViewerReconciler } from './pvc-viewer.ts'
import { tensorboardReconciler } from './tensorboard.ts'

const patience = { timeoutMs: 60_000 }
const persistentVolumes = {
  group: '',
  version: 'v1',
  plural: 'persistentvolumes',
  kind: 'PersistentVolume',
  namespaced: false,
}
type Pod = KubeObject & { spec: { nodeName?: string }; status?: { phase?: string; podIP?: string } }
type Deployment = KubeObject & { spec: { strategy: object; template: { spec: Record<string, unknown> } } }

describe.each(nodeServerNames)('viewers of volumes on %s', (serverName) => {
  let server: TestNodeServer
  let kube: KubeApi
  let asController: KubeApi
  let informers: ReturnType<typeof openInformers>
  let skipped: string | null = null
  const namespace = `volumes-${randomBytes(3).toString('hex')}`
  const volumes: string[] = []
  const stopper = new AbortController()
  let closeController = () => {}

  beforeAll(async () => {
    const started = await startServerWithNode(serverName)
    if ('skipped' in started) {
      skipped = started.skipped
      return
    }
    server = started
    kube = server.kube
    const own = await openAsController(server, { [namespace]: { 'pod-security.kubernetes.io/enforce': 'baseline' } })
    closeController = own.close
    asController = own.kube
    const { signal } = stopper
    informers = openInformers(own.kube, signal)
    const parts = { base: { kube: own.kube, clock: systemClock }, informers, log: silentLogger, signal }
    pvcViewerReconciler(parts)
    tensorboardReconciler({ ...parts, tensorboardImage: 'nowhere/none:1' })
  }, 180_000)
  afterAll(async () => {
    stopper.abort()
    closeController()
    if (skipped !== null) return
    await kube.delete(resources.namespaces, { name: namespace })
    for (const name of volumes) await kube.delete(persistentVolumes, { name })
    await eventually(
      async () =>
        expect((await kube.list(resources.pods, { namespace })).items.map(({ metadata }) => metadata.name)).toEqual([]),
      patience,
    )
    await server.stop()
  }, 120_000)
  const test = (title: string, body: () => Promise<void>) =>
    it(title, async ({ skip }) => (skipped === null ? body() : skip(skipped)), 120_000)

  const shell = (name: string, claimName: string) => ({
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name,
        image: server.shellImage,
        command: ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.2; done'],
        ports: [{ containerPort: 8080 }],
      },
    ],
    volumes: [{ name: 'v', persistentVolumeClaim: { claimName } }],
  })
  /** A claim with a volume behind it, whatever the cluster provisions. */
  const claim = async (name: string) => {
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '16Mi' } } }
    if (serverName !== 'kubelite') {
      const volume = {
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: { name: `${namespace}-${name}` },
        spec: {
          capacity: { storage: '16Mi' },
          accessModes: ['ReadWriteOnce'],
          persistentVolumeReclaimPolicy: 'Retain',
          storageClassName: '',
          hostPath: { path: `/tmp/${namespace}-${name}`, type: 'DirectoryOrCreate' },
          claimRef: { namespace, name },
        },
      }
      await kube.create(persistentVolumes, volume)
      volumes.push(`${namespace}-${name}`)
      Object.assign(spec, { storageClassName: '', volumeName: `${namespace}-${name}` })
    }
    const made = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { namespace, name }, spec }
    await kube.create<KubeObject>(resources.persistentVolumeClaims, made)
  }
  const view = (name: string, spec: object) =>
    kube.create<KubeObject>(resources.pvcViewers, {
      apiVersion: 'kubeflow.org/v1alpha1',
      kind: 'PVCViewer',
      metadata: { namespace, name },
      spec,
    })
  const get = (name: string) => kube.get<PvcViewer>(resources.pvcViewers, { namespace, name })
  const child = (name: string) => ({ namespace, name: `pvcviewer-${name}` })
  const podsOf = async (instance: string) => {
    const labelSelector = `app.kubernetes.io/instance=pvcviewer-${instance}`
    return (await kube.list<Pod>(resources.pods, { namespace, labelSelector })).items
  }

  test('come to a Deployment and a Service, tell when they are ready, and go with the viewer', async () => {
    await claim('data')
    const networking = { targetPort: 8080, basePrefix: '/pvcviewers', rewrite: '/', timeout: '30s' }
    await view('data', { pvc: 'data', podSpec: shell('viewer', 'data'), networking, rwoScheduling: true })
    await eventually(async () => expect((await get('data')).status).toMatchObject({ ready: true }), patience)
    expect((await get('data')).status?.url).toBe(`/pvcviewers/${namespace}/data/`)
    const deployment = await kube.get<Deployment>(resources.deployments, child('data'))
    expect(deployment.spec.strategy).toMatchObject({ type: 'Recreate' })
    expect(deployment.metadata.labels).toEqual({
      'app.kubernetes.io/name': 'data',
      'app.kubernetes.io/instance': 'pvcviewer-data',
      'app.kubernetes.io/part-of': 'pvc-viewer',
    })
    const service = await kube.get<KubeObject & { spec: object }>(resources.services, child('data'))
    expect(service.spec).toMatchObject({ ports: [{ name: 'http', port: 80, targetPort: 8080 }] })
    await kube.delete(resources.pvcViewers, { namespace, name: 'data' })
    await eventually(async () => {
      expect(await kube.find(resources.deployments, child('data'))).toBeNull()
      expect(await kube.find(resources.services, child('data'))).toBeNull()
    }, patience)
  })

  test('run where the pod runs that has the volume', async () => {
    await claim('held')
    await kube.create(resources.pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace, name: 'holder' },
      spec: shell('holder', 'held'),
    } as KubeObject)
    const node = await eventually(async () => {
      const pod = await kube.get<Pod>(resources.pods, { namespace, name: 'holder' })
      expect(pod.status?.phase).toBe('Running')
      return pod.spec.nodeName
    }, patience)
    await eventually(async () =>
      expect(informers.pods.get({ namespace, name: 'holder' })?.status?.phase).toBe('Running'),
    )
    await view('held', { pvc: 'held', podSpec: shell('viewer', 'held'), rwoScheduling: true })
    const { spec } = await eventually(() => kube.get<Deployment>(resources.deployments, child('held')), patience)
    expect(JSON.stringify(spec.template.spec.affinity)).toContain(JSON.stringify([node]))
    expect(await kube.find(resources.services, child('held'))).toBeNull()
  })

  test('say in a sentence what cannot be: no mount of the claim, a name that is taken, what Pod Security forbids', async () => {
    const refused = (name: string, reason: string, part: string) =>
      eventually(async () => {
        const [condition] = (await get(name)).status?.conditions?.filter(({ status }) => status === 'True') ?? []
        expect(condition).toMatchObject({ reason, message: expect.stringContaining(part) })
      }, patience)
    await claim('other')
    await view('nothing', { pvc: 'other', podSpec: shell('viewer', 'data') })
    await refused('nothing', 'VolumeNotMounted', 'other')
    await kube.create(resources.services, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace, name: 'pvcviewer-taken' },
      spec: { ports: [{ port: 80 }] },
    } as KubeObject)
    await view('taken', { pvc: 'other', podSpec: shell('viewer', 'other'), networking: { targetPort: 8080 } })
    await refused('taken', 'NameTaken', 'Service pvcviewer-taken')
    const podSpec = { ...shell('viewer', 'other'), hostNetwork: true }
    await view('hostile', { pvc: 'other', podSpec })
    await eventually(async () => {
      const failure = (await get('hostile')).status?.conditions?.find(({ type }) => type === 'ReplicaFailure')
      expect(failure?.message).toContain('violates PodSecurity')
    }, patience)
  })

  test('TensorBoards come to a Deployment that reads the folder, or say why not', async () => {
    await claim('logs')
    const board = (name: string, logspath: string) =>
      kube.create<KubeObject>(resources.tensorboards, {
        apiVersion: 'tensorboard.kubeflow.org/v1alpha1',
        kind: 'Tensorboard',
        metadata: { namespace, name },
        spec: { logspath },
      })
    const statusOf = async (name: string) =>
      (await kube.get<Tensorboard>(resources.tensorboards, { namespace, name })).status
    await board('curves', 'pvc://logs/runs')
    await board('cloud', 's3://bucket/runs')
    await eventually(async () => {
      expect((await statusOf('curves'))?.conditions.map(({ deploymentState }) => deploymentState)).toContain(
        'Available',
      )
      expect((await statusOf('cloud'))?.conditions).toMatchObject([
        { deploymentState: 'Refused', message: expect.stringContaining('s3://') },
      ])
    }, patience)
    const { spec } = await kube.get<Deployment>(resources.deployments, { namespace, name: 'curves' })
    expect(spec.template.spec).toMatchObject({
      containers: [{ image: 'nowhere/none:1', volumeMounts: [{ readOnly: true, subPath: 'runs' }] }],
    })
    expect(await kube.find(resources.services, { namespace, name: 'curves' })).not.toBeNull()
    expect(await kube.find(resources.deployments, { namespace, name: 'cloud' })).toBeNull()
  })

  if (serverName !== 'kubelite') return

  test('of files: Keelson’s file server answers who has the token, its use is noted, and it goes when nobody asks', async () => {
    await claim('files')
    await kube.create<KubeObject>(
      resources.pvcViewers,
      fileViewerOf({ workspace: namespace, name: 'files', isReadOnly: false }, 'secret'),
    )
    await eventually(async () => expect((await get('files')).status?.ready).toBe(true), patience)
    const [pod] = await podsOf('files')
    const address = `http://${pod?.status?.podIP}:${filesPort}`
    const ask = (path: string, token: string, init: RequestInit = {}) =>
      fetch(`${address}${path}`, { ...init, headers: { authorization: `Bearer ${token}` } })
    expect((await ask('/list?path=', 'wrong')).status).toBe(401)
    expect((await ask('/upload?path=a.bin', 'secret', { method: 'PUT', body: 'x'.repeat(5_000) })).status).toBe(201)
    expect(await (await ask('/list?path=', 'secret')).json()).toMatchObject({
      entries: [{ name: 'a.bin', sizeBytes: 5_000 }],
    })
    const key = `${namespace}/files`
    const later = (ms: number) => ({ ...systemClock, now: () => new Date(Date.now() + ms) })
    const viewer = await get('files')
    const look = (ms: number) =>
      lookAfterViewer(
        {
          base: { kube: asController, clock: later(ms) },
          viewers: { get: () => viewer },
          pods: informers.pods,
          signal: stopper.signal,
        },
        key,
      )
    await eventually(async () => {
      await look(0)
      const { metadata } = await kube.get(resources.persistentVolumeClaims, { namespace, name: 'files' })
      expect(metadata.annotations?.['keelson.dev/used']).toContain('"bytes":5000,')
    }, patience)
    expect(await kube.find(resources.pvcViewers, { namespace, name: 'files' })).not.toBeNull()
    await look(31 * 60_000)
    await eventually(async () => expect(await kube.find(resources.pvcViewers, { namespace, name: 'files' })).toBeNull())
  })
})
