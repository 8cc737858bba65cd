import { request } from 'node:http'
import { eventually } from '@keelson/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { createJob, eventsOf, getPod, processesOf, readLog, shell, useTestCluster } from '../node/test-cluster.ts'
import { type Container, type Pod, pods, refOf } from '../node/types.ts'
import { type EndpointSlice, endpointSlices, services } from './endpoint-slice.ts'
import { hasCondition, type Job, jobs } from './job-types.ts'
import { type Deployment, deployments, type ReplicaSet, replicaSets } from './workload-types.ts'

const cluster = useTestCluster()

const getJob = (name: string) => cluster.client.get<Job>(jobs, { namespace: 'default', name })
const untilJob = (name: string, condition: string, timeoutMs = 15_000) =>
  eventually(
    async () => {
      const job = await getJob(name)
      return hasCondition(job.status?.conditions, condition) ? job : false
    },
    { timeoutMs },
  )
const podsOf = async (selector: string) =>
  (await cluster.client.list<Pod>(pods, { namespace: 'default', labelSelector: selector })).items
const jobPods = (name: string) => podsOf(`batch.kubernetes.io/job-name=${name}`)

describe('a Job', () => {
  // Begun first and asked for last: ten seconds lie between its attempts.
  beforeAll(async () => {
    await createJob(cluster.client, 'bad', shell('echo no; exit 1'), { backoffLimit: 1 })
  })

  it('completes, is counted once, and says so', async () => {
    await createJob(cluster.client, 'good', shell('echo trained'))
    const job = await untilJob('good', 'Complete')
    expect(job.status).toMatchObject({
      succeeded: 1,
      completionTime: expect.any(String),
      startTime: expect.any(String),
    })
    expect(job.status?.conditions?.map((each) => [each.type, each.reason])).toEqual([
      ['SuccessCriteriaMet', 'CompletionsReached'],
      ['Complete', 'CompletionsReached'],
    ])
    const [pod] = await jobPods('good')
    expect(pod?.metadata.finalizers ?? []).toEqual([])
    expect(await readLog(cluster, pod?.metadata.name ?? '')).toBe('trained\n')
    await eventually(
      async () =>
        (await eventsOf(cluster.client, 'good')).map((each) => each.reason).join() === 'SuccessfulCreate,Completed',
    )
  })

  it('runs its indexes in parallel, can be suspended, and ends at its deadline', async () => {
    const { client } = cluster
    await createJob(client, 'indexed', shell('echo $JOB_COMPLETION_INDEX; sleep 0.3'), {
      completions: 3,
      parallelism: 2,
      completionMode: 'Indexed',
    })
    await createJob(client, 'paused', shell('sleep 1000'), { suspend: true })
    await createJob(client, 'slow', shell('sleep 1000'), { activeDeadlineSeconds: 1 })
    expect((await untilJob('indexed', 'Complete')).status).toMatchObject({ succeeded: 3, completedIndexes: '0-2' })
    expect((await untilJob('slow', 'Failed')).status?.conditions?.at(-1)).toMatchObject({ reason: 'DeadlineExceeded' })
    await untilJob('paused', 'Suspended')
    expect(await jobPods('paused')).toEqual([])
    await client.patch(jobs, { namespace: 'default', name: 'paused' }, { spec: { suspend: false } })
    await eventually(async () => (await jobPods('paused')).length === 1)
    await client.delete(jobs, { namespace: 'default', name: 'paused' })
    await eventually(async () => (await jobPods('paused')).length === 0, { timeoutMs: 10_000 })
  })

  it('is removed some time after its end', async () => {
    await createJob(cluster.client, 'brief', shell('true'), { ttlSecondsAfterFinished: 1 })
    await eventually(async () => (await cluster.client.find(jobs, { namespace: 'default', name: 'brief' })) === null, {
      timeoutMs: 15_000,
    })
    await eventually(async () => (await jobPods('brief')).length === 0)
  })
})

const server = (version: string) =>
  `require('http').createServer((q, a) => a.end('${version}')).listen(8080, process.env.POD_IP); process.on('SIGTERM', () => setTimeout(() => process.exit(0), 300))`
const web = (version: string): Container => ({
  name: 'main',
  image: 'busybox',
  command: [process.execPath, '-e', server(version)],
  env: [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
  ports: [{ name: 'http', containerPort: 8080 }],
  readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
})

const ready = async (service: string) =>
  (
    await cluster.client.list<EndpointSlice>(endpointSlices, { labelSelector: `kubernetes.io/service-name=${service}` })
  ).items.flatMap((slice) =>
    (slice.endpoints ?? [])
      .filter((endpoint) => endpoint.conditions.ready)
      .map((endpoint) => `${endpoint.addresses[0]}:${slice.ports?.[0]?.port}`),
  )

function ask(address: string): Promise<string> {
  const [host, port] = address.split(':')
  return new Promise((resolve, reject) => {
    const call = request({ host, port, timeout: 2_000, agent: false }, (response) => {
      let body = ''
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => resolve(body))
    })
    call.on('error', reject)
    call.end()
  })
}

