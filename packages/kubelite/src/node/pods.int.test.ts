import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { services } from '../controllers/endpoint-slice.ts'
import { jobs } from '../controllers/job-types.ts'
import {
  createPod,
  eventsOf,
  isReady,
  phaseIs,
  processesOf,
  readLog,
  shell,
  stateOf,
  untilPod,
  useTestCluster,
} from './test-cluster.ts'
import { configMaps, type Pod, pods, secrets } from './types.ts'

const imagesFile = join(tmpdir(), `images-${process.pid}.yaml`)

const cluster = useTestCluster(async () => {
  await writeFile(imagesFile, 'images: {}\n')
  return { imagesFile }
})
beforeAll(async () => {
  const { client } = cluster
  await client.create(configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'default' },
    data: { colour: 'green' },
  })
  await client.create(secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'keys', namespace: 'default' },
    data: { key: Buffer.from('s3cret').toString('base64') },
  })
})
afterAll(async () => {
  await rm(imagesFile, { force: true })
})

describe('a pod', () => {
  it('runs to its end with its variables, arguments, log and termination message', async () => {
    const container = shell(
      'echo "$GREETING $COLOUR $KEY $LIMIT on $NODE as $0"; echo oops >&2; printf done > /dev/termination-log; exit 3',
      {
        args: ['arg-$(GREETING)-$$(GREETING)-$(NOPE)'],
        env: [
          { name: 'GREETING', value: 'hello' },
          { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'colour' } } },
          { name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'key' } } },
          { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'LIMIT', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
        ],
        resources: { limits: { memory: '64Mi' } },
      },
    )
    await createPod(cluster.client, { containers: [container] }, 'basic')
    const pod = await untilPod(cluster.client, 'basic', phaseIs('Failed'))
    expect(stateOf(pod).terminated).toMatchObject({ exitCode: 3, reason: 'Error', message: 'done' })
    const log = await readLog(cluster, 'basic')
    expect(log).toContain('hello green s3cret 64 on basic as arg-hello-$(GREETING)-$(NOPE)\n')
    expect(log).toContain('oops\n')
    expect(await readLog(cluster, 'basic', '?tailLines=1&timestamps=true')).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z oops\n$/,
    )
    const reasons = (await eventsOf(cluster.client, 'basic')).map((event) => event.reason)
    expect(reasons).toEqual(expect.arrayContaining(['Scheduled', 'Pulled', 'Created', 'Started']))
  })

  it('sees its volumes at their paths, and the host sees nothing of them', async () => {
    const script =
      'cat /etc/app/c /made-up/path/file /podinfo/labels /var/run/secrets/kubernetes.io/serviceaccount/namespace; echo; echo kept > /shared/x; touch /etc/app/new || echo read-only; ls /var/run/secrets/kubernetes.io/serviceaccount'
    await createPod(
      cluster.client,
      {
        volumes: [
          { name: 'config', configMap: { name: 'settings', items: [{ key: 'colour', path: 'c' }] } },
          { name: 'secret', secret: { secretName: 'keys' } },
          { name: 'info', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
          { name: 'shared', emptyDir: {} },
        ],
        initContainers: [
          shell('echo from-init > /shared/init', {
            name: 'first',
            volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
          }),
        ],
        containers: [
          shell(`${script}; cat /shared/init`, {
            volumeMounts: [
              { name: 'config', mountPath: '/etc/app' },
              { name: 'secret', mountPath: '/made-up/path/file', subPath: 'key' },
              { name: 'info', mountPath: '/podinfo' },
              { name: 'shared', mountPath: '/shared' },
            ],
          }),
        ],
      },
      'volumes',
    )
    await untilPod(cluster.client, 'volumes', phaseIs('Succeeded'))
    const log = await readLog(cluster, 'volumes')
    expect(log).toContain('greens3cretapp="volumes"default\n')
    expect(log).toContain('read-only')
    expect(log).toContain('from-init')
    expect(log).toMatch(/ca\.crt\nnamespace\ntoken/)
    for (const path of ['/etc/app', '/made-up', '/podinfo', '/shared', '/run/secrets/kubernetes.io'])
      expect(existsSync(path), path).toBe(false)
  })

  it('waits in the right state, with the reason, for what is missing', async () => {
    const { client } = cluster
    await createPod(client, { containers: [shell('echo', { image: 'nobody/knows:1' })] }, 'unknown-image')
    await createPod(
      client,
      {
        containers: [
          shell('echo $X', { env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'later', key: 'x' } } }] }),
        ],
      },
      'missing-key',
    )
    await createPod(
      client,
      { containers: [shell('echo', { resources: { requests: { memory: '900Ti', cpu: '1' } } })] },
      'too-big',
    )
    await createPod(
      client,
      {
        volumes: [{ name: 'h', hostPath: { path: '/etc' } }],
        containers: [shell('echo', { volumeMounts: [{ name: 'h', mountPath: '/h' }] })],
      },
      'host-path',
    )
    const image = await untilPod(client, 'unknown-image', (pod) => stateOf(pod).waiting?.reason === 'ImagePullBackOff')
    expect(stateOf(image).waiting?.message).toContain(`image "nobody/knows:1" is not in ${imagesFile}: add an entry`)
    expect(image.status?.phase).toBe('Pending')
    const key = await untilPod(
      client,
      'missing-key',
      (pod) => stateOf(pod).waiting?.reason === 'CreateContainerConfigError',
    )
    expect(stateOf(key).waiting?.message).toBe('configmap "later" not found')
    const big = await untilPod(
      client,
      'too-big',
      (pod) => pod.status?.conditions?.some((each) => each.reason === 'Unschedulable') ?? false,
    )
    expect(big.status?.conditions?.[0]?.message).toBe(
      '0/1 nodes are available: 1 Insufficient memory. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    )
    await eventually(async () =>
      (await eventsOf(client, 'too-big')).some((event) => event.reason === 'FailedScheduling'),
    )
    await eventually(async () =>
      (await eventsOf(client, 'host-path')).some(
        (event) => event.reason === 'FailedMount' && event.message.includes('hostPath'),
      ),
    )
    await client.create(configMaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'later', namespace: 'default' },
      data: { x: 'here' },
    })
    await untilPod(client, 'missing-key', phaseIs('Succeeded'))
    expect(await readLog(cluster, 'missing-key')).toBe('here\n')
    // Asked for at the end of this file: the next try is ten seconds away.
    await writeFile(imagesFile, 'images:\n  nobody/knows: { runtime: shell }\n')
  })

  it('is refused what this node does not do, by name', async () => {
    const { client } = cluster
    const rule = { action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [1] } }
    const container = shell('true', { restartPolicy: 'Never', restartPolicyRules: [rule] })
    await createPod(client, { containers: [container] }, 'restart-all')
    const refusal = async (name: string) => {
      const isRefused = (pod: Pod) => stateOf(pod).waiting?.reason === 'CreateContainerConfigError'
      return stateOf(await untilPod(client, name, isRefused)).waiting?.message
    }
    expect(await refusal('restart-all')).toBe(
      'restart rules with the action RestartAllContainers are not supported by this node',
    )
  })

  it('stays Pending while its port is taken', async () => {
    const server = createServer()
    const port = await new Promise<number>((resolve) =>
      server.listen(0, '0.0.0.0', () => resolve((server.address() as { port: number }).port)),
    )
    await createPod(cluster.client, { containers: [shell('echo free', { ports: [{ containerPort: port }] })] }, 'taken')
    const pod = await untilPod(cluster.client, 'taken', (each) => stateOf(each).waiting?.reason === 'PortInUse')
    expect(pod.status?.phase).toBe('Pending')
    await eventually(async () =>
      (await eventsOf(cluster.client, 'taken')).some((event) => event.message.includes(`port ${port}`)),
    )
    server.close()
    await untilPod(cluster.client, 'taken', phaseIs('Succeeded'))
  })

  it('restarts with back-off, keeps the log before, and says CrashLoopBackOff', async () => {
    await createPod(cluster.client, { restartPolicy: 'Always', containers: [shell('date +%N; exit 1')] }, 'crash')
    const pod = await untilPod(cluster.client, 'crash', (each) => stateOf(each).waiting?.reason === 'CrashLoopBackOff')
    expect(pod.status?.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 1, reason: 'Error' } },
    })
    expect(stateOf(pod).waiting?.message).toMatch(/^back-off 10s restarting failed container=main pod=crash_default\(/)
    const [now, before] = [await readLog(cluster, 'crash'), await readLog(cluster, 'crash', '?previous=true')]
    expect(now).toMatch(/^\d+\n$/)
    expect(before).toMatch(/^\d+\n$/)
    expect(before).not.toBe(now)
  })

  it('reports a program that is not there', async () => {
    await createPod(cluster.client, { containers: [shell('', { command: ['no-such-program'] })] }, 'no-program')
    const pod = await untilPod(cluster.client, 'no-program', phaseIs('Failed'))
    expect(stateOf(pod).terminated).toMatchObject({
      exitCode: 128,
      reason: 'StartError',
      message: 'exec: "no-such-program": executable file not found in $PATH',
    })
  })

  it('gets SIGTERM, its grace period, and then SIGKILL for all that it started', async () => {
    const { client } = cluster
    const deaf = 'trap "" TERM; setsid sleep 1000 & sleep 1000 & while :; do sleep 0.2; done'
    await createPod(client, { terminationGracePeriodSeconds: 1, containers: [shell(deaf)] }, 'deaf')
    await createPod(
      client,
      {
        terminationGracePeriodSeconds: 30,
        containers: [
          shell('trap "echo bye; exit 0" TERM; while :; do sleep 0.1; done', {
            lifecycle: {
              preStop: { exec: { command: ['sh', '-c', 'echo pre > /proc/1/nowhere 2>/dev/null; echo x > stopped'] } },
            },
          }),
        ],
      },
      'polite',
    )
    const running = await untilPod(client, 'deaf', phaseIs('Running'))
    await untilPod(client, 'polite', phaseIs('Running'))
    await eventually(async () => (await processesOf(running)).length >= 3)
    await client.delete(pods, { namespace: 'default', name: 'deaf' })
    await client.delete(pods, { namespace: 'default', name: 'polite' })
    for (const name of ['deaf', 'polite'])
      await eventually(async () => (await client.find(pods, { namespace: 'default', name })) === null, {
        timeoutMs: 10_000,
      })
    expect(await processesOf(running)).toEqual([])
  })

  it('is probed: ready only when it answers, restarted when it does not live', async () => {
    const { client } = cluster
    const exec = (command: string) => ({
      exec: { command: ['sh', '-c', command] },
      periodSeconds: 1,
      failureThreshold: 1,
    })
    await createPod(
      client,
      {
        restartPolicy: 'Always',
        volumes: [{ name: 'v', emptyDir: {} }],
        containers: [
          shell('sleep 1; touch /v/up; sleep 2; touch /v/ready; while :; do sleep 0.1; done', {
            volumeMounts: [{ name: 'v', mountPath: '/v' }],
            startupProbe: { ...exec('test -e /v/up'), failureThreshold: 10 },
            readinessProbe: exec('test -e /v/ready'),
            livenessProbe: exec('test ! -e /v/dead'),
          }),
        ],
      },
      'probed',
    )
    const early = await untilPod(client, 'probed', phaseIs('Running'))
    expect(isReady(early)).toBe(false)
    expect(early.status?.conditions?.find((each) => each.type === 'Ready')?.message).toContain(
      'containers with unready status: [main',
    )
    const pod = await untilPod(client, 'probed', isReady)
    await writeFile(join(cluster.stateFolder, 'node/pods', pod.metadata.uid ?? '', 'volumes/v/dead'), '')
    const restarted = await untilPod(
      client,
      'probed',
      (pod) => (pod.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0,
    )
    expect(restarted.status?.containerStatuses?.[0]?.lastState.terminated?.exitCode).toBe(143)
    const messages = (await eventsOf(client, 'probed')).map((event) => event.message)
    expect(messages).toContain('Container main failed liveness probe, will be restarted')
  })

  it('ends at its deadline', async () => {
    await createPod(cluster.client, { activeDeadlineSeconds: 1, containers: [shell('sleep 1000')] }, 'late')
    const pod = await untilPod(
      cluster.client,
      'late',
      (each) => each.status?.phase === 'Failed' && each.status.reason === 'DeadlineExceeded',
    )
    expect(await processesOf(pod)).toEqual([])
  })

  it('follows a log to the container’s end and refuses what there is not', async () => {
    await createPod(
      cluster.client,
      { containers: [shell('for i in 1 2 3; do echo line $i; sleep 0.3; done')] },
      'talker',
    )
    await untilPod(cluster.client, 'talker', (pod) => pod.status?.phase !== 'Pending')
    expect(await readLog(cluster, 'talker', '?follow=true')).toBe('line 1\nline 2\nline 3\n')
    expect(await readLog(cluster, 'talker', '?previous=true')).toContain(
      'previous terminated container \\"main\\" in pod \\"talker\\" not found',
    )
    // The log ends with the container; that it ended is reported after it.
    await untilPod(cluster.client, 'talker', phaseIs('Succeeded'))
  })
})

