/** The reconciler on a real cluster API: pods and slices are written here as a kubelet would, so that each state can be held. */
import type { InferenceService } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { type OpenedContext, openContext } from '@keelson/core/context'
import { predictorName, servingLabels } from '@keelson/core/serving'
import { startTestPlatform, type TestPlatform } from '@keelson/core/testing'
import { type KubeApi, resources } from '@keelson/kube'
import { silentLogger } from '@keelson/process/logger'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inferenceServiceReconciler } from './inference-service.ts'

let platform: TestPlatform
let context: OpenedContext
let kube: KubeApi
let workspace = ''
const stopper = new AbortController()
const patience = { timeoutMs: 20_000 }
const addresses = { url: 'http://localhost:7700', contentUrl: 'http://127.0.0.1:7701', podUrl: 'http://localhost:7700' }

beforeAll(async () => {
  const started = await startTestPlatform('kubelite')
  if ('skipped' in started) throw new Error(started.skipped)
  platform = started
  kube = platform.kube
  const { databaseUrl, kubeconfigPath } = platform
  context = await openContext({
    databaseUrl,
    kubeconfigPath,
    artifactsRoot: '/nonexistent',
    addresses,
    log: silentLogger,
    signal: stopper.signal,
  })
  workspace = await platform.makeWorkspace({})
  const parts = { base: context.base, log: silentLogger, signal: stopper.signal } as Parameters<
    typeof inferenceServiceReconciler
  >[0]
  inferenceServiceReconciler(parts)
}, 120_000)
afterAll(async () => {
  stopper.abort()
  await context?.close()
  await platform?.stop()
})

async function make(name: string, predictor: object = { sklearn: { storageUri: 'models:/churn/3' } }): Promise<void> {
  const object = {
    apiVersion: 'serving.kserve.io/v1beta1',
    kind: 'InferenceService',
    metadata: { namespace: workspace, name },
    spec: { predictor },
  }
  await kube.create<KubeObject>(resources.inferenceServices, object)
}
const get = (name: string) => kube.get<InferenceService>(resources.inferenceServices, { namespace: workspace, name })
const ready = async (name: string) =>
  (await get(name)).status?.conditions?.find((condition) => condition.type === 'Ready')
const deploymentOf = (name: string) =>
  kube.get<KubeObject>(resources.deployments, { namespace: workspace, name: predictorName(name) })
const row = async (name: string) =>
  (
    await context.base.db.query<{
      status: string
      message: string | null
      model_version: number | null
      deleted: boolean
    }>(
      'select status, message, model_version, deleted_at is not null as deleted from endpoint where workspace = $1 and name = $2',
      workspace,
      name,
    )
  )[0]

/** A pod of the endpoint's present revision, with the status that a kubelet would report. */
async function report(name: string, isReady: boolean, container: object): Promise<void> {
  const deployment = await deploymentOf(name)
  const revision = deployment.metadata.annotations?.[servingLabels.revision] ?? ''
  const metadata = {
    namespace: workspace,
    name: `${name}-pod`,
    labels: { [servingLabels.service]: name },
    annotations: { [servingLabels.revision]: revision },
  }
  const pod: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { containers: [{ name: 'kserve-container', image: 'x' }] },
  }
  await kube.apply(resources.pods, pod, { fieldManager: 'test' })
  const status = {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
    containerStatuses: [
      { name: 'kserve-container', ready: isReady, restartCount: 0, image: 'x', imageID: '', ...container },
    ],
  }
  await kube.applyStatus(resources.pods, { ...pod, status }, { fieldManager: 'test' })
  const counts = {
    observedGeneration: deployment.metadata.generation ?? 1,
    replicas: 1,
    updatedReplicas: 1,
    readyReplicas: isReady ? 1 : 0,
  }
  await kube.applyStatus(
    resources.deployments,
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: workspace, name: predictorName(name) },
      status: counts,
    },
    { fieldManager: 'test' },
  )
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace: workspace,
      name: `${name}-slice`,
      labels: { 'kubernetes.io/service-name': predictorName(name) },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['127.0.0.9'], conditions: { ready: isReady } }],
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  } as KubeObject
  await kube.apply(resources.endpointSlices, slice, { fieldManager: 'test' })
}

