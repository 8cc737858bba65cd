import type { InferenceService } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { describe, expect, it } from 'vitest'
import { desiredPredictor } from './desired-predictor.ts'
import { exampleBodies } from './examples.rules.ts'
import { modelOfUri, parsePredictor, servedModel } from './predictor.rules.ts'
import { explainFailure } from './predictor-pods.rules.ts'
import { routeOf, targetsOf } from './route.rules.ts'
import { desiredStatus, foldStatus, invalidStatus, sameStatus } from './status.rules.ts'

const storageUri = 'models:/churn/3'
const model = { modelFormat: { name: 'sklearn' }, storageUri }
const addresses = { podUrl: 'http://localhost:7700' }
const now = new Date('2026-01-02T03:04:05.000Z')
const url = 'http://localhost:7700/workspaces/telco/serving/churn'

function service(predictor: object, more: Partial<InferenceService> = {}): InferenceService {
  const metadata = { name: 'churn', namespace: 'telco', uid: 'u1', generation: 2 }
  return {
    apiVersion: 'serving.kserve.io/v1beta1',
    kind: 'InferenceService',
    metadata,
    spec: { predictor } as InferenceService['spec'],
    ...more,
  }
}

function desired(predictor: object = { model }) {
  const parsed = parsePredictor(service(predictor))
  if ('fault' in parsed) throw new Error(parsed.fault.message)
  return desiredPredictor(service(predictor), parsed.predictor, addresses)
}

describe('a spec', () => {
  it('is read in both spellings, with defaults', () => {
    expect(parsePredictor(service({ model }))).toMatchObject({
      predictor: {
        framework: 'sklearn',
        storageUri,
        replicas: 1,
        timeoutMs: 60_000,
        serviceAccountName: 'default-editor',
      },
    })
    expect(
      parsePredictor(service({ sklearn: { storageUri }, minReplicas: 2, maxReplicas: 2, timeout: 5 })),
    ).toMatchObject({ predictor: { replicas: 2, timeoutMs: 5_000 } })
    expect(
      parsePredictor(service({ model: { modelFormat: { name: 'mlflow' }, storageUri: 'runs:/abc/model' } })),
    ).toHaveProperty('predictor.framework', 'mlflow')
  })

  it.each([
    [{ model, canaryTrafficPercent: 10 }, 'spec.predictor.canaryTrafficPercent is not supported yet'],
    [{ model, logger: {} }, 'spec.predictor.logger'],
    [{ model, containers: [] }, 'spec.predictor.containers'],
    [{ model, minReplicas: 0 }, 'scale to zero'],
    [{ model, maxReplicas: 4 }, 'autoscaling'],
    [{ tensorflow: { storageUri } }, 'spec.predictor.tensorflow is not supported yet'],
    [{ model, sklearn: { storageUri } }, 'exactly one'],
    [{}, 'names no model'],
    [{ model: { ...model, storage: { key: 'a' } } }, 'spec.predictor.model.storage'],
    [{ model: { ...model, protocolVersion: 'grpc-v2' } }, 'protocolVersion: grpc-v2'],
    [{ model: { ...model, storageUri: 's3://bucket/model' } }, 's3: addresses cannot be fetched yet'],
    [{ model: { ...model, storageUri: '/mnt/model' } }, 'cannot be fetched'],
    [{ model: { modelFormat: { name: 'sklearn' } } }, 'storageUri is missing'],
    [{ model: { ...model, storageUri: 'models:/churn' } }, 'models:/<name>/<version>'],
  ])('with %j is refused by name', (predictor, message) => {
    expect(parsePredictor(service(predictor))).toMatchObject({
      fault: { reason: 'InvalidPredictorSpec', message: expect.stringContaining(message) },
    })
  })

  it('says which frameworks and runtimes there are', () => {
    expect(parsePredictor(service({ model: { ...model, modelFormat: { name: 'xgboost' } } }))).toMatchObject({
      fault: { reason: 'NoSupportingRuntime' },
    })
    expect(parsePredictor(service({ model: { ...model, runtime: 'mine' } }))).toMatchObject({
      fault: { reason: 'RuntimeNotRecognized' },
    })
    const withTransformer = {
      ...service({ model }),
      spec: { predictor: { model }, transformer: {} } as InferenceService['spec'],
    }
    expect(parsePredictor(withTransformer)).toMatchObject({
      fault: { message: expect.stringContaining('spec.transformer') },
    })
  })

  it('names its registered model', () => {
    expect(modelOfUri('models:/churn/3')).toEqual({ model: 'churn', version: 3 })
    expect(modelOfUri('models:/my%20churn@prod')).toEqual({ model: 'my churn', version: null })
    expect(modelOfUri('models:/churn/Production')).toEqual({ model: 'churn', version: null })
    expect(modelOfUri('runs:/a/model')).toBeNull()
    const annotated = service({ model: { ...model, storageUri: 'runs:/a/model' } })
    annotated.metadata.annotations = { 'keelson.dev/registered-model': 'churn', 'keelson.dev/model-version': '7' }
    expect(servedModel(annotated)).toEqual({ model: 'churn', version: 7 })
  })
})

