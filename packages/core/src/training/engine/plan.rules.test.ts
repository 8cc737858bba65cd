/** As upstream's envtest suites do it: there is no kubelet, phases of pods are set by hand and the conditions looked at. */
import { frameworkOf, type TrainingJob, trainingLabels } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { describe, expect, it } from 'vitest'
import type { Pod } from '../pod.rules.ts'
import { planTrainingJob } from './plan.rules.ts'

type Types = Record<string, { replicas?: number; restartPolicy?: string }>

function makeJob(kind: string, types: Types, spec: object = {}): TrainingJob {
  const framework = frameworkOf(kind)
  if (!framework) throw new Error(kind)
  const template = { spec: { containers: [{ name: framework.container, image: 'x' }] } }
  const replicas = Object.fromEntries(Object.entries(types).map(([type, each]) => [type, { ...each, template }]))
  return {
    apiVersion: 'kubeflow.org/v1',
    kind,
    metadata: { namespace: 'ns', name: 'job', uid: 'job-uid' },
    spec: { ...spec, [framework.specKey]: replicas },
  }
}

/** A world with one job: `look` carries out plans as a cluster would, until nothing is left to do. */
function world(job: TrainingJob) {
  const pods = new Map<string, Pod>()
  const services = new Map<string, KubeObject>()
  const history: string[] = []
  let now = Date.parse('2026-01-01T00:00:00Z')
  let made = 0
  let deleted = false
  const step = (): boolean => {
    const seen = { pods: [...pods.values()], services: [...services.values()], now: new Date(now) }
    const plan = planTrainingJob(job, seen)
    if (!plan) return false
    const before = JSON.stringify([job.status ?? {}, [...pods.keys()], [...services.keys()]])
    job.status = structuredClone(plan.status)
    const state = plan.status.conditions?.at(-1)
    if (state && history.at(-1) !== `${state.type}=${state.status}`) history.push(`${state.type}=${state.status}`)
    for (const pod of plan.remove.pods) pods.delete(pod.metadata.name ?? '')
    for (const service of plan.remove.services) services.delete(service.metadata.name ?? '')
    for (const service of plan.create.services) services.set(service.metadata.name ?? '', service)
    for (const pod of plan.create.pods) {
      made += 1
      pods.set(pod.metadata.name ?? '', { ...pod, metadata: { ...pod.metadata, uid: `pod-${made}` } } as Pod)
    }
    deleted ||= plan.deleteJob
    return JSON.stringify([job.status ?? {}, [...pods.keys()], [...services.keys()]]) !== before
  }
  const look = () => {
    for (let turn = 0; turn < 10; turn++) if (!step()) return
    throw new Error('The plan does not come to rest.')
  }
  const report = (name: string, phase: string, exitCode?: number, restartCount = 0) => {
    const pod = pods.get(name)
    if (!pod) throw new Error(`no pod ${name}`)
    const container = frameworkOf(job.kind)?.container ?? ''
    const state = exitCode === undefined ? { running: {} } : { terminated: { exitCode } }
    pods.set(name, { ...pod, status: { phase, containerStatuses: [{ name: container, restartCount, state }] } })
    look()
  }
  const condition = (type: string) => job.status?.conditions?.find((each) => each.type === type)
  return {
    job, pods, services, history, look, report, condition,
    uid: (name: string) => pods.get(name)?.metadata.uid,
    pass: (seconds: number) => { now += seconds * 1_000; look() },
    isDeleted: () => deleted,
    env: (name: string) => Object.fromEntries(((pods.get(name)?.spec?.containers?.[0] as { env?: { name: string; value?: string }[] } | undefined)?.env ?? []).map((each) => [each.name, each.value])),
  } // biome-ignore format: one table
}

function started(kind: string, types: Types, spec: object = {}) {
  const made = world(makeJob(kind, types, spec))
  made.look()
  return made
}