describe('names in the shared network', () => {
  const service = (name: string, clusterIP?: string) =>
    cluster.client.create(services, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'default' },
      spec: { ...(clusterIP === undefined ? {} : { clusterIP }), ports: [{ port: 80 }] },
    } as never)
  const named = { hostname: 'worker-0', containers: [shell('sleep 1000')] }

  it('are missed by a job, which does not start and says why', async () => {
    await service('ring', 'None')
    await cluster.client.create(jobs, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'train', namespace: 'default' },
      spec: {
        completionMode: 'Indexed',
        completions: 1,
        template: { spec: { restartPolicy: 'Never', subdomain: 'ring', containers: [shell('true')] } },
      },
    } as never)
    const held = await eventually(async () => {
      const { items } = await cluster.client.list<Pod>(pods, { labelSelector: 'job-name=train' })
      return items.find((pod) => stateOf(pod).waiting?.reason === 'PodNetworkShared') ?? false
    })
    expect(held.status?.phase).toBe('Pending')
    expect(stateOf(held).waiting?.message).toMatch(
      /^no pod can find train-0\.ring\.default\.svc\.cluster\.local: the pods of this node share the machine's network/,
    )
  })

  it('are told of once where a pod does not depend on them, and not where no Service promises them', async () => {
    await service('plain')
    await createPod(cluster.client, { ...named, subdomain: 'ring' }, 'told')
    await createPod(cluster.client, { ...named, subdomain: 'plain' }, 'untold')
    for (const name of ['told', 'untold']) await untilPod(cluster.client, name, isReady)
    const told = await eventually(async () =>
      (await eventsOf(cluster.client, 'told')).find(({ reason }) => reason === 'PodNetworkShared'),
    )
    expect(told).toMatchObject({ type: 'Warning', message: expect.stringContaining('KEELSON_POD_NETWORK=namespaced') })
    expect((await eventsOf(cluster.client, 'untold')).map(({ reason }) => reason)).not.toContain('PodNetworkShared')
  })
})

it('pulls again when the back-off is over', async () => {
  await untilPod(cluster.client, 'unknown-image', phaseIs('Succeeded'), 25_000)
})
