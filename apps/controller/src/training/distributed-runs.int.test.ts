/** Real distributed runs on kubelite: replicas that find each other by what they are told. Skipped where pods have no names. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type TrainingJob, trainingKinds } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { openContext } from '@keelson/core/context'
import type { Pod } from '@keelson/core/training'
import { type KubeApi, type Resource, resources } from '@keelson/kube'
import { installCrds } from '@keelson/kube/testing'
import { ensureEnvironment } from '@keelson/kubelite/images'
import { withKubelite } from '@keelson/kubelite/testing'
import { silentLogger } from '@keelson/process/logger'
import { eventually, withMigratedDatabase } from '@keelson/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openInformers } from '../parts.ts'
import { trainingJobReconciler } from './training-job.ts'

let kube: KubeApi
let kubeconfig = ''
let missing: string | null = null
const namespace = 'distributed'
const stopper = new AbortController()
const closers: (() => Promise<unknown>)[] = []
const patience = { timeoutMs: 90_000 }

beforeAll(async () => {
  const database = await withMigratedDatabase()
  closers.push(() => database.stop())
  const kubelite = await withKubelite({ databaseUrl: database.url, run: 'all', node: { podNetwork: 'auto' } })
  closers.push(() => kubelite.stop())
  kubeconfig = kubelite.kubeconfigPath
  const url = 'http://localhost:7700'
  const context = await openContext({
    databaseUrl: database.url,
    kubeconfigPath: kubelite.kubeconfigPath,
    artifactsRoot: '/nonexistent',
    addresses: { url, contentUrl: url, podUrl: url },
    log: silentLogger,
    signal: stopper.signal,
  })
  closers.push(() => context.close())
  kube = context.base.kube
  const [node] = (await eventually(() => kube.list<KubeObject>(resources.nodes), patience)).items
  if (node?.metadata.labels?.['keelson.dev/pod-network'] !== 'namespaced') {
    missing = node?.metadata.annotations?.['keelson.dev/pod-network-reason'] ?? 'pods have no network of their own'
    return
  }
  await installCrds(kube)
  await kube.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  await eventually(() => kube.get(resources.serviceAccounts, { namespace, name: 'default' }), patience)
  const { signal } = stopper
  const parts = { base: context.base, informers: openInformers(kube, signal), log: silentLogger, signal }
  for (const kind of trainingKinds) trainingJobReconciler(kind)(parts as Parameters<ReturnType<typeof trainingJobReconciler>>[0])
}, 120_000) // biome-ignore format: one call
afterAll(async () => {
  stopper.abort()
  for (const close of closers.reverse()) await close()
})

const python = (code: string) => ({ image: 'busybox:1', command: ['python3', '-u', '-c', code] })
async function make(resource: Resource, name: string, spec: object): Promise<void> {
  const object = { apiVersion: 'kubeflow.org/v1', kind: resource.kind, metadata: { namespace, name }, spec }
  await kube.create<KubeObject>(resource, object)
}
async function ended(resource: Resource, name: string): Promise<TrainingJob> {
  return eventually(async () => {
    const job = await kube.get<TrainingJob>(resource, { namespace, name })
    const pods = (await kube.list<Pod>(resources.pods, { namespace })).items
    const where = JSON.stringify([job.status, pods.map((pod) => [pod.metadata.name, pod.status])])
    expect(job.status?.conditions?.at(-1)?.type, where).toMatch(/Succeeded|Failed/)
    return job
  }, patience)
}
async function said(pod: string): Promise<string[]> {
  const lines: string[] = []
  for await (const line of kube.logs({ namespace, pod }, {}, stopper.signal)) lines.push(line)
  return lines
}

/** Adds what it is sent, remembers who has called, and ends when each of two workers has come to its end. */
const parameterServer = `
import json, os, socket
me = json.loads(os.environ["TF_CONFIG"])
assert me["task"] == {"type": "ps", "index": 0}, me
server = socket.create_server(("0.0.0.0", 2222))
total, calls = 0, {}
while True:
    peer, _ = server.accept()
    with peer:
        worker, number = peer.recv(100).decode().split()
        calls[worker] = calls.get(worker, 0) + 1
        total += int(number)
        peer.sendall(f"{calls[worker]} {total}".encode())
`
/** Worker 1 is killed by a signal at its first call, and finds that the server knows it when it is started again. */
const tfWorker = `
import json, os, signal, socket, time
config = json.loads(os.environ["TF_CONFIG"])
host, port = config["cluster"]["ps"][0].split(":")
index = config["task"]["index"]
while True:
    try:
        peer = socket.create_connection((host, int(port)), timeout=5)
        break
    except OSError as error:
        print("waiting", error)
        time.sleep(0.2)
peer.sendall(f"{index} {10 ** index}".encode())
call, total = peer.recv(100).decode().split()
if index == 1 and call == "1":
    os.kill(os.getpid(), signal.SIGKILL)
print("call", call, "of worker", index)
`