describe('what is made', () => {
  it('names, labels, Services and TF_CONFIG of a TFJob with types in any case', () => {
    const it = started('TFJob', { ps: {}, WORKER: { replicas: 2 } })
    expect([...it.pods.keys()]).toEqual(['job-ps-0', 'job-worker-0', 'job-worker-1'])
    expect([...it.services.keys()]).toEqual([...it.pods.keys()])
    expect(it.services.get('job-ps-0')?.spec).toMatchObject({
      clusterIP: 'None',
      ports: [{ name: 'tfjob-port', port: 2222 }],
    })
    expect(it.pods.get('job-worker-1')?.metadata.labels).toMatchObject({
      [trainingLabels.jobName]: 'job',
      [trainingLabels.replicaType]: 'worker',
      [trainingLabels.replicaIndex]: '1',
    })
    expect(JSON.parse(it.env('job-worker-1').TF_CONFIG ?? '')).toEqual({
      cluster: { ps: ['job-ps-0.ns.svc:2222'], worker: ['job-worker-0.ns.svc:2222', 'job-worker-1.ns.svc:2222'] },
      task: { type: 'worker', index: 1 },
      environment: 'cloud',
    })
  })
  it('a TFJob of one replica gets no TF_CONFIG; dynamic workers get a sparse one', () => {
    expect(started('TFJob', { Worker: {} }).env('job-worker-0')).toEqual({})
    const sparse = started('TFJob', { PS: {}, Worker: { replicas: 2 } }, { enableDynamicWorker: true })
    expect(JSON.parse(sparse.env('job-worker-1').TF_CONFIG ?? '')).toEqual({
      cluster: { ps: ['job-ps-0.ns.svc:2222'], worker: { 1: 'job-worker-1.ns.svc:2222' } },
      task: { type: 'worker', index: 1 },
    })
  })
  it('PyTorch ranks, world size by processes, and the wait for the master', () => {
    const it = started('PyTorchJob', { Master: {}, Worker: { replicas: 2 } }, { nprocPerNode: '2' })
    expect(it.env('job-worker-1')).toMatchObject({
      MASTER_ADDR: 'job-master-0', MASTER_PORT: '23456', PET_MASTER_ADDR: 'job-master-0', WORLD_SIZE: '6', RANK: '2',
      PET_NODE_RANK: '2', PET_NNODES: '3', PET_NPROC_PER_NODE: '2', PYTHONUNBUFFERED: '1',
    }) // biome-ignore format: one table
    expect(it.env('job-master-0').RANK).toBe('0')
    expect(it.pods.get('job-worker-0')?.spec?.initContainers?.map(({ name }) => name)).toEqual(['init-pytorch'])
    expect(it.pods.get('job-master-0')?.spec?.initContainers).toBeUndefined()
  })
  it('elastic PyTorch, XGBoost, JAX and Paddle', () => {
    const elasticPolicy = { minReplicas: 1, maxReplicas: 3, rdzvId: 'a', rdzvConf: [{ key: 'k', value: 'v' }] }
    expect(started('PyTorchJob', { Worker: { replicas: 2 } }, { elasticPolicy }).env('job-worker-1')).toMatchObject({
      PET_RDZV_ENDPOINT: 'job-worker-0:23456', PET_RDZV_BACKEND: 'c10d', PET_NNODES: '1:3', PET_RDZV_ID: 'a', PET_RDZV_CONF: 'k=v',
    }) // biome-ignore format: one table
    expect(started('XGBoostJob', { Master: {}, Worker: { replicas: 2 } }).env('job-worker-1')).toMatchObject({
      MASTER_ADDR: 'job-master-0', MASTER_PORT: '9999', WORLD_SIZE: '3', RANK: '2', WORKER_PORT: '9999',
      WORKER_ADDRS: 'job-worker-0,job-worker-1',
    }) // biome-ignore format: one table
    expect(started('JAXJob', { Worker: { replicas: 2 } }).env('job-worker-1')).toMatchObject({
      COORDINATOR_ADDRESS: 'job-worker-0', COORDINATOR_PORT: '6666', NUM_PROCESSES: '2', PROCESS_ID: '1',
    }) // biome-ignore format: one table
    const paddle = started('PaddleJob', { Master: {}, Worker: {} })
    expect(paddle.env('job-master-0')).toMatchObject({
      PADDLE_MASTER: '$(POD_IP_DUMMY):36543',
      PADDLE_SERVER_NUM: '1',
    })
    expect(paddle.env('job-worker-0')).toMatchObject({
      PADDLE_MASTER: 'job-master-0:36543',
      PADDLE_TRAINER_NUM: '1',
      PADDLE_NNODES: '2',
    })
  })
})

