/**
 * The process kubelet: makes pods true as processes of this machine. It reaches the API only through `KubeliteClient`, and
 * its state folder holds all that it needs to go on after a restart. It knows nothing of HTTP, storage or machine learning.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@keelson/process/clock'
import type { Logger } from '@keelson/process/logger'
import type { KubeliteClient, NodeApi } from '../client.ts'
import { createEventRecorder } from '../controllers/event-recorder.ts'
import { type HostEnvironment, hostEnvironment } from '../images/env.ts'
import { findPython, type ImageTable } from '../images/index.ts'
import { StatusError } from '../status-error.ts'
import { ClaimBook } from './claim-book.ts'
import { configReader } from './config-reader.ts'
import type { NodeContext } from './context.ts'
import { Kubelet } from './kubelet.ts'
import { attemptToRead, readAttemptLog } from './logs.ts'
import { detectMountMode, type MountMode } from './mounts.ts'
import { openPodNetwork, type PodNetworkWish } from './network/index.ts'
import { defaultNodeName, machineCapacity, registerNode } from './node-object.ts'
import { streamsOf } from './streams.ts'
import { watchTenants } from './tenants.ts'
import { pods } from './types.ts'

export { decidePodNetwork, type PodNetworkWish } from './network/index.ts'
export { removeAllPods, stopAllPods } from './stop-all-pods.ts'

export type StartNodeOptions = {
  client: KubeliteClient
  /** Folder for pods (volumes, logs, records) and claims. */
  stateDir: string
  log: Logger
  clock: Clock
  images: ImageTable
  /** Where pods reach the API server, `https://127.0.0.1:6443`, and the certificate to trust there. */
  advertisedApiUrl: string
  caFile: string
  /** What kubelet and API say as their version, `v1.34.0`. */
  version?: string
  nodeName?: string
  /** Default: this process's environment (PATH, KEELSON_PYTHON, mirror settings). */
  hostEnv?: HostEnvironment
  cacheDir?: string
  environmentsDir?: string
  /** Default: the best that works here. */
  mountMode?: MountMode
  /** Default: shared. */
  podNetwork?: PodNetworkWish | undefined
  /** Ports of this machine's loopback that pods with a network of their own reach at {@link doorAddress}. */
  podDoors?: readonly number[] | undefined
}

/** Starts the node. `stop` lets go of the pods, whose containers go on; `stopAllPods` ends those. */
export async function startNode(options: StartNodeOptions): Promise<{ nodeApi: NodeApi; stop(): Promise<void> }> {
  const abort = new AbortController()
  const { client, clock, stateDir } = options
  const log = options.log.with({ component: 'kubelet' })
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  const nodeName = options.nodeName ?? (await keptNodeName(stateDir))
  // Asking the names on PATH may take half a second: not when the first pod waits.
  void findPython(options.hostEnv ?? hostEnvironment()).catch(() => {})
  const claimsDir = join(stateDir, 'claims')
  const claims = new ClaimBook({ client, clock, log, signal: abort.signal, claimsDir, nodeName })
  const network = await openPodNetwork({
    stateDir,
    wish: options.podNetwork ?? 'shared',
    apiPort: Number(new URL(options.advertisedApiUrl).port || '443'),
    doors: options.podDoors ?? [],
    log,
  })
  const { hostIP } = network
  const context: NodeContext = {
    client,
    claims,
    clock,
    log,
    events: createEventRecorder({ client, component: 'kubelet', host: nodeName, clock, log }),
    schedulerEvents: createEventRecorder({ client, component: 'default-scheduler', clock, log }),
    images: options.images,
    hostEnv: options.hostEnv ?? hostEnvironment(),
    cacheDir: options.cacheDir,
    environmentsDir: options.environmentsDir,
    stateDir,
    claimsDir,
    nodeName,
    hostIP,
    caFile: options.caFile,
    network,
    allocatable: machineCapacity().allocatable,
    mountMode: options.mountMode ?? detectMountMode(),
    configOf: (namespace) => configReader(client, namespace),
    signal: abort.signal,
  }
  await registerNode(client, {
    name: nodeName,
    hostIP,
    network,
    version: options.version ?? 'v0.0.0',
    clock,
    log,
    signal: abort.signal,
  })
  await network.start(client, abort.signal)
  const kubelet = new Kubelet(context)
  await kubelet.start()
  void watchTenants({ client, nodeName, events: context.events, clock, log, signal: abort.signal })
  log.info('node ready', { name: nodeName, mounts: context.mountMode, podNetwork: network.mode })
  return {
    nodeApi: {
      ...streamsOf(context, kubelet),
      async *readLog(pod, logOptions, signal) {
        const worker = kubelet.worker(pod.uid)
        if (!worker) throw await notHere(client, pod)
        const attempt = await attemptToRead(worker.containers(), pod, logOptions)
        yield* readAttemptLog(attempt, logOptions, clock, signal)
      },
    },
    stop: async () => {
      abort.abort()
      await kubelet.stop()
      await network.stop()
      await Promise.all([context.events.flush(), context.schedulerEvents.flush()])
    },
  }
}

/** The name that the node got at its first start: a laptop's own changes with its network, and pods are bound to it. */
async function keptNodeName(stateDir: string): Promise<string> {
  const file = join(stateDir, 'node-name')
  const kept = (await readFile(file, 'utf8').catch(() => '')).trim()
  if (kept !== '') return kept
  const name = defaultNodeName()
  await writeFile(file, `${name}\n`)
  return name
}

async function notHere(client: KubeliteClient, pod: { namespace: string; name: string }): Promise<StatusError> {
  const present = await client.find(pods, pod)
  const message = present === null ? `pods "${pod.name}" not found` : `pod ${pod.name} does not have a host assigned`
  return present === null ? new StatusError(404, 'NotFound', message) : new StatusError(400, 'BadRequest', message)
}
