/** What is saved in a notebook's volume, through everything that may end its pod. kubelite and the controller are processes here. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Notebook, notebookAnnotations } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { type KubeApi, openKube, resources } from '@keelson/kube'
import { installCrds } from '@keelson/kube/testing'
import { type KubeliteProcess, kubeliteProcess, removeAllPods } from '@keelson/kubelite/testing'
import { eventually, withMigratedDatabase } from '@keelson/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ControllerProcess, controllerProcess } from '../testing/index.ts'

const namespace = 'saved'
const patience = { timeoutMs: 60_000 }
const ref = { namespace, name: 'lab' }
let kubelite: KubeliteProcess
let controller: ControllerProcess
let kube: KubeApi
const closers: (() => unknown)[] = []

beforeAll(async () => {
  const database = await withMigratedDatabase()
  closers.push(() => database.stop())
  const home = await mkdtemp(join(tmpdir(), 'saved-work-'))
  closers.push(async () => {
    await removeAllPods(join(home, 'node'))
    await rm(home, { recursive: true, force: true })
  })
  kubelite = await kubeliteProcess(home, database.url)
  closers.push(() => kubelite.kill())
  await kubelite.start()
  const kubeconfig = join(home, 'admin.kubeconfig')
  const opened = await openKube({ cluster: { kubeconfigPath: kubeconfig } })
  closers.push(opened.close)
  kube = opened.kube
  await installCrds(kube)
  for (const name of [namespace, 'keelson-system'])
    await kube.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  controller = controllerProcess({ databaseUrl: database.url, kubeconfig, namespace: 'keelson-system' })
  closers.push(() => controller.kill())
  controller.start()
}, 120_000)
afterAll(async () => {
  for (const close of closers.reverse()) await close()
}, 60_000)

/** Each start adds a line to a file in the volume, and the log tells all of them. */
const script = 'echo "started by $WHO" >> work; cat work; trap "exit 0" TERM; while :; do sleep 0.2; done'
const template = (who: string) => ({
  terminationGracePeriodSeconds: 1,
  containers: [
    {
      name: 'lab',
      image: 'busybox:1',
      command: ['sh', '-c', script],
      env: [{ name: 'WHO', value: who }],
      volumeMounts: [{ name: 'home', mountPath: '/home/jovyan' }],
    },
  ],
  volumes: [{ name: 'home', persistentVolumeClaim: { claimName: 'lab-workspace' } }],
})
const change = (metadata: object, spec: object = {}) => kube.patch(resources.notebooks, ref, { metadata, spec })
const podUid = async () => (await kube.find(resources.pods, { namespace, name: 'lab-0' }))?.metadata.uid
async function logOf(): Promise<string[]> {
  const lines: string[] = []
  const logs = kube.logs({ namespace, pod: 'lab-0' }, {}, AbortSignal.timeout(10_000))
  for await (const line of logs) lines.push(line)
  return lines
}
const hasStarted = (lines: string[]) =>
  eventually(async () => {
    expect((await kube.get<Notebook>(resources.notebooks, ref)).status?.readyReplicas).toBe(1)
    expect(await logOf()).toEqual(lines)
  }, patience)

it('is there after a stop, a new template, and kill -9 of kubelite and the controller', async () => {
  await kube.create<KubeObject>(resources.persistentVolumeClaims, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace, name: 'lab-workspace' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  })
  await kube.create<KubeObject>(resources.notebooks, {
    apiVersion: 'kubeflow.org/v1',
    kind: 'Notebook',
    metadata: ref,
    spec: { template: { spec: template('ana') } },
  })
  await hasStarted(['started by ana'])

  await change({ annotations: { [notebookAnnotations.stopped]: new Date().toISOString() } })
  await eventually(async () => expect(await podUid()).toBeUndefined(), patience)
  await change({ annotations: { [notebookAnnotations.stopped]: null } })
  await hasStarted(['started by ana', 'started by ana'])

  await change({}, { template: { spec: template('ben') } })
  await hasStarted(['started by ana', 'started by ana', 'started by ben'])

  const before = await podUid()
  await Promise.all([kubelite.kill(), controller.kill()])
  await kubelite.start()
  controller.start()
  // The pod itself outlives both: what runs in it has not ended.
  await hasStarted(['started by ana', 'started by ana', 'started by ben'])
  expect(await podUid()).toBe(before)

  await controller.kill()
  await change({ annotations: { [notebookAnnotations.stopped]: new Date().toISOString() } })
  controller.start()
  await eventually(async () => expect(await podUid()).toBeUndefined(), patience)
  await change({ annotations: { [notebookAnnotations.stopped]: null } })
  await hasStarted(['started by ana', 'started by ana', 'started by ben', 'started by ben'])
}, 180_000)
