/** Builders for the tests of node and controllers: a whole kubelite, pods in a line, and a look at the machine's processes. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually, type TestDatabase, withPostgres } from '@keelson/testing'
import { afterAll, beforeAll } from 'vitest'
import type { KubeliteClient } from '../client.ts'
import { type Job, jobs } from '../controllers/job-types.ts'
import { withKubelite } from '../testing/index.ts'
import { type PodNetworkWish, removeAllPods } from './index.ts'
import type { MountMode } from './mounts.ts'
import { markedProcesses } from './processes.ts'
import { type KubeliteProcess, kubeliteProcess } from './test-process.ts'
import { type Container, events, type Pod, type PodSpec, pods } from './types.ts'

export type TestCluster = {
  client: KubeliteClient
  url: string
  adminToken: string
  ca: string
  stateFolder: string
  databaseUrl: string
  /** Ends the API server and the node as `npm stop` does not: the containers go on. */
  halt(): Promise<void>
  /** Starts them again on the same state. */
  resume(podNetwork?: PodNetworkWish): Promise<void>
  stop(): Promise<void>
}

export type TestClusterOptions = {
  imagesFile?: string
  mountMode?: MountMode
  cacheDir?: string
  podNetwork?: PodNetworkWish
  podDoors?: number[]
}

/** The cluster of one test file: there when its first test runs, and gone after its last. */
export function useTestCluster(
  options: () => TestClusterOptions | Promise<TestClusterOptions> = () => ({}),
): TestCluster {
  const cluster = {} as TestCluster
  beforeAll(async () => {
    await startTestCluster(await options(), cluster)
  })
  afterAll(() => cluster.stop?.())
  return cluster
}

/** kubelite as a process of its own for one test file, which starts it when it wants to. */
export function useKubeliteProcess(environment: Record<string, string> = {}): KubeliteProcess {
  const kubelite = {} as KubeliteProcess
  let database: TestDatabase | undefined
  beforeAll(async () => {
    database = await withPostgres()
    const home = await mkdtemp(join(tmpdir(), 'kubelite-kill-'))
    Object.assign(kubelite, await kubeliteProcess(home, database.url, environment))
  })
  afterAll(async () => {
    await kubelite.kill?.()
    if (kubelite.home !== undefined) {
      await removeAllPods(join(kubelite.home, 'node'))
      await rm(kubelite.home, { recursive: true, force: true })
    }
    await database?.stop()
  })
  return kubelite
}

/** kubelite with node and controllers on a database of its own. */
export async function startTestCluster(
  options: TestClusterOptions = {},
  cluster = {} as TestCluster,
): Promise<TestCluster> {
  const database = await withPostgres()
  const stateFolder = await mkdtemp(join(tmpdir(), 'kubelite-node-'))
  const start = (podNetwork = options.podNetwork) =>
    withKubelite({
      databaseUrl: database.url,
      stateFolder,
      run: 'all',
      ...(options.imagesFile === undefined ? {} : { imagesFile: options.imagesFile }),
      node: {
        ...(options.mountMode === undefined ? {} : { mountMode: options.mountMode }),
        podNetwork,
        podDoors: options.podDoors,
        ...(options.cacheDir === undefined ? {} : { cacheDir: options.cacheDir }),
      },
    })
  let server = await start()
  Object.assign(cluster, {
    client: server.client('system:admin'),
    url: server.url,
    adminToken: server.adminToken,
    ca: server.ca,
    stateFolder,
    databaseUrl: database.url,
    halt: () => server.stop(),
    resume: async (podNetwork?: PodNetworkWish) => {
      server = await start(podNetwork)
      cluster.client = server.client('system:admin')
      cluster.url = server.url
    },
    stop: async () => {
      await server.stop().catch(() => {})
      await removeAllPods(join(stateFolder, 'node'))
      await rm(stateFolder, { recursive: true, force: true })
      await database.stop()
    },
  } satisfies TestCluster)
  await eventually(
    async () =>
      (await cluster.client.find(
        { group: '', version: 'v1', plural: 'serviceaccounts' },
        { namespace: 'default', name: 'default' },
      )) !== null,
  )
  return cluster
}

/** A container of the host's shell that runs one script. */
export function shell(script: string, more: Partial<Container> = {}): Container {
  return { name: 'main', image: 'busybox:1', command: ['sh', '-c', script], ...more }
}

let counter = 0
function nextName(): string {
  counter += 1
  return `pod-${counter}`
}

export function createPod(
  client: KubeliteClient,
  spec: Partial<PodSpec> & { containers: Container[] },
  name = nextName(),
): Promise<Pod> {
  return client.create<Pod>(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { app: name } },
    spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, ...spec },
  })
}

export function createJob(
  client: KubeliteClient,
  name: string,
  container: Container,
  spec: Partial<Job['spec']> = {},
): Promise<Job> {
  return client.create<Job>(jobs, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default' },
    spec: {
      ...spec,
      template: { spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, containers: [container] } },
    },
  })
}

export const getPod = (client: KubeliteClient, name: string) => client.get<Pod>(pods, { namespace: 'default', name })

/** Waits for the pod to be as wished and gives it then. */
export function untilPod(
  client: KubeliteClient,
  name: string,
  wished: (pod: Pod) => boolean,
  timeoutMs = 15_000,
): Promise<Pod> {
  let last: Pod | undefined
  return eventually(
    async () => {
      last = await getPod(client, name)
      return wished(last) ? last : false
    },
    { timeoutMs },
  ).catch((error) => {
    throw new Error(`${name}: ${JSON.stringify(last?.status, null, 1)}`, { cause: error })
  })
}

export const phaseIs = (phase: string) => (pod: Pod) => pod.status?.phase === phase
export const isReady = (pod: Pod) =>
  pod.status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') ?? false
export const stateOf = (pod: Pod, name = 'main') =>
  pod.status?.containerStatuses?.find((each) => each.name === name)?.state ?? {}

/** The whole log over HTTP, as `kubectl logs` reads it; an error's body when it is one. */
export async function readLog(cluster: TestCluster, pod: string, query = ''): Promise<string> {
  const response = await requestJson(cluster, `/api/v1/namespaces/default/pods/${pod}/log${query}`)
  return response.body
}

async function requestJson(cluster: TestCluster, path: string): Promise<{ status: number; body: string }> {
  const { request } = await import('node:https')
  return new Promise((resolve, reject) => {
    const call = request(
      `${cluster.url}${path}`,
      { ca: cluster.ca, headers: { authorization: `Bearer ${cluster.adminToken}` } },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        )
      },
    )
    call.on('error', reject)
    call.end()
  })
}

/** Reason and message of the events about an object, newest state. */
export async function eventsOf(
  client: KubeliteClient,
  name: string,
): Promise<{ reason: string; message: string; type: string; count: number }[]> {
  const { items } = await client.list(events, { namespace: 'default' })
  return items.filter((event) => (event.involvedObject as { name?: string }).name === name) as unknown as {
    reason: string
    message: string
    type: string
    count: number
  }[]
}

/** How many processes of the machine belong to the container. */
export async function processesOf(pod: Pod, name = 'main'): Promise<number[]> {
  const id = pod.status?.containerStatuses?.find((each) => each.name === name)?.containerID?.replace('keelson://', '')
  return id === undefined ? [] : markedProcesses(id)
}
