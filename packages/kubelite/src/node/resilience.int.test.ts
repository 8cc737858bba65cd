import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually as tryUntil } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { hasCondition, type Job, jobs } from '../controllers/job-types.ts'
import { stopAllPods } from './index.ts'
import { isAlive, type ProcessRef } from './processes.ts'
import {
  createJob,
  createPod,
  getPod,
  isReady,
  phaseIs,
  processesOf,
  readLog,
  shell,
  stateOf,
  untilPod,
  useTestCluster,
} from './test-cluster.ts'
import { type Pod, pods } from './types.ts'

/** Restarts share the machine with other tests: what is asserted is that it happens, not how soon. */
const eventually: typeof tryUntil = (attempt, options) => tryUntil(attempt, { timeoutMs: 20_000, ...options })

const cluster = useTestCluster()

const nodeDir = () => join(cluster.stateFolder, 'node')
const attemptFolder = (pod: Pod, number = 0) =>
  join(nodeDir(), 'pods', pod.metadata.uid ?? '', 'containers', 'main', String(number))
async function startedOf(pod: Pod, number = 0): Promise<{ shim: ProcessRef; child: ProcessRef }> {
  return JSON.parse(await readFile(join(attemptFolder(pod, number), 'started.json'), 'utf8'))
}
const ticking = 'i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.1; done'
const running = (name: string) => untilPod(cluster.client, name, (pod) => stateOf(pod).running !== undefined)
const getJob = (name: string) => cluster.client.get<Job>(jobs, { namespace: 'default', name })

describe('after the kubelet went away and came back', () => {
  it('containers went on, are adopted with their logs, and can be ended', async () => {
    const readinessProbe = { exec: { command: ['true'] }, periodSeconds: 1 }
    await createPod(cluster.client, { containers: [shell(ticking, { readinessProbe })] }, 'adopted')
    const before = await untilPod(cluster.client, 'adopted', isReady)
    await cluster.halt()
    expect((await processesOf(before)).length).toBeGreaterThan(0)
    await cluster.resume()
    const after = await running('adopted')
    expect(after.status?.containerStatuses?.[0]).toMatchObject({
      restartCount: 0,
      containerID: before.status?.containerStatuses?.[0]?.containerID,
    })
    // Its endpoint must not leave the Service for a moment only because the kubelet came back.
    const readySince = (pod: Pod) => pod.status?.conditions?.find((each) => each.type === 'Ready')
    expect(readySince(after)).toEqual(readySince(before))
    const seen = (await readLog(cluster, 'adopted')).split('\n').length
    await eventually(async () => (await readLog(cluster, 'adopted')).split('\n').length > seen + 2)
    await cluster.client.delete(pods, { namespace: 'default', name: 'adopted' })
    await eventually(
      async () => (await cluster.client.find(pods, { namespace: 'default', name: 'adopted' })) === null,
      { timeoutMs: 10_000 },
    )
    expect(await processesOf(before)).toEqual([])
    await eventually(async () => !(await readdir(join(nodeDir(), 'pods'))).includes(before.metadata.uid ?? ''))
  })

  it('exits meanwhile are noticed, and what the API no longer has is ended', async () => {
    await createPod(cluster.client, { containers: [shell('sleep 1; echo last words; exit 7')] }, 'ended')
    await createPod(cluster.client, { containers: [shell('sleep 1000')] }, 'unwanted')
    await running('ended')
    const unwanted = await running('unwanted')
    await cluster.halt()
    const file = join(attemptFolder(await Promise.resolve(unwanted)), '..', '..', '..', 'pod.json')
    // As if the pod had been removed by force while nobody looked: the folder stays with a uid that the API does not know.
    const record = JSON.parse(await readFile(file, 'utf8'))
    await writeFile(file, JSON.stringify({ ...record, uid: '00000000-0000-0000-0000-000000000000' }))
    await cluster.resume()
    const ended = await untilPod(cluster.client, 'ended', phaseIs('Failed'))
    expect(stateOf(ended).terminated).toMatchObject({ exitCode: 7, reason: 'Error' })
    expect(await readLog(cluster, 'ended')).toBe('last words\n')
    await eventually(async () => (await processesOf(unwanted)).length === 0)
  })

  it('a pid that now belongs to someone else is left alone', async () => {
    await createPod(cluster.client, { containers: [shell('sleep 1000')] }, 'recycled')
    const pod = await running('recycled')
    const started = await startedOf(pod)
    await cluster.halt()
    // The machine was restarted: the numbers are another process's (this test's own) with another start time.
    for (const ref of [started.shim, started.child]) process.kill(ref.pid, 'SIGKILL')
    await eventually(async () => !(await isAlive(started.child)))
    const foreign = { pid: process.pid, startTime: 'another-boot:1' }
    await writeFile(
      join(attemptFolder(pod), 'started.json'),
      JSON.stringify({ ...started, shim: foreign, child: foreign }),
    )
    await cluster.resume()
    const after = await untilPod(cluster.client, 'recycled', phaseIs('Failed'))
    expect(stateOf(after).terminated).toMatchObject({ exitCode: 137 })
  })
})