describe('an InferenceService', () => {
  it('gets a Deployment and a Service that it owns, and is ready when a probe was answered', async () => {
    await make('churn')
    await eventually(
      async () => expect(await ready('churn')).toMatchObject({ status: 'False', reason: 'Deploying' }),
      patience,
    )
    const { uid } = (await get('churn')).metadata
    const service = await kube.get<KubeObject>(resources.services, { namespace: workspace, name: 'churn-predictor' })
    for (const child of [await deploymentOf('churn'), service])
      expect(child.metadata.ownerReferences).toMatchObject([{ uid, controller: true }])
    // The row follows the object's own status.
    await eventually(
      async () => expect(await row('churn')).toMatchObject({ status: 'pending', model_version: 3 }),
      patience,
    )
    await report('churn', false, { state: { running: {} } })
    await eventually(async () => expect(await ready('churn')).toMatchObject({ reason: 'Loading' }), patience)
    await report('churn', true, { state: { running: {} } })
    await eventually(async () => expect(await ready('churn')).toMatchObject({ status: 'True' }), patience)
    expect((await get('churn')).status).toMatchObject({
      url: `http://localhost:7700/workspaces/${workspace}/serving/churn`,
      modelStatus: { transitionStatus: 'UpToDate' },
    })
    await eventually(async () => expect(await row('churn')).toMatchObject({ status: 'ready' }), patience)
  })

  it('shows why its model did not load', async () => {
    await make('broken')
    await eventually(() => deploymentOf('broken'), patience)
    const terminated = {
      exitCode: 1,
      reason: 'Error',
      message: 'Traceback\nModelLoadFailed: the file is no model',
      startedAt: '2026-01-01T00:00:00Z',
      finishedAt: '2026-01-01T00:00:01Z',
    }
    await report('broken', false, { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated } })
    await eventually(
      async () =>
        expect((await get('broken')).status?.modelStatus).toMatchObject({
          transitionStatus: 'BlockedByFailedLoad',
          lastFailureInfo: { reason: 'ModelLoadFailed', exitCode: 1 },
        }),
      patience,
    )
    await eventually(
      async () => expect(await row('broken')).toMatchObject({ status: 'failed', message: 'the file is no model' }),
      patience,
    )
  })

  it('that asks for what there is not is refused by name, keeps unknown fields, and is served once it is put right', async () => {
    await make('canary', { sklearn: { storageUri: 'models:/churn/3' }, canaryTrafficPercent: 10 })
    await eventually(
      async () =>
        expect(await ready('canary')).toMatchObject({
          status: 'False',
          reason: 'InvalidSpec',
          message: expect.stringContaining('spec.predictor.canaryTrafficPercent'),
        }),
      patience,
    )
    expect((await get('canary')).spec.predictor).toHaveProperty('canaryTrafficPercent', 10)
    await expect(deploymentOf('canary')).rejects.toMatchObject({ code: 'not_found' })
    await kube.patch(
      resources.inferenceServices,
      { namespace: workspace, name: 'canary' },
      { spec: { predictor: { canaryTrafficPercent: null } } },
    )
    await eventually(() => deploymentOf('canary'), patience)
  })

  it('heals what was deleted, and is kept as gone after its own end', async () => {
    await kube.delete(resources.services, { namespace: workspace, name: 'churn-predictor' })
    await kube.delete(resources.deployments, { namespace: workspace, name: 'churn-predictor' })
    await eventually(() => deploymentOf('churn'), patience)
    await kube.delete(resources.inferenceServices, { namespace: workspace, name: 'churn' })
    await eventually(
      async () => expect(await row('churn')).toMatchObject({ status: 'stopped', deleted: true }),
      patience,
    )
  })
})