describe('the end', () => {
  it.each([
    ['TFJob', { PS: {}, Worker: { replicas: 2 } }, {}, ['job-worker-0']],
    ['TFJob', { Worker: { replicas: 2 } }, { successPolicy: 'AllWorkers' }, ['job-worker-0', 'job-worker-1']],
    ['TFJob', { Chief: {}, Worker: {} }, {}, ['job-chief-0']],
    ['PyTorchJob', { Master: {}, Worker: {} }, {}, ['job-master-0']],
    ['PyTorchJob', { Worker: { replicas: 2 } }, {}, ['job-worker-1', 'job-worker-0']],
    ['PyTorchJob', { Worker: { replicas: 2 } }, { elasticPolicy: {} }, ['job-worker-1']],
    ['XGBoostJob', { Master: {}, Worker: {} }, {}, ['job-master-0']],
    ['JAXJob', { Worker: { replicas: 2 } }, {}, ['job-worker-1', 'job-worker-0']],
    ['PaddleJob', { Worker: { replicas: 2 } }, {}, ['job-worker-1', 'job-worker-0']],
  ] as [string, Types, object, string[]][])('%s %j %j succeeds with %j', (kind, types, spec, deciding) => {
    const it = started(kind, types, spec)
    for (const name of it.pods.keys()) it.report(name, 'Running')
    for (const name of deciding) {
      expect(it.condition('Succeeded')).toBeUndefined()
      it.report(name, 'Succeeded', 0)
    }
    expect(it.history).toEqual(['Created=True', 'Running=True', 'Succeeded=True'])
    expect(it.condition('Running')?.status).toBe('False')
    expect(it.condition('Succeeded')?.reason).toBe(`${kind}Succeeded`)
    expect(it.job.status?.completionTime).toBeDefined()
    expect(Object.values(it.job.status?.replicaStatuses ?? {}).some(({ active }) => active)).toBe(false)
  })
  it('a run that nobody saw has run all the same', () => {
    const it = started('JAXJob', { Worker: {} })
    it.report('job-worker-0', 'Succeeded', 0)
    expect(it.job.status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
      'Created=True',
      'Running=False',
      'Succeeded=True',
    ])
  })
  it.each([
    ['None', ['job-ps-0', 'job-worker-0']],
    ['Running', ['job-worker-0']],
    ['All', []],
  ])('cleanPodPolicy %s leaves %j', (cleanPodPolicy, left) => {
    const it = started('TFJob', { PS: {}, Worker: {} }, { runPolicy: { cleanPodPolicy } })
    it.report('job-ps-0', 'Running')
    it.report('job-worker-0', 'Succeeded', 0)
    expect([...it.pods.keys()]).toEqual(left)
    expect([...it.services.keys()]).toEqual(left)
    it.pass(60)
    expect(it.pods.size).toBe(left.length)
  })
  it('time to live counts from the end, also after exit code 1 under ExitCode', () => {
    const it = started(
      'TFJob',
      { Worker: { restartPolicy: 'ExitCode' } },
      { runPolicy: { ttlSecondsAfterFinished: 10 } },
    )
    it.report('job-worker-0', 'Failed', 1)
    expect(it.history.at(-1)).toBe('Failed=True')
    it.pass(9)
    expect(it.isDeleted()).toBe(false)
    it.pass(2)
    expect(it.isDeleted()).toBe(true)
  })
  it('nothing changes after Failed', () => {
    const it = started('PyTorchJob', { Master: { restartPolicy: 'Never' }, Worker: {} })
    it.report('job-master-0', 'Failed', 3)
    expect(it.condition('Failed')?.message).toContain('pod job-master-0 ended with exit code 3')
    const before = structuredClone(it.job.status)
    it.report('job-worker-0', 'Succeeded', 0)
    expect(it.job.status).toEqual(before)
  })
  it('a dynamic worker that fails fails nothing', () => {
    const it = started('TFJob', { PS: {}, Worker: { replicas: 2 } }, { enableDynamicWorker: true })
    it.report('job-worker-1', 'Failed', 1)
    expect(it.condition('Failed')).toBeUndefined()
  })
})

