/** A cluster in which another operator owns a kind, on kubelite and on a real API server, as the controller's own account. */
import { inferenceServiceKind } from '@keelson/contracts/kinds'
import { type OpenedContext, openContext } from '@keelson/core/context'
import { keptKindOwners, requireOwnKind } from '@keelson/core/platform'
import { predictorName } from '@keelson/core/serving'
import { serverNames, startTestPlatform, type TestPlatform } from '@keelson/core/testing'
import { type KubeApi, resources } from '@keelson/kube'
import { silentLogger } from '@keelson/process/logger'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { followKindOwners, whereOurs } from './kind-owners.ts'
import type { ControllerParts } from './parts.ts'
import { asPlatform } from './platform-actor.ts'
import { inferenceServiceProjector, inferenceServiceReconciler } from './serving/inference-service.ts'

const patience = { timeoutMs: 20_000 }
const addresses = { url: 'http://localhost:7700', contentUrl: 'http://127.0.0.1:7701', podUrl: 'http://localhost:7700' }
const definition = { name: 'inferenceservices.serving.kserve.io' }
const labels = { 'control-plane': 'kserve-controller-manager' }

describe.each(serverNames)('another operator on %s', (server) => {
  let platform: TestPlatform
  let context: OpenedContext
  let kube: KubeApi
  let workspace = ''
  let skipped: string | null = null
  const stopper = new AbortController()

  beforeAll(async () => {
    const started = await startTestPlatform(server)
    if ('skipped' in started) {
      skipped = started.skipped
      return
    }
    platform = started
    kube = platform.kube
    workspace = await platform.makeWorkspace({})
    context = await openContext({
      databaseUrl: platform.databaseUrl,
      kubeconfigPath: await platform.kubeconfigOf('keelson-controller'),
      artifactsRoot: '/nonexistent',
      addresses,
      log: silentLogger,
      signal: stopper.signal,
    })
    const { base } = context
    const shared = { base, log: silentLogger, signal: stopper.signal }
    const owners = await followKindOwners({ ...shared, setting: new Map(), everyMs: 200 })
    const parts = { ...shared, owners } as ControllerParts
    whereOurs(inferenceServiceKind, inferenceServiceReconciler, inferenceServiceProjector)(parts)
  }, 180_000)
  afterAll(async () => {
    stopper.abort()
    if (skipped !== null) return
    const part = { 'app.kubernetes.io/part-of': 'keelson' }
    await kube.patch(resources.customResourceDefinitions, definition, { metadata: { labels: part } })
    await context?.close()
    await platform?.stop()
  })
  const test = (title: string, body: () => Promise<void>) =>
    it(title, async ({ skip }) => (skipped === null ? body() : skip(skipped)), 60_000)

  const make = (name: string) =>
    kube.create(resources.inferenceServices, {
      apiVersion: 'serving.kserve.io/v1beta1',
      kind: 'InferenceService',
      metadata: { namespace: workspace, name },
      spec: { predictor: { sklearn: { storageUri: 'models:/churn/3' } } },
    })
  const deploymentOf = (name: string) =>
    kube.find(resources.deployments, { namespace: workspace, name: predictorName(name) })
  const ownerIs = (owner: string) =>
    eventually(async () => {
      const kinds = await keptKindOwners(context.base.db)
      expect(kinds.find(({ kind }) => kind === 'InferenceService')?.owner).toBe(owner)
    }, patience)
  const isListed = (name: string) =>
    eventually(async () => {
      const rows = await context.base.db.query(
        'select 1 from endpoint where workspace = $1 and name = $2',
        workspace,
        name,
      )
      expect(rows).toHaveLength(1)
    }, patience)

  test('Keelson’s own definition: it is served, and may be changed', async () => {
    await ownerIs('keelson')
    await make('ours')
    await eventually(async () => expect(await deploymentOf('ours')).not.toBeNull(), patience)
    await requireOwnKind(asPlatform(context.base), inferenceServiceKind)
  })

  test('a foreign definition and a running operator: shown, and left alone', async () => {
    await kube.patch(resources.customResourceDefinitions, definition, {
      metadata: { labels: { 'app.kubernetes.io/part-of': null } },
    })
    await kube.create(resources.deployments, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: workspace, name: 'kserve-controller-manager', labels },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'manager', image: 'kserve:none' }] } },
      },
    })
    await ownerIs('other')
    const before = await deploymentOf('ours')
    await make('theirs')
    await isListed('theirs')
    // The reconciler is gone: what it made and what it would make are both left alone.
    await kube.patch(
      resources.inferenceServices,
      { namespace: workspace, name: 'ours' },
      {
        metadata: { labels: { seen: 'again' } },
        spec: { predictor: { minReplicas: 3 } },
      },
    )
    await eventually(async () => {
      const [row] = await context.base.db.query<{ manifest: { metadata: { labels?: { seen?: string } } } }>(
        "select manifest from endpoint where workspace = $1 and name = 'ours'",
        workspace,
      )
      expect(row?.manifest.metadata.labels?.seen).toBe('again')
    }, patience)
    expect(await deploymentOf('theirs')).toBeNull()
    expect((await deploymentOf('ours'))?.metadata.generation).toBe(before?.metadata.generation)
    await expect(requireOwnKind(asPlatform(context.base), inferenceServiceKind)).rejects.toMatchObject({
      code: 'precondition',
      message: expect.stringContaining(`KServe (Deployment ${workspace}/kserve-controller-manager)`),
    })
  })

  test('the operator is taken away: Keelson goes on', async () => {
    const name = 'kserve-controller-manager'
    await kube.patch(resources.deployments, { namespace: workspace, name }, { spec: { replicas: 0 } })
    await ownerIs('keelson')
    await eventually(async () => expect(await deploymentOf('theirs')).not.toBeNull(), patience)
  })
})
