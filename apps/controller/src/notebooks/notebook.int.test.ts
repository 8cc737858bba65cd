/** Notebooks whose pods really run, on kubelite and on a real cluster, as the controller's own account. */
import { randomBytes } from 'node:crypto'
import { type Notebook, notebookAnnotations } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { type KubeApi, resources } from '@keelson/kube'
import { nodeServerNames, startServerWithNode, type TestNodeServer } from '@keelson/kube/testing'
import { systemClock } from '@keelson/process/clock'
import { silentLogger } from '@keelson/process/logger'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openInformers } from '../parts.ts'
import { openAsController } from '../testing/index.ts'
import { notebookReconciler } from './notebook.ts'

const patience = { timeoutMs: 60_000 }
type Event = KubeObject & { reason?: string; message?: string; involvedObject?: { kind?: string; name?: string } }
type Workload = KubeObject & {
  spec: { replicas?: number; template: { metadata: object; spec: Record<string, unknown> } }
}

describe.each(nodeServerNames)('notebooks on %s', (serverName) => {
  let server: TestNodeServer
  let kube: KubeApi
  let skipped: string | null = null
  const namespace = `nb-control-${randomBytes(3).toString('hex')}`
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
    const { signal } = stopper
    const base = { kube: own.kube, clock: systemClock }
    const informers = openInformers(own.kube, signal)
    notebookReconciler({ base, informers, notebooks: { addFsGroup: true }, log: silentLogger, signal })
  }, 180_000)
  afterAll(async () => {
    stopper.abort()
    closeController()
    if (skipped !== null) return
    await kube.delete(resources.namespaces, { name: namespace })
    await server.stop()
  }, 60_000)
  const test = (title: string, body: () => Promise<void>) =>
    it(title, async ({ skip }) => (skipped === null ? body() : skip(skipped)), 120_000)

  const make = (name: string, spec: object, metadata: Partial<KubeObject['metadata']> = {}) =>
    kube.create<KubeObject>(resources.notebooks, {
      apiVersion: 'kubeflow.org/v1',
      kind: 'Notebook',
      metadata: { namespace, name, ...metadata },
      spec: { template: { spec } },
    })
  const shell = (name: string, rest: object = {}) => ({
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name,
        image: server.shellImage,
        command: ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.2; done'],
        ...rest,
      },
    ],
  })
  const get = (name: string) => kube.get<Notebook>(resources.notebooks, { namespace, name })
  const condition = async (name: string, type: string) =>
    (await get(name)).status?.conditions.find((each) => each.type === type)
  const runs = (name: string) =>
    eventually(async () => {
      const { status } = await get(name)
      expect(status, JSON.stringify(status)).toMatchObject({ readyReplicas: 1, containerState: { running: {} } })
    }, patience)
  const setOf = (name: string) => kube.get<Workload>(resources.statefulSets, { namespace, name })
  const annotate = (name: string, annotations: Record<string, string | null>) =>
    kube.patch(resources.notebooks, { namespace, name }, { metadata: { annotations } })
  const eventsOf = async (name: string) =>
    (await kube.list<Event>(resources.events, { namespace })).items.filter(
      ({ involvedObject }) => involvedObject?.kind === 'Notebook' && involvedObject.name === name,
    )

  test('becomes a StatefulSet and a Service, and tells what its pod tells', async () => {
    await make(
      'lab',
      shell('lab', {
        env: [
          { name: 'NB_PREFIX', value: '/elsewhere' },
          { name: 'A', value: '1' },
        ],
      }),
      {
        labels: { team: 'blue', statefulset: 'elsewhere' },
        annotations: {
          note: 'kept',
          'notebooks.kubeflow.org/creator': 'ana',
          'keelson.dev/cull-at': '2030-01-01T00:00:00Z',
        },
      },
    )
    await runs('lab')
    const { spec, metadata } = await setOf('lab')
    const { uid } = (await get('lab')).metadata
    expect(metadata.ownerReferences).toEqual([
      { apiVersion: 'kubeflow.org/v1', kind: 'Notebook', name: 'lab', uid, controller: true, blockOwnerDeletion: true },
    ])
    expect(spec).toMatchObject({ replicas: 1, selector: { matchLabels: { statefulset: 'lab' } } })
    expect(spec.template.metadata).toEqual({
      labels: { statefulset: 'lab', 'notebook-name': 'lab', team: 'blue' },
      annotations: { note: 'kept' },
    })
    expect(spec.template.spec).toMatchObject({
      securityContext: { fsGroup: 100 },
      containers: [
        { workingDir: '/home/jovyan', ports: [{ name: 'notebook-port', containerPort: 8888, protocol: 'TCP' }] },
      ],
    })
    const [container] = spec.template.spec.containers as {
      env: { name: string; value?: string }[]
      envFrom: unknown[]
    }[]
    expect(container?.env.filter(({ value }) => value)).toEqual([
      { name: 'A', value: '1' },
      { name: 'NB_PREFIX', value: `/notebook/${namespace}/lab` },
    ])
    expect(container?.envFrom).toEqual([{ configMapRef: { name: 'keelson', optional: true } }])
    const service = await kube.get<KubeObject>(resources.services, { namespace, name: 'lab' })
    expect(service.spec).toMatchObject({
      type: 'ClusterIP',
      selector: { statefulset: 'lab' },
      ports: [{ name: 'http-lab', port: 80, targetPort: 8888, protocol: 'TCP' }],
    })
    const pod = await kube.get<KubeObject & { status: { conditions: { type: string }[] } }>(resources.pods, {
      namespace,
      name: 'lab-0',
    })
    const { status } = await get('lab')
    expect(status?.conditions.map(({ type }) => type)).toEqual(pod.status.conditions.map(({ type }) => type))
    expect(await condition('lab', 'Ready')).toMatchObject({ status: 'True' })
  })

  test('events of the pod and the StatefulSet are its own, each of them once', async () => {
    await eventually(async () => {
      const said = (await eventsOf('lab')).map(({ message }) => message ?? '')
      expect(said.some((message) => message.startsWith('Reissued from statefulset/lab: '))).toBe(true)
      expect(said.some((message) => message.startsWith('Reissued from pod/lab-0: '))).toBe(true)
    }, patience)
    const sources = (await kube.list<Event>(resources.events, { namespace })).items.filter(
      ({ involvedObject }) =>
        ['lab', 'lab-0'].includes(involvedObject?.name ?? '') &&
        ['Pod', 'StatefulSet'].includes(involvedObject?.kind ?? ''),
    )
    await eventually(async () => expect(await eventsOf('lab')).toHaveLength(sources.length), patience)
  })

  test('what somebody changes of its children is put right', async () => {
    await kube.patch(resources.statefulSets, { namespace, name: 'lab' }, { spec: { replicas: 3 } })
    await eventually(async () => expect((await setOf('lab')).spec.replicas).toBe(1), patience)
    const { uid } = (await kube.get(resources.services, { namespace, name: 'lab' })).metadata
    await kube.delete(resources.services, { namespace, name: 'lab' })
    await eventually(async () => {
      expect((await kube.get(resources.services, { namespace, name: 'lab' })).metadata.uid).not.toBe(uid)
    }, patience)
  })

  test('stops by its annotation, starts without it, and goes with all that it has', async () => {
    await annotate('lab', { [notebookAnnotations.stopped]: new Date().toISOString() })
    await eventually(async () => {
      expect(await kube.find(resources.pods, { namespace, name: 'lab-0' })).toBeNull()
      expect((await get('lab')).status).toEqual({ conditions: [], readyReplicas: 0 })
    }, patience)
    await annotate('lab', { [notebookAnnotations.stopped]: null })
    await runs('lab')
    await kube.delete(resources.notebooks, { namespace, name: 'lab' }, { propagation: 'Foreground' })
    await eventually(async () => {
      expect(await kube.find(resources.notebooks, { namespace, name: 'lab' })).toBeNull()
      expect(await kube.find(resources.statefulSets, { namespace, name: 'lab' })).toBeNull()
      expect(await kube.find(resources.services, { namespace, name: 'lab' })).toBeNull()
    }, patience)
  })

  test('takes over nothing that is not its own, and says so', async () => {
    const theirs = { namespace, name: 'taken' }
    await kube.create<KubeObject>(resources.services, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: theirs,
      spec: { ports: [{ port: 5 }] },
    })
    await make('taken', shell('taken'))
    await eventually(async () => {
      expect(await condition('taken', 'Refused')).toMatchObject({
        status: 'True',
        reason: 'NameTaken',
        message:
          'The Service taken exists already and is not this notebook’s. Delete it, or give the notebook another name.',
      })
      expect((await eventsOf('taken')).map(({ reason }) => reason)).toEqual(['NameTaken'])
    }, patience)
    expect(await kube.find(resources.statefulSets, theirs)).toBeNull()
    expect((await kube.get<KubeObject>(resources.services, theirs)).spec).toMatchObject({ ports: [{ port: 5 }] })
  })

  test('a name that is too long and a template that the cluster refuses stand in its status', async () => {
    const long = 'n'.repeat(53)
    await make(long, shell('x'))
    await make('odd', shell('odd', { ports: [{ containerPort: 70_000 }] }))
    await eventually(async () => {
      expect((await condition(long, 'Refused'))?.message).toContain('has 53 characters and may have 52')
      expect((await condition('odd', 'Refused'))?.message).toMatch(/containerPort.*65535/)
    }, patience)
  })

  test('a pod that Pod Security forbids is the notebook’s condition and event', async () => {
    await make('host', { ...shell('host'), volumes: [{ name: 'all', hostPath: { path: '/' } }] })
    await make('root', shell('root', { securityContext: { privileged: true } }))
    const refusals = [
      ['host', /^The cluster refuses the notebook’s pod: pods "host-0" is forbidden: violates PodSecurity .*hostPath/],
      [
        'root',
        /^The cluster refuses the notebook’s pod: pods "root-0" is forbidden: violates PodSecurity .*privileged/,
      ],
    ] as const
    for (const [name, words] of refusals) {
      await eventually(async () => {
        expect(await condition(name, 'Refused')).toMatchObject({
          reason: 'PodRefused',
          message: expect.stringMatching(words),
        })
        expect((await eventsOf(name)).map(({ reason }) => reason)).toContain('PodRefused')
      }, patience)
      expect(await kube.find(resources.pods, { namespace, name: `${name}-0` })).toBeNull()
    }
    // Mended, it runs: what was refused before is no longer said.
    await kube.patch(resources.notebooks, { namespace, name: 'root' }, { spec: { template: { spec: shell('root') } } })
    await runs('root')
    expect(await condition('root', 'Refused')).toBeUndefined()
  })
})