describe('restarts', () => {
  it('ExitCode: a signal makes the pod anew under its name, counted once; the job goes on', () => {
    const it = started('TFJob', { PS: {}, Worker: { restartPolicy: 'ExitCode' } })
    it.report('job-ps-0', 'Running')
    it.report('job-worker-0', 'Running')
    const before = it.uid('job-worker-0')
    it.report('job-worker-0', 'Failed', 137)
    expect(it.uid('job-worker-0')).not.toBe(before)
    expect(it.job.status?.replicaStatuses?.Worker?.restarts).toBe(1)
    it.report('job-worker-0', 'Running')
    it.report('job-worker-0', 'Succeeded', 0)
    expect(it.history).toEqual(['Created=True', 'Running=True', 'Restarting=True', 'Running=True', 'Succeeded=True'])
    expect(it.job.status?.countedPods).toBeUndefined()
  })
  it('backoffLimit counts pods made anew too, and cleans up by policy', () => {
    const runPolicy = { backoffLimit: 2, cleanPodPolicy: 'All' }
    const it = started('XGBoostJob', { Master: {}, Worker: { restartPolicy: 'ExitCode' } }, { runPolicy })
    it.report('job-worker-0', 'Failed', 137)
    expect(it.condition('Failed')).toBeUndefined()
    it.report('job-worker-0', 'Failed', 143)
    expect(it.condition('Failed')?.message).toContain('backoff limit (2 restarts)')
    expect(it.pods.size).toBe(0)
  })
  it('backoffLimit 0 ends at the first restart in place', () => {
    const it = started('PyTorchJob', { Master: {} }, { runPolicy: { backoffLimit: 0 } })
    it.report('job-master-0', 'Running')
    expect(it.condition('Failed')).toBeUndefined()
    it.report('job-master-0', 'Running', undefined, 1)
    expect(it.condition('Failed')?.reason).toBe('PyTorchJobFailed')
  })
  it.each(['XGBoostJob', 'PyTorchJob', 'PaddleJob'])('%s under OnFailure outlives an evicted pod', (kind) => {
    const it = started(kind, { Master: { restartPolicy: 'OnFailure' }, Worker: { restartPolicy: 'OnFailure' } })
    const before = it.uid('job-worker-0')
    it.report('job-worker-0', 'Failed')
    expect(it.uid('job-worker-0')).not.toBe(before)
    expect(it.condition('Failed')).toBeUndefined()
  })
  it('an elastic job that loses a worker gets it back', () => {
    const it = started('PyTorchJob', { Worker: { replicas: 2, restartPolicy: 'ExitCode' } }, { elasticPolicy: { minReplicas: 1, maxReplicas: 2 } })
    it.report('job-worker-0', 'Running')
    it.report('job-worker-1', 'Running')
    it.report('job-worker-1', 'Failed', 137)
    it.report('job-worker-1', 'Running')
    it.report('job-worker-0', 'Succeeded', 0)
    expect(it.history.at(-1)).toBe('Succeeded=True')
  }) // biome-ignore format: one table
})

describe('run policy', () => {
  it('suspend deletes, resume starts anew with a new start time', () => {
    const it = started('TFJob', { Worker: {} })
    it.report('job-worker-0', 'Running')
    const first = it.job.status?.startTime
    it.job.spec.runPolicy = { suspend: true }
    it.pass(5)
    expect([it.pods.size, it.services.size]).toEqual([0, 0])
    expect([it.condition('Suspended')?.status, it.condition('Running')?.status]).toEqual(['True', 'False'])
    it.job.spec.runPolicy = { suspend: false }
    it.pass(5)
    expect([...it.pods.keys()]).toEqual(['job-worker-0'])
    expect(it.condition('Suspended')).toMatchObject({ status: 'False', reason: 'TFJobResumed' })
    expect(it.job.status?.startTime).not.toBe(first)
    it.report('job-worker-0', 'Running')
    expect(it.condition('Running')?.status).toBe('True')
  })
  it('activeDeadlineSeconds counts from the start', () => {
    const it = started('JAXJob', { Worker: {} }, { runPolicy: { activeDeadlineSeconds: 30 } })
    it.report('job-worker-0', 'Running')
    it.pass(29)
    expect(it.condition('Failed')).toBeUndefined()
    it.pass(1)
    expect(it.condition('Failed')?.message).toContain('deadline')
  })
  it('another manager’s job is left alone', () => {
    expect(started('TFJob', { Worker: {} }, { runPolicy: { managedBy: 'kueue.x-k8s.io/multikueue' } }).pods.size).toBe(
      0,
    )
  })
  it('a smaller number of workers takes the last ones away', () => {
    const it = started('PyTorchJob', { Worker: { replicas: 3 } }, { elasticPolicy: {} })
    it.job.spec.pytorchReplicaSpecs = makeJob('PyTorchJob', { Worker: { replicas: 1 } }).spec.pytorchReplicaSpecs
    it.look()
    expect([...it.pods.keys()]).toEqual(['job-worker-0'])
  })
  it.each([
    ['TFJob', { Boss: {} }, 'is not a replica type'],
    ['TFJob', { Chief: {}, Master: {} }, 'not both'],
    ['PyTorchJob', { Master: { replicas: 2 } }, 'must be 1'],
    ['XGBoostJob', { Worker: {} }, 'needs a Master'],
    ['MPIJob', { Launcher: {} }, 'does not run MPIJobs yet'],
  ] as [string, Types, string][])('%s %j is refused: %s', (kind, types, words) => {
    const it = started(kind, types)
    expect(it.condition('Failed')?.message).toContain(words)
    expect(it.condition('Failed')?.reason).toBe(`${kind}FailedValidation`)
    expect(it.pods.size).toBe(0)
  })
})