describe('when something is killed', () => {
  it('the shim: its container does not stay behind and counts as exit 137', async () => {
    await createPod(cluster.client, { containers: [shell(`setsid sleep 1000 & ${ticking}`)] }, 'no-shim')
    const pod = await running('no-shim')
    process.kill((await startedOf(pod)).shim.pid, 'SIGKILL')
    const after = await untilPod(cluster.client, 'no-shim', phaseIs('Failed'))
    expect(stateOf(after).terminated).toMatchObject({ exitCode: 137, reason: 'Error' })
    expect(await processesOf(pod)).toEqual([])
  })

  it('the container: exit 137 with its signal, and it is started again by its policy', async () => {
    await createPod(cluster.client, { restartPolicy: 'Always', containers: [shell(ticking)] }, 'killed')
    const pod = await running('killed')
    process.kill((await startedOf(pod)).child.pid, 'SIGKILL')
    const after = await untilPod(
      cluster.client,
      'killed',
      (each) => each.status?.containerStatuses?.[0]?.restartCount === 1 && stateOf(each).running !== undefined,
    )
    expect(after.status?.containerStatuses?.[0]?.lastState.terminated).toMatchObject({
      exitCode: 137,
      signal: 9,
      reason: 'Error',
    })
    expect(await processesOf(pod)).toEqual([])
    await cluster.client.delete(pods, { namespace: 'default', name: 'killed' })
  })

  it('its folder: a container that nobody could find again ends by itself', async () => {
    await createPod(cluster.client, { containers: [shell('sleep 1000')] }, 'folderless')
    const pod = await running('folderless')
    const { shim } = await startedOf(pod)
    await cluster.halt()
    // Again, where the container has just put something into it.
    await rm(join(nodeDir(), 'pods', pod.metadata.uid ?? ''), { recursive: true, maxRetries: 20, retryDelay: 20 })
    await eventually(async () => (await processesOf(pod)).length === 0 && !(await isAlive(shim)))
    await cluster.resume()
    const after = await untilPod(cluster.client, 'folderless', phaseIs('Failed'))
    expect(after.status?.reason).toBe('ContainerStatusUnknown')
    expect(await processesOf(pod)).toEqual([])
  })

  it('everything at once: pods with restartPolicy Always come back, a job counts a failed attempt', async () => {
    await createPod(cluster.client, { restartPolicy: 'Always', containers: [shell(ticking)] }, 'always')
    await createJob(cluster.client, 'attempts', shell('echo attempt; sleep 1000'), { backoffLimit: 0 })
    const always = await running('always')
    const [jobPod] = await eventually(async () => {
      const { items } = await cluster.client.list<Pod>(pods, { labelSelector: 'batch.kubernetes.io/job-name=attempts' })
      return items[0] && stateOf(items[0]).running ? items : false
    })
    await cluster.halt()
    for (const pod of [always, jobPod as Pod]) {
      const { shim, child } = await startedOf(pod)
      process.kill(shim.pid, 'SIGKILL')
      process.kill(-child.pid, 'SIGKILL')
    }
    await cluster.resume()
    await untilPod(
      cluster.client,
      'always',
      (pod) => pod.status?.containerStatuses?.[0]?.restartCount === 1 && stateOf(pod).running !== undefined,
    )
    const job = await eventually(async () => {
      const now = await getJob('attempts')
      return hasCondition(now.status?.conditions, 'Failed') ? now : false
    })
    expect(job.status).toMatchObject({ failed: 1, ready: 0 })
    expect(stateOf(await getPod(cluster.client, jobPod?.metadata.name ?? '')).terminated?.exitCode).toBe(137)
  })
})

describe('a stop of the platform', () => {
  it('leaves no process, and counts a success that it forced as a failure', async () => {
    await createJob(cluster.client, 'stopped', shell('trap "exit 0" TERM; while :; do sleep 0.1; done'), {
      backoffLimit: 0,
    })
    await createPod(cluster.client, { restartPolicy: 'Always', containers: [shell('sleep 1000')] }, 'service')
    const service = await running('service')
    const jobPod = await eventually(async () => {
      const { items } = await cluster.client.list<Pod>(pods, { labelSelector: 'batch.kubernetes.io/job-name=stopped' })
      return items[0] && stateOf(items[0]).running ? items[0] : false
    })
    await cluster.halt()
    expect(await stopAllPods(nodeDir())).toBeGreaterThanOrEqual(2)
    expect([...(await processesOf(service)), ...(await processesOf(jobPod))]).toEqual([])
    expect(await stopAllPods(nodeDir())).toBe(0)
    await cluster.resume()
    await untilPod(
      cluster.client,
      'service',
      (pod) => pod.status?.containerStatuses?.[0]?.restartCount === 1 && stateOf(pod).running !== undefined,
    )
    await eventually(async () => hasCondition((await getJob('stopped')).status?.conditions, 'Failed'))
    expect(stateOf(await getPod(cluster.client, jobPod.metadata.name ?? '')).terminated?.exitCode).toBe(143)
  })
})