describe('what is made of it', () => {
  it('is the same for the same spec and another revision for another pod', () => {
    expect(desired()).toEqual(desired())
    expect(desired().revision).toMatch(/^churn-predictor-[0-9a-f]{8}$/)
    expect(desired({ model, minReplicas: 2 }).revision).toBe(desired().revision)
    expect(desired({ model: { ...model, storageUri: 'models:/churn/4' } }).revision).not.toBe(desired().revision)
  })

  it('owns its children and lets the pod find the workspace without a secret', () => {
    const { deployment, service: headless } = desired()
    expect(deployment.metadata.ownerReferences).toMatchObject([
      { kind: 'InferenceService', name: 'churn', uid: 'u1', controller: true },
    ])
    expect(headless.spec).toMatchObject({ clusterIP: 'None', ports: [{ port: 8080 }] })
    const text = JSON.stringify(deployment)
    expect(text).toContain('{"name":"MLFLOW_TRACKING_URI","value":"http://localhost:7700/workspaces/telco/mlflow"}')
    expect(text).toContain('{"name":"MLFLOW_TRACKING_AUTH","value":"kubernetes-namespaced"}')
    expect(text).toContain('"/v2/models/churn/ready"')
  })
})

type State = { ready?: boolean; terminated?: object; waiting?: object; revision?: string; restarts?: number }
function pod(state: State): KubeObject {
  const lastState = state.terminated ? { lastState: { terminated: state.terminated } } : {}
  const current = state.waiting ? { waiting: state.waiting } : { running: {} }
  const metadata = {
    name: 'p',
    namespace: 'telco',
    annotations: { 'keelson.dev/revision': state.revision ?? desired().revision },
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    status: {
      conditions: [{ type: 'Ready', status: state.ready ? 'True' : 'False' }],
      containerStatuses: [
        { name: 'kserve-container', restartCount: state.restarts ?? 0, state: current, ...lastState },
      ],
    },
  }
}
const rolledOut: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { generation: 1 },
  spec: { replicas: 1 },
  status: { observedGeneration: 1, updatedReplicas: 1, readyReplicas: 1 },
}
const rolling: KubeObject = { ...rolledOut, status: { observedGeneration: 1, updatedReplicas: 1, readyReplicas: 0 } }
const statusOf = (pods: KubeObject[], readyAddresses: number, deployment = rolling) =>
  desiredStatus(service({ model }), { revision: desired().revision, deployment, pods, readyAddresses }, url, now)
const condition = (status: ReturnType<typeof statusOf>, type: string) =>
  status.conditions?.find((each) => each.type === type)
const folded = (status: ReturnType<typeof statusOf>) => foldStatus(service({ model }, { status }))
const broken = {
  exitCode: 1,
  message: 'Traceback\nValueError: boom\nModelLoadFailed: it has 2: a.joblib, b.joblib',
  finishedAt: '2026-01-02T03:04:00Z',
}

