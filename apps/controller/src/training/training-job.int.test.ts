/** The controller as a process that is killed. There is no node: pods' statuses are written here as a kubelet would. */
import type { TrainingJob } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { startTestPlatform, type TestPlatform } from '@keelson/core/testing'
import type { Pod } from '@keelson/core/training'
import { type KubeApi, resources } from '@keelson/kube'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ControllerProcess, controllerProcess } from '../testing/index.ts'

let platform: TestPlatform
let kube: KubeApi
let controller: ControllerProcess
let namespace = ''
const stopper = new AbortController()
const patience = { timeoutMs: 60_000 }
const uids = new Map<string, Set<string>>()
const states: string[] = []

beforeAll(async () => {
  const started = await startTestPlatform('kubelite')
  if ('skipped' in started) throw new Error(started.skipped)
  platform = started
  kube = platform.kube
  namespace = await platform.makeWorkspace({})
  controller = controllerProcess({
    databaseUrl: platform.databaseUrl,
    kubeconfig: await platform.kubeconfigOf('keelson-controller'),
    namespace: 'keelson-system',
  })
  kube.inform<Pod>(resources.pods, { namespace }, stopper.signal).onEvent(({ object }) => {
    const { name = '', uid = '' } = object.metadata
    uids.set(name, (uids.get(name) ?? new Set()).add(uid))
  })
  kube.inform<TrainingJob>(resources.tfJobs, { namespace }, stopper.signal).onEvent(({ object }) => {
    const last = object.status?.conditions?.at(-1)
    if (last && object.metadata.name === 'train' && states.at(-1) !== last.type) states.push(last.type)
  })
}, 120_000)
afterAll(async () => {
  await controller?.kill()
  stopper.abort()
  await platform?.stop()
})

const container = (image: string) => ({ name: 'tensorflow', image })
function tfJob(name: string, spec: object): KubeObject {
  return { apiVersion: 'kubeflow.org/v1', kind: 'TFJob', metadata: { namespace, name }, spec }
}
const get = (name: string) => kube.get<TrainingJob>(resources.tfJobs, { namespace, name })
const pod = (name: string) => kube.get<Pod>(resources.pods, { namespace, name })
const present = (name: string) => eventually(() => pod(name), patience)
const state = async (name: string) => (await get(name)).status?.conditions?.at(-1)
const reaches = (name: string, type: string) =>
  eventually(async () => expect((await state(name))?.type).toBe(type), patience)

async function report(name: string, phase: string, exitCode?: number): Promise<void> {
  const seen = await present(name)
  const inner = exitCode === undefined ? { running: {} } : { terminated: { exitCode } }
  const status = {
    phase,
    containerStatuses: [
      { name: 'tensorflow', ready: phase === 'Running', restartCount: 0, image: 'x', imageID: '', state: inner },
    ],
  }
  await kube.applyStatus<KubeObject>(resources.pods, { ...seen, status }, { fieldManager: 'test' })
}
async function killed(): Promise<void> {
  await controller.kill()
  controller.start()
}

it('killed at any point, the controller starts no replica twice and skips no condition', async () => {
  const template = { spec: { containers: [container('x')] } }
  const tfReplicaSpecs = {
    PS: { template },
    Worker: { replicas: 2, restartPolicy: 'ExitCode', template },
  }
  await kube.create(resources.tfJobs, tfJob('train', { runPolicy: { cleanPodPolicy: 'All' }, tfReplicaSpecs }))
  controller.start()
  await present('train-ps-0')
  await killed()
  for (const name of ['train-ps-0', 'train-worker-0', 'train-worker-1']) await report(name, 'Running')
  await reaches('train', 'Running')
  const first = (await pod('train-worker-1')).metadata.uid
  await controller.kill()
  await report('train-worker-1', 'Failed', 137)
  controller.start()
  await eventually(async () => expect((await get('train')).status?.replicaStatuses?.Worker?.restarts).toBe(1), patience)
  await killed()
  await eventually(async () => expect((await pod('train-worker-1')).metadata.uid).not.toBe(first), patience)
  await report('train-worker-1', 'Running')
  await reaches('train', 'Running')
  await controller.kill()
  await report('train-worker-0', 'Succeeded', 0)
  controller.start()
  await reaches('train', 'Succeeded')
  await killed()
  await eventually(async () => expect((await kube.list(resources.pods, { namespace })).items).toHaveLength(0), patience)
  expect(Object.fromEntries([...uids].map(([name, seen]) => [name, seen.size]))).toEqual({
    'train-ps-0': 1,
    'train-worker-0': 1,
    'train-worker-1': 2,
  })
  expect(states).toEqual(['Created', 'Running', 'Restarting', 'Running', 'Succeeded'])
  const reasons = (await kube.list<KubeObject & { reason?: string }>(resources.events, { namespace })).items
  // Events are notes: one is lost with a process that is killed between a status and it. None is of another kind.
  const known = [
    'SuccessfulCreatePod',
    'SuccessfulCreateService',
    'SuccessfulDeletePod',
    'ExitedWithCode',
    'TFJobRunning',
    'TFJobRestarting',
    'TFJobSucceeded',
  ]
  expect(reasons.map(({ reason }) => reason)).toContain('SuccessfulCreatePod')
  expect(reasons.map(({ reason }) => reason).filter((reason) => !known.includes(reason ?? ''))).toEqual([])
}, 120_000)

it('a quota’s refusal stands in the job’s condition, and the job goes on when there is room', async () => {
  const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { namespace, name: 'few' } }
  await kube.create<KubeObject>(resources.resourceQuotas, { ...quota, spec: { hard: { pods: '0' } } })
  const template = { spec: { containers: [container('x')] } }
  await kube.create(resources.tfJobs, tfJob('squeezed', { tfReplicaSpecs: { Worker: { template } } }))
  await eventually(async () => expect((await state('squeezed'))?.message).toContain('exceeded quota'), patience)
  expect((await state('squeezed'))?.type).toBe('Created')
  await kube.delete(resources.resourceQuotas, { namespace, name: 'few' })
  await present('squeezed-worker-0')
}, 120_000)