it('TFJob, PS 1 and Worker 2: they talk by TF_CONFIG, and a worker killed by a signal resumes under ExitCode', async (test) => {
  if (missing !== null) return test.skip(missing)
  const replica = (code: string) => ({ template: { spec: { containers: [{ name: 'tensorflow', ...python(code) }] } } })
  await make(resources.tfJobs, 'sums', {
    successPolicy: 'AllWorkers',
    runPolicy: { cleanPodPolicy: 'Running' },
    tfReplicaSpecs: {
      PS: replica(parameterServer),
      Worker: { replicas: 2, restartPolicy: 'ExitCode', ...replica(tfWorker) },
    },
  })
  const { status } = await ended(resources.tfJobs, 'sums')
  expect(status?.conditions?.at(-1)).toMatchObject({ type: 'Succeeded' })
  expect(status?.replicaStatuses?.Worker).toMatchObject({ succeeded: 2, restarts: 1 })
  expect((await said('sums-worker-1')).at(-1)).toBe('call 2 of worker 1')
  expect((await said('sums-worker-0')).at(-1)).toBe('call 1 of worker 0')
  await eventually(async () => {
    const pods = (await kube.list<Pod>(resources.pods, { namespace })).items
    expect(pods.map((pod) => pod.metadata.name).sort()).toEqual(['sums-worker-0', 'sums-worker-1'])
  }, patience)
}, 120_000)

/** A sum over all ranks, gathered at the master, as an all-reduce of three numbers. */
const reduceScript = `
import os, socket
rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
host, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
if rank == 0:
    server = socket.create_server(("0.0.0.0", port))
    peers = [server.accept()[0] for _ in range(world - 1)]
    total = sum(int(peer.recv(100)) for peer in peers)
    for peer in peers:
        peer.sendall(str(total).encode())
else:
    peer = socket.create_connection((host, port), timeout=30)
    peer.sendall(str(10 ** rank).encode())
    total = int(peer.recv(100))
print("sum", total)
`

it('PyTorchJob, Master 1 and Worker 2: workers wait for the master and reach it at MASTER_ADDR', async (test) => {
  if (missing !== null) return test.skip(missing)
  // The server is there before the workers come only where it is ready by then.
  const probe = { exec: { command: ['sh', '-c', 'grep -qi ":5BA0 .* 0A" /proc/net/tcp'] }, periodSeconds: 1 }
  const replica = (more: object) => ({
    template: { spec: { containers: [{ name: 'pytorch', ...python(reduceScript), ...more }] } },
  })
  await make(resources.pytorchJobs, 'reduce', {
    pytorchReplicaSpecs: { Master: replica({ readinessProbe: probe }), Worker: { replicas: 2, ...replica({}) } },
  })
  const { status } = await ended(resources.pytorchJobs, 'reduce')
  expect(status?.conditions?.map(({ type }) => type)).toEqual(['Created', 'Running', 'Succeeded'])
  await eventually(async () => {
    for (const name of ['reduce-master-0', 'reduce-worker-0', 'reduce-worker-1'])
      expect(await said(name)).toEqual(['sum 110'])
  }, patience)
}, 120_000)

