import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Profile } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { type KubeApi, resources } from '@keelson/kube'
import { installCrds, serverNames, startServer, type TestServer } from '@keelson/kube/testing'
import { silentLogger } from '@keelson/process/logger'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { profileReconciler } from './profile.ts'

type RoleBinding = KubeObject & { roleRef: { name: string }; subjects?: { kind: string; name: string }[] }
const patience = { timeoutMs: 15_000 }
const owner = { kind: 'User', name: 'ada@example.test' }

function profile(name: string, spec: Profile['spec'] = { owner }): Profile {
  return { apiVersion: 'kubeflow.org/v1', kind: 'Profile', metadata: { name }, ...(spec ? { spec } : {}) }
}

describe.each(serverNames)('the profile reconciler on %s', (server) => {
  let running: TestServer
  let kube: KubeApi
  let skipped: string | null = null
  const stopper = new AbortController()
  const folder = mkdtempSync(join(tmpdir(), 'keelson-labels-'))
  const labelsFile = join(folder, 'labels.yaml')
  const names: string[] = []
  const fresh = () => {
    const name = `profile-${randomBytes(4).toString('hex')}`
    names.push(name)
    return name
  }

  beforeAll(async () => {
    const started = await startServer(server)
    if ('skipped' in started) {
      skipped = started.skipped
      return
    }
    running = started
    kube = started.kube
    await installCrds(kube)
    writeFileSync(labelsFile, 'team: ""\n')
    const { signal } = stopper
    const informers = {
      profiles: kube.inform<Profile>(resources.profiles, {}, signal),
      namespaces: kube.inform(resources.namespaces, {}, signal),
    }
    profileReconciler({
      base: { kube, addresses: { podUrl: 'http://localhost:7700' } },
      informers,
      labelsFile,
      log: silentLogger,
      signal,
    })
  }, 180_000)
  afterAll(async () => {
    stopper.abort()
    rmSync(folder, { recursive: true, force: true })
    if (skipped !== null) return
    for (const name of names) {
      await kube.patch(resources.profiles, { name }, { metadata: { finalizers: null } }).catch(() => {})
      await kube.delete(resources.profiles, { name }).catch(() => {})
      await kube.delete(resources.namespaces, { name }).catch(() => {})
    }
    await running.stop()
  })
  const test = (title: string, body: () => Promise<void>) =>
    it(title, async ({ skip }) => (skipped === null ? body() : skip(skipped)), 60_000)
  const condition = async (name: string) =>
    (await kube.get<Profile>(resources.profiles, { name })).status?.conditions?.[0]
  const successful = (name: string) =>
    eventually(
      async () => expect(await condition(name)).toMatchObject({ type: 'Successful', status: 'True' }),
      patience,
    )

  test('makes what a profile stands for', async () => {
    const name = fresh()
    const made = await kube.create(
      resources.profiles,
      profile(name, { owner, resourceQuotaSpec: { hard: { pods: 7, cpu: '2' } } }),
    )
    await successful(name)
    const namespace = await kube.get(resources.namespaces, { name })
    expect(namespace.metadata).toMatchObject({
      annotations: { owner: owner.name },
      labels: { 'app.kubernetes.io/part-of': 'kubeflow-profile', 'pod-security.kubernetes.io/enforce': 'baseline' },
      ownerReferences: [{ kind: 'Profile', name, uid: made.metadata.uid, controller: true }],
    })
    for (const account of ['default-editor', 'default-viewer']) {
      expect(await kube.get(resources.serviceAccounts, { namespace: name, name: account })).toBeTruthy()
    }
    const roleOf = async (binding: string) =>
      (await kube.get<RoleBinding>(resources.roleBindings, { namespace: name, name: binding })).roleRef.name
    expect(await roleOf('default-editor')).toBe('kubeflow-edit')
    expect(await roleOf('default-viewer')).toBe('kubeflow-view')
    const admin = await kube.get<RoleBinding>(resources.roleBindings, { namespace: name, name: 'namespaceAdmin' })
    expect(admin).toMatchObject({
      roleRef: { name: 'kubeflow-admin' },
      subjects: [{ kind: 'User', name: owner.name }],
      metadata: { annotations: { user: owner.name, role: 'admin' } },
    })
    const quota = await kube.get(resources.resourceQuotas, { namespace: name, name: 'kf-resource-quota' })
    expect(quota.spec).toMatchObject({ hard: { pods: '7', cpu: '2' } })
    expect(await kube.get(resources.configMaps, { namespace: name, name: 'keelson' })).toMatchObject({
      data: {
        MLFLOW_TRACKING_URI: `http://localhost:7700/workspaces/${name}/mlflow`,
        MLFLOW_TRACKING_AUTH: 'kubernetes-namespaced',
        KF_PIPELINES_ENDPOINT: `http://localhost:7700/workspaces/${name}/kfp`,
        KF_PIPELINES_SA_TOKEN_PATH: '/var/run/secrets/kubernetes.io/serviceaccount/token',
      },
    })
    expect((await kube.get(resources.profiles, { name })).metadata.finalizers).toEqual(['profile-finalizer'])
  })

  test('heals what is removed or changed, and follows the quota', async () => {
    const name = fresh()
    await kube.create(resources.profiles, profile(name, { owner, resourceQuotaSpec: { hard: { pods: '7' } } }))
    await successful(name)
    const inside = (child: string) => ({ namespace: name, name: child })
    await kube.delete(resources.resourceQuotas, inside('kf-resource-quota'))
    await kube.delete(resources.roleBindings, inside('namespaceAdmin'))
    await kube.patch(resources.roleBindings, inside('default-editor'), {
      subjects: [{ kind: 'ServiceAccount', name: 'intruder', namespace: name }],
    })
    await eventually(async () => {
      expect(await kube.find(resources.resourceQuotas, inside('kf-resource-quota'))).not.toBeNull()
      expect(await kube.find(resources.roleBindings, inside('namespaceAdmin'))).not.toBeNull()
      const editor = await kube.get<RoleBinding>(resources.roleBindings, inside('default-editor'))
      expect(editor.subjects).toMatchObject([{ name: 'default-editor' }])
    }, patience)
    await kube.delete(resources.roleBindings, inside('default-viewer'))
    await kube
      .create<RoleBinding>(resources.roleBindings, {
        apiVersion: '',
        kind: '',
        metadata: { ...inside('default-viewer'), labels: { 'keelson.dev/profile': name } },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' } as {
          name: string
        },
        subjects: [],
      })
      .catch(() => {})
    await eventually(async () => {
      expect((await kube.get<RoleBinding>(resources.roleBindings, inside('default-viewer'))).roleRef.name).toBe(
        'kubeflow-view',
      )
    }, patience)
    await kube.patch(resources.profiles, { name }, { spec: { resourceQuotaSpec: { hard: { pods: '9' } } } })
    await eventually(async () => {
      expect((await kube.get(resources.resourceQuotas, inside('kf-resource-quota'))).spec).toMatchObject({
        hard: { pods: '9' },
      })
    }, patience)
    await kube.patch(resources.profiles, { name }, { spec: { resourceQuotaSpec: null } })
    await eventually(
      async () => expect(await kube.find(resources.resourceQuotas, inside('kf-resource-quota'))).toBeNull(),
      patience,
    )
  })

  test('leaves a namespace of somebody else as it is, and says so', async () => {
    const name = fresh()
    const foreign = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, annotations: { owner: 'bob@example.test' } },
    }
    await kube.create(resources.namespaces, foreign)
    await kube.create(resources.profiles, profile(name))
    await eventually(
      async () =>
        expect(await condition(name)).toMatchObject({ type: 'Failed', message: expect.stringContaining('not owned') }),
      patience,
    )
    expect((await kube.get(resources.namespaces, { name })).metadata.annotations?.owner).toBe('bob@example.test')
    expect(await kube.find(resources.roleBindings, { namespace: name, name: 'namespaceAdmin' })).toBeNull()
  })

  test('keeps labels that the namespace has already', async () => {
    const name = fresh()
    await kube.create(resources.namespaces, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name,
        annotations: { owner: owner.name },
        labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
      },
    })
    await kube.create(resources.profiles, profile(name))
    await successful(name)
    const { metadata } = await kube.get(resources.namespaces, { name })
    expect(metadata.labels?.['pod-security.kubernetes.io/enforce']).toBe('restricted')
    expect(metadata.ownerReferences ?? []).toEqual([])
  })

  test('labels namespaces by the file, all anew when it changes', async () => {
    const name = fresh()
    const labels = async () => (await kube.get(resources.namespaces, { name })).metadata.labels ?? {}
    await kube.create(resources.profiles, profile(name))
    await successful(name)
    await kube.patch(resources.namespaces, { name }, { metadata: { labels: { team: 'red', tier: 'gold' } } })
    await eventually(async () => expect(await labels()).not.toHaveProperty('team'), patience)
    writeFileSync(labelsFile, 'team: ""\ntier: silver\nzone: 7\npipelines.kubeflow.org/enabled: ""\n')
    await eventually(async () => expect(await labels()).toMatchObject({ zone: '7', tier: 'gold' }), patience)
    await eventually(
      async () => expect(await labels()).not.toHaveProperty(['pipelines.kubeflow.org/enabled']),
      patience,
    )
    writeFileSync(labelsFile, '- not a map\n')
    await kube.delete(resources.roleBindings, { namespace: name, name: 'namespaceAdmin' })
    await eventually(
      async () =>
        expect(await kube.find(resources.roleBindings, { namespace: name, name: 'namespaceAdmin' })).not.toBeNull(),
      patience,
    )
    expect(await labels()).toMatchObject({ zone: '7' })
  })

  test('is the same object in both versions', async () => {
    const name = fresh()
    const old = { ...resources.profiles, version: 'v1beta1' }
    await kube.create(old, { ...profile(name), apiVersion: 'kubeflow.org/v1beta1' })
    await successful(name)
    expect(await kube.get(old, { name })).toMatchObject({ apiVersion: 'kubeflow.org/v1beta1', spec: { owner } })
  })

  test('says what it cannot do', async () => {
    const [ownerless, plugged] = [fresh(), fresh()]
    await kube.create(resources.profiles, profile(ownerless, {}))
    await kube.create(resources.profiles, profile(plugged, { owner, plugins: [{ kind: 'WorkloadIdentity' }] }))
    await eventually(async () => expect(await condition(ownerless)).toMatchObject({ type: 'Failed' }), patience)
    await eventually(
      async () =>
        expect(await condition(plugged)).toMatchObject({
          type: 'Failed',
          message: expect.stringContaining('WorkloadIdentity'),
        }),
      patience,
    )
    expect(await kube.find(resources.namespaces, { name: ownerless })).toBeNull()
  })

  test('lets go of a deleted profile, whose namespace follows', async () => {
    const name = fresh()
    await kube.create(resources.profiles, profile(name))
    await successful(name)
    await kube.delete(resources.profiles, { name })
    await eventually(async () => expect(await kube.find(resources.profiles, { name })).toBeNull(), patience)
    await eventually(
      async () => {
        const namespace = await kube.find(resources.namespaces, { name })
        expect(namespace === null || namespace.metadata.deletionTimestamp !== undefined).toBe(true)
      },
      { timeoutMs: 30_000 },
    )
  })
})
