/** The culler on kubelite, with a clock that the test moves and a server that answers as Jupyter does. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { notebookAnnotations as key, type Notebook } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { createEventRecorder, type Informer, type KubeApi, resources } from '@keelson/kube'
import { installCrds, startServer, type TestServer } from '@keelson/kube/testing'
import { systemClock } from '@keelson/process/clock'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Culler, lookAfter } from './culler.ts'

const minute = 60_000
const patience = { timeoutMs: 20_000 }
const namespace = 'culling'
let now = new Date('2030-01-01T00:00:00Z')
const pass = (minutes: number) => {
  now = new Date(now.getTime() + minutes * minute)
}
const text = () => now.toISOString().replace('.000Z', 'Z')

type Answers = { kernels: unknown; terminals: unknown; status: unknown; code: number }
let answers: Answers
const asked: string[] = []
const jupyter = createServer((request, response) => {
  asked.push(request.url ?? '')
  const url = new URL(request.url ?? '/', 'http://jupyter')
  const what = url.pathname.replace(`/notebook/${namespace}/lab/api/`, '') as keyof Answers
  response.writeHead(answers.code, { 'content-type': 'application/json' })
  response.end(JSON.stringify(answers[what] ?? null))
})

let server: TestServer
let kube: KubeApi
let culler: Culler
let notebooks: Informer<Notebook>
const stopper = new AbortController()

beforeAll(async () => {
  const started = await startServer('kubelite')
  if ('skipped' in started) throw new Error(started.skipped)
  server = started
  kube = server.kube
  await installCrds(kube)
  await kube.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  await new Promise<void>((resolve) => jupyter.listen(0, '127.0.0.1', resolve))
  const { port } = jupyter.address() as AddressInfo
  const container = { name: 'lab', image: 'x', ports: [{ containerPort: port }] }
  await kube.create<KubeObject>(resources.notebooks, {
    apiVersion: 'kubeflow.org/v1',
    kind: 'Notebook',
    metadata: { namespace, name: 'lab' },
    spec: { template: { spec: { containers: [container] } } },
  })
  await eventually(() => kube.get(resources.serviceAccounts, { namespace, name: 'default' }), patience)
  const pod = await kube.create<KubeObject>(resources.pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name: 'lab-0', labels: { 'notebook-name': 'lab' } },
    spec: { containers: [container] },
  })
  const status = { phase: 'Running', podIP: '127.0.0.1', podIPs: [{ ip: '127.0.0.1' }] }
  await kube.applyStatus<KubeObject>(resources.pods, { ...pod, status }, { fieldManager: 'test' })
  notebooks = kube.inform<Notebook>(resources.notebooks, {}, stopper.signal)
  const pods = kube.inform<KubeObject & { status?: { podIP?: string } }>(resources.pods, {}, stopper.signal)
  await Promise.all([notebooks.synced, pods.synced])
  await eventually(() => pods.get({ namespace, name: 'lab-0' })?.status?.podIP === '127.0.0.1', patience)
  culler = {
    base: { kube, clock: { ...systemClock, now: () => now } },
    settings: { idleMs: 60 * minute, periodMs: minute },
    notebooks,
    pods,
    record: createEventRecorder(kube, 'notebook-culler', (error) => {
      throw error
    }),
    signal: stopper.signal,
  }
}, 120_000)
afterAll(async () => {
  stopper.abort()
  jupyter.closeAllConnections()
  jupyter.close()
  await server?.stop()
})
beforeEach(() => {
  answers = { kernels: [], terminals: [], status: { connections: 0, kernels: 0 }, code: 200 }
})

const lab = () => kube.get<Notebook>(resources.notebooks, { namespace, name: 'lab' })
/** One look, with the informer as new as the server. */
async function look(): Promise<Record<string, string>> {
  const { resourceVersion } = (await lab()).metadata
  await eventually(
    () => notebooks.get({ namespace, name: 'lab' })?.metadata.resourceVersion === resourceVersion,
    patience,
  )
  await lookAfter(culler, `${namespace}/lab`)
  return (await lab()).metadata.annotations ?? {}
}
const annotate = (annotations: Record<string, string | null>) =>
  kube.patch(resources.notebooks, { namespace, name: 'lab' }, { metadata: { annotations } })
const reasons = async () =>
  (await kube.list<KubeObject & { reason?: string }>(resources.events, { namespace })).items.map(({ reason }) => reason)

it('kernels at work, terminals and open connections keep a notebook; each look asks without counting as work', async () => {
  expect(await look()).toEqual({ [key.lastActivity]: text(), [key.lastActivityCheck]: text() })
  const seen = [
    { kernels: [{ execution_state: 'busy', last_activity: '2030-01-01T00:00:00Z', connections: 0 }] },
    { kernels: [{ execution_state: 'idle', last_activity: '2030-01-01T00:00:00Z', connections: 1 }] },
    { status: { connections: 1 } },
  ]
  for (const each of seen) {
    pass(50)
    answers = { ...answers, kernels: [], ...each }
    expect((await look())[key.lastActivity], JSON.stringify(each)).toBe(text())
  }
  const typed = text()
  pass(30)
  answers = { ...answers, status: {}, terminals: [{ name: '1', last_activity: typed }] }
  expect((await look())[key.lastActivity]).toBe(typed)
  expect(asked.every((url) => url.endsWith('?no_track_activity=1'))).toBe(true)
})

it('an idle one is warned, then stopped; the annotation against it and work call it off', async () => {
  pass(25)
  const end = new Date(now.getTime() + 5 * minute).toISOString().replace('.000Z', 'Z')
  const warned = (await look())[key.cullAt] ?? ''
  expect(warned >= end).toBe(true)
  await annotate({ [key.culling]: 'disabled' })
  pass(120)
  const excepted = await look()
  expect(excepted[key.cullAt]).toBeUndefined()
  expect(excepted[key.stopped]).toBeUndefined()
  await annotate({ [key.culling]: null })
  pass(1)
  const again = new Date((await look())[key.cullAt] ?? '')
  now = again
  answers.kernels = [{ execution_state: 'busy' }]
  expect(await look()).toEqual({ [key.lastActivity]: text(), [key.lastActivityCheck]: text() })
  answers.kernels = [{ execution_state: 'idle' }]
  pass(55)
  now = new Date((await look())[key.cullAt] ?? '')
  expect(await look()).toEqual({ [key.stopped]: text() })
  expect(await reasons()).toEqual(expect.arrayContaining(['CullingSoon', 'Culled']))
})

it('who starts a notebook at the same moment is not overruled', async () => {
  await annotate({ [key.stopped]: null })
  await look()
  pass(51)
  now = new Date((await look())[key.cullAt] ?? '')
  const stale = await lab()
  await annotate({ touched: 'yes' })
  const behind: Culler = { ...culler, notebooks: { get: () => stale } }
  await expect(lookAfter(behind, `${namespace}/lab`)).rejects.toMatchObject({ code: 'conflict' })
  expect((await lab()).metadata.annotations?.[key.stopped]).toBeUndefined()
})

it('a server that is not Jupyter is let run; one that fails is not; without culling nothing is left', async () => {
  answers.code = 404
  pass(1)
  expect((await look())[key.cullAt]).toBeUndefined()
  answers.code = 503
  pass(1)
  const { [key.cullAt]: warned } = await look()
  expect(warned).toBeDefined()
  culler = { ...culler, settings: null }
  expect(Object.keys(await look())).toEqual(['touched'])
})