/** What a user of upstream's SDK does; the SDK is the wheel from PyPI, unmodified. */
const sdkScript = `
import json, os, sys, time
from kubernetes import client
from kubeflow.training import TrainingClient, KubeflowOrgV1TFJob, KubeflowOrgV1TFJobSpec, KubeflowOrgV1ReplicaSpec, KubeflowOrgV1RunPolicy
namespace = "${namespace}"
sdk = TrainingClient(config_file=os.environ["KUBECONFIG"], namespace=namespace, job_kind="TFJob")
def job(name, code):
    container = client.V1Container(name="tensorflow", image="busybox:1", command=["sh", "-c", code])
    template = client.V1PodTemplateSpec(spec=client.V1PodSpec(containers=[container]))
    worker = KubeflowOrgV1ReplicaSpec(replicas=2, restart_policy="Never", template=template)
    spec = KubeflowOrgV1TFJobSpec(run_policy=KubeflowOrgV1RunPolicy(), tf_replica_specs={"Worker": worker}, success_policy="AllWorkers")
    return KubeflowOrgV1TFJob(api_version="kubeflow.org/v1", kind="TFJob", metadata=client.V1ObjectMeta(name=name, namespace=namespace), spec=spec)
sdk.create_job(job("sdk-one", "echo trains"))
done = sdk.wait_for_job_conditions("sdk-one", polling_interval=1, timeout=60)
pods = sorted(sdk.get_job_pod_names("sdk-one"))
logs = sdk.get_job_logs("sdk-one")[0]
states = [each.type for each in sdk.get_job_conditions("sdk-one")]
sdk.create_job(job("sdk-two", "sleep 600"))
sdk.wait_for_job_conditions("sdk-two", expected_conditions={"Running"}, polling_interval=1, timeout=60)
two = sdk.get_job("sdk-two")
two.spec.run_policy.suspend = True
sdk.update_job(two, "sdk-two")
# The SDK has no wait for this condition.
until = time.monotonic() + 60
while not any(each.type == "Suspended" and each.status == "True" for each in sdk.get_job_conditions("sdk-two")):
    assert time.monotonic() < until, sdk.get_job_conditions("sdk-two")
    time.sleep(0.2)
sdk.update_job({"spec": {"runPolicy": {"suspend": False}}}, "sdk-two")
sdk.wait_for_job_conditions("sdk-two", expected_conditions={"Running"}, polling_interval=1, timeout=60)
for name in ["sdk-one", "sdk-two"]:
    sdk.delete_job(name)
left = [each.metadata.name for each in sdk.list_jobs() if each.metadata.name.startswith("sdk-")]
print("RESULT", json.dumps({"pods": pods, "logs": logs, "states": states, "succeeded": done.status.replica_statuses["Worker"].succeeded, "left": left}))
`

it('kubeflow-training: create, wait, logs, suspend, resume, delete', async (test) => {
  if (missing !== null) return test.skip(missing)
  const environmentsDir = join(import.meta.dirname, '../../../../e2e/wire/environments')
  const { path } = await ensureEnvironment('kubeflow', { environmentsDir })
  const { stdout } = await promisify(execFile)(join(path, 'bin/python'), ['-c', sdkScript], {
    env: { KUBECONFIG: kubeconfig, PATH: process.env.PATH },
  })
  const pods = ['sdk-one-worker-0', 'sdk-one-worker-1']
  expect(JSON.parse(/^RESULT (.*)$/m.exec(stdout)?.[1] ?? 'null')).toEqual({
    pods,
    logs: Object.fromEntries([['sdk-one-worker-0', 'trains\n']]),
    states: ['Created', 'Running', 'Succeeded'],
    succeeded: 2,
    left: [],
  })
}, 240_000)