describe('a status', () => {
  it('is ready when a probe was answered and the address is known, and not before', () => {
    expect(condition(statusOf([pod({})], 0), 'Ready')).toMatchObject({ status: 'False', reason: 'Loading' })
    expect(condition(statusOf([pod({ ready: true })], 0, rolledOut), 'Ready')).toMatchObject({
      status: 'False',
      reason: 'NoReadyAddress',
    })
    const ready = statusOf([pod({ ready: true })], 1, rolledOut)
    expect(ready.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
      'IngressReady=True',
      'LatestDeploymentReady=True',
      'PredictorReady=True',
      'Ready=True',
    ])
    expect(ready).toMatchObject({
      url,
      components: { predictor: { latestReadyRevision: desired().revision } },
      modelStatus: { transitionStatus: 'UpToDate' },
    })
    expect(folded(ready).status).toBe('ready')
  })

  it('tells the true reason of a failed load with the lines before it', () => {
    const failed = statusOf([pod({ terminated: broken, waiting: { reason: 'CrashLoopBackOff' } })], 0)
    expect(failed.modelStatus).toMatchObject({
      transitionStatus: 'BlockedByFailedLoad',
      states: { targetModelState: 'FailedToLoad' },
      lastFailureInfo: { reason: 'ModelLoadFailed', exitCode: 1 },
    })
    expect(condition(failed, 'Ready')).toMatchObject({
      reason: 'ModelLoadFailed',
      message: 'it has 2: a.joblib, b.joblib',
    })
    expect(folded(failed)).toMatchObject({ status: 'failed', message: 'it has 2: a.joblib, b.joblib' })
    expect(explainFailure(failed.modelStatus?.lastFailureInfo ?? {}).logTail).toBe('Traceback\nValueError: boom')
  })

  it('waits for a server that was killed, and fails when it keeps ending', () => {
    const killed = { exitCode: 137, reason: 'Error' }
    const once = statusOf([pod({ terminated: killed, restarts: 1 })], 0)
    expect(folded(once)).toMatchObject({ status: 'pending', message: expect.stringContaining('exit code 137') })
    const again = statusOf([pod({ terminated: killed, waiting: { reason: 'CrashLoopBackOff' }, restarts: 3 })], 0)
    expect(folded(again)).toMatchObject({ status: 'failed', reason: 'RuntimeUnhealthy' })
  })

  it('is degraded, not failed, while an older revision serves behind a failed one', () => {
    const status = statusOf([pod({ ready: true, revision: 'churn-predictor-old' }), pod({ terminated: broken })], 1)
    expect(condition(status, 'Ready')?.status).toBe('True')
    expect(condition(status, 'LatestDeploymentReady')?.status).toBe('False')
    expect(status.components?.predictor?.latestReadyRevision).toBe('churn-predictor-old')
    expect(folded(status)).toMatchObject({ status: 'degraded', reason: 'ModelLoadFailed' })
  })

  it('says what it waits for: an image, a node, a quota', () => {
    const image = statusOf([pod({ waiting: { reason: 'ErrImagePull', message: 'no such image' } })], 0)
    expect(image.modelStatus?.lastFailureInfo).toMatchObject({
      reason: 'RuntimeUnhealthy',
      message: 'ErrImagePull: no such image',
    })
    const unscheduled = {
      ...pod({}),
      status: {
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'not enough memory' }],
      },
    }
    expect(condition(statusOf([unscheduled], 0), 'Ready')?.message).toBe('Unschedulable: not enough memory')
    const refused = {
      ...rolling,
      status: { conditions: [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota' }] },
    }
    expect(condition(statusOf([], 0, refused), 'Ready')).toMatchObject({
      reason: 'PodsRefused',
      message: 'exceeded quota',
    })
  })

  it('keeps the time of what did not change, and is not written again for nothing', () => {
    const first = statusOf([pod({})], 0)
    const again = desiredStatus(
      service({ model }, { status: first }),
      { revision: desired().revision, deployment: rolling, pods: [pod({})], readyAddresses: 0 },
      url,
      new Date('2027-01-01T00:00:00Z'),
    )
    expect(sameStatus(first, again)).toBe(true)
    const invalid = invalidStatus(
      service({ model }, { status: first }),
      { reason: 'InvalidPredictorSpec', message: 'no' },
      now,
    )
    expect(invalid).toMatchObject({ url, modelStatus: { transitionStatus: 'InvalidSpec' } })
    expect(folded(invalid)).toMatchObject({ status: 'failed', message: 'no' })
    expect(foldStatus(service({ model })).status).toBe('pending')
  })
})

describe('a route', () => {
  const slice = (endpoints: unknown[]): KubeObject => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'telco' },
    endpoints,
    ports: [{ name: 'http', port: 8080 }],
  })
  it('goes to ready addresses alone', () => {
    const endpoints = [
      { addresses: ['127.0.0.2'], conditions: { ready: true } },
      { addresses: ['127.0.0.3'], conditions: { ready: false } },
      { addresses: ['::1'] },
    ]
    expect(targetsOf([slice(endpoints), slice(endpoints.slice(0, 1))])).toEqual([
      'http://127.0.0.2:8080',
      'http://[::1]:8080',
    ])
    expect(routeOf(service({ model }), [])).toMatchObject({
      targets: [],
      reason: 'The endpoint is being started.',
      model: 'churn',
      modelVersion: 3,
    })
  })
})

describe('example bodies', () => {
  const inputs = [
    { name: 'age', datatype: 'FP64', shape: [-1, 1] },
    { name: 'plan', datatype: 'BYTES', shape: [-1, 1] },
  ]
  it('take the logged example, and a value of the type where it does not fit', () => {
    const bodies = exampleBodies(inputs, { columns: ['age', 'plan'], data: [[41, 5]] })
    expect(JSON.parse(bodies.v1)).toEqual({ instances: [{ age: 41, plan: '' }] })
    expect(JSON.parse(bodies.v2)).toEqual({
      inputs: [
        { name: 'age', shape: [1, 1], datatype: 'FP64', data: [41] },
        { name: 'plan', shape: [1, 1], datatype: 'BYTES', data: [''] },
      ],
    })
  })
  it('are rows for a model without names', () => {
    expect(JSON.parse(exampleBodies([{ name: 'input-0', datatype: 'FP64', shape: [-1, 3] }], [[1, 2, 3]]).v1)).toEqual({
      instances: [[1, 2, 3]],
    })
  })
})
