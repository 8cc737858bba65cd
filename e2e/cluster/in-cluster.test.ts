/** The launcher in a pod, with the pod's own login (`KUBECONFIG=in-cluster`): it comes up, and the sample is green from there. */
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Cluster, imagesArchive, repository, startCluster } from './cluster.ts'

const namespace = 'launcher-in-a-pod'
const main = ['--disable-warning=ExperimentalWarning', join(repository, 'apps/local/src/main.ts')]
let cluster: Cluster
let skipped: string | null = null

/** The checkout and its Node, as the node's machine has them, in a container with the C library that Node needs. */
function manifests(): string {
  const node = realpathSync(process.execPath)
  const metadata = { name: 'keelson', namespace }
  const account = { kind: 'ServiceAccount', ...metadata }
  const rbac = 'rbac.authorization.k8s.io'
  const container = {
    name: 'launcher',
    image: 'docker.io/keelson/python:1',
    imagePullPolicy: 'Never',
    command: ['/usr/local/bin/keelson-node', ...main, 'start'],
    args: ['--no-sample', '--take-over'],
    env: [
      { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'KUBECONFIG', value: 'in-cluster' },
      { name: 'KEELSON_HOME', value: '/state/home' },
      { name: 'KEELSON_ADVERTISED_URL', value: 'http://$(POD_IP):7700' },
    ],
    readinessProbe: { exec: { command: ['/usr/local/bin/keelson-node', ...main, 'status'] }, timeoutSeconds: 20 },
    volumeMounts: [
      { name: 'checkout', mountPath: repository, readOnly: true },
      { name: 'node', mountPath: '/usr/local/bin/keelson-node', readOnly: true },
      { name: 'state', mountPath: '/state' },
    ],
  }
  const spec = {
    serviceAccountName: metadata.name,
    restartPolicy: 'Never',
    securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 },
    containers: [container],
    volumes: [
      { name: 'checkout', hostPath: { path: repository } },
      { name: 'node', hostPath: { path: node } },
      { name: 'state', emptyDir: {} },
    ],
  }
  const objects = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: namespace },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [account],
    },
    { apiVersion: 'v1', kind: 'Pod', metadata, spec },
  ]
  return objects.map((object) => JSON.stringify(object)).join('\n---\n')
}

const inPod = (...args: string[]) =>
  cluster.kubectl('exec', '-n', namespace, 'keelson', '--', '/usr/local/bin/keelson-node', ...main, ...args)

beforeAll(async () => {
  const started = startCluster()
  if ('skipped' in started) {
    skipped = started.skipped
    return
  }
  cluster = started
  cluster.load(imagesArchive())
  await cluster.kubectlApply(manifests())
})
afterAll(async () => {
  if (skipped !== null) return
  // While the controller is there: it is what lets the workspace go.
  await cluster.kubectl('delete', 'profile', 'telco', '--ignore-not-found', '--wait=true', '--timeout=120s')
  await cluster.kubectl('delete', 'clusterrolebinding', namespace)
  await cluster.kubectl('delete', 'namespace', namespace, '--wait=true', '--timeout=120s')
  cluster.stop()
})
const test = (title: string, body: () => Promise<void> | void) =>
  it(title, async ({ skip }) => (skipped === null ? body() : skip(skipped)))

test('it is ready, with the pod’s login and no cluster of its own', async () => {
  await cluster.kubectl('wait', 'pod/keelson', '-n', namespace, '--for=condition=Ready', '--timeout=300s')
  const status = JSON.parse(await inPod('status', '--json'))
  expect(status).toMatchObject({ kubeconfig: 'in-cluster', home: '/state/home' })
  const run = await cluster.kubectl('exec', '-n', namespace, 'keelson', '--', 'ls', '/state/home/run')
  expect(run).toContain('keelson-controller.kubeconfig')
  expect(run).not.toContain('kubelite')
})

test('the sample is green from there: its pods reach the launcher’s pod, and it reaches them', async () => {
  const { steps } = JSON.parse(await inPod('demo', '--json')) as { steps: { title: string; status: string }[] }
  expect(steps.filter(({ status }) => status !== 'succeeded')).toEqual([])
  expect(steps.length).toBeGreaterThan(8)
})

test('its name stands in the cluster, for a second launcher to be refused', async () => {
  const claim = await cluster.kubectl(
    'get', 'configmap', 'keelson-installation', '-n', 'keelson-system', '-o', 'jsonpath={.data}',
  ) // biome-ignore format: one command
  expect(JSON.parse(claim)).toMatchObject({ host: 'keelson', home: '/state/home' })
})