describe('a Deployment behind a Service', () => {
  const getWeb = () => cluster.client.get<Deployment>(deployments, { namespace: 'default', name: 'web' })

  it('rolls from one version to the next without a gap, and back', async () => {
    const { client } = cluster
    await client.create<Deployment>(deployments, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        replicas: 2,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { terminationGracePeriodSeconds: 5, containers: [web('one')] },
        },
      },
    })
    await client.create(services, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: { clusterIP: 'None', selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
    })
    await eventually(async () => (await ready('web')).length === 2, { timeoutMs: 15_000 })
    expect(await ask((await ready('web'))[0] ?? '')).toBe('one')

    const answers: string[] = []
    const failures: string[] = []
    let asking = true
    const asker = (async () => {
      while (asking) {
        const all = await ready('web')
        if (all.length === 0) failures.push('nobody ready')
        else
          await ask(all[answers.length % all.length] ?? '').then(
            (answer) => answers.push(answer),
            (error) => failures.push(String(error)),
          )
      }
    })()
    await client.patch(
      deployments,
      { namespace: 'default', name: 'web' },
      { spec: { template: { spec: { containers: [web('two')] } } } },
    )
    const rolled = await eventually(
      async () => {
        const now = await getWeb()
        const { status } = now
        return status?.observedGeneration === now.metadata.generation &&
          status?.updatedReplicas === 2 &&
          status.replicas === 2 &&
          status.availableReplicas === 2
          ? now
          : false
      },
      { timeoutMs: 20_000 },
    )
    await eventually(async () => (await podsOf('app=web')).length === 2, { timeoutMs: 10_000 })
    asking = false
    await asker
    expect(failures).toEqual([])
    expect(new Set(answers)).toEqual(new Set(['one', 'two']))
    expect(rolled.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2')
    expect(rolled.status?.conditions?.find((each) => each.type === 'Progressing')).toMatchObject({
      status: 'True',
      reason: 'NewReplicaSetAvailable',
    })
    const sets = (await client.list<ReplicaSet>(replicaSets, { namespace: 'default' })).items
    expect(
      sets.map((set) => [set.spec.replicas, set.metadata.annotations?.['deployment.kubernetes.io/revision']]).sort(),
    ).toEqual([
      [0, '1'],
      [2, '2'],
    ])
    await client.patch(
      deployments,
      { namespace: 'default', name: 'web' },
      { spec: { template: { spec: { containers: [web('one')] } } } },
    )
    await eventually(async () => (await getWeb()).metadata.annotations?.['deployment.kubernetes.io/revision'] === '3')
    expect((await client.list(replicaSets, { namespace: 'default' })).items.length).toBe(2)
  })

  it('replaces a pod that is deleted, scales, and takes everything with it', async () => {
    const { client } = cluster
    await eventually(async () => (await ready('web')).length === 2 && (await podsOf('app=web')).length === 2, {
      timeoutMs: 20_000,
    })
    const [first] = await podsOf('app=web')
    if (!first) throw new Error('no pod')
    await client.delete(pods, refOf(first))
    await eventually(async () => !(await ready('web')).some((address) => address.startsWith(`${first.status?.podIP}:`)))
    await eventually(async () => (await ready('web')).length === 2, { timeoutMs: 15_000 })
    await client.patch(deployments, { namespace: 'default', name: 'web' }, { spec: { replicas: 1 } })
    await eventually(async () => (await podsOf('app=web')).length === 1, { timeoutMs: 10_000 })
    const last = await getPod(client, (await podsOf('app=web'))[0]?.metadata.name ?? '')
    await client.delete(deployments, { namespace: 'default', name: 'web' })
    await eventually(async () => (await podsOf('app=web')).length === 0, { timeoutMs: 15_000 })
    await eventually(async () => (await ready('web')).length === 0)
    expect(await processesOf(last)).toEqual([])
  })
})

describe('a Job that fails', () => {
  it('fails at its back-off limit after waiting between the attempts', async () => {
    const job = await untilJob('bad', 'Failed', 25_000)
    expect(job.status).toMatchObject({ failed: 2, ready: 0 })
    expect(job.status?.conditions?.at(-1)).toMatchObject({
      type: 'Failed',
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    })
    const times = (await jobPods('bad'))
      .map((pod) => Date.parse(pod.metadata.creationTimestamp ?? ''))
      .sort((a, b) => a - b)
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(9_000)
  })
})
