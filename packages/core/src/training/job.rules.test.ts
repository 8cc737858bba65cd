import { describe, expect, it } from 'vitest'
import { type Job, jobFacts } from './job.rules.ts'
import { containerRuns } from './keep-log.ts'
import { type ContainerStatus, type Pod, podFacts } from './pod.rules.ts'

const at = '2026-01-01T00:00:00Z'
const later = '2026-01-01T00:01:00Z'

function pod(status: Pod['status'], more: Partial<Pod['metadata']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { uid: 'p', name: 'p', creationTimestamp: at, ...more },
    ...(status ? { status } : {}),
  }
}

function job(status: Job['status'], spec: Job['spec'] = { backoffLimit: 4 }): Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { uid: 'j', name: 'j', creationTimestamp: at },
    ...(spec ? { spec } : {}),
    ...(status ? { status } : {}),
  }
}

const main = (state: ContainerStatus['state'], more: Partial<ContainerStatus> = {}): ContainerStatus => ({
  name: 'main',
  ...(state ? { state } : {}),
  ...more,
})
const exit = (exitCode: number, more: object = {}) => ({
  terminated: { exitCode, startedAt: at, finishedAt: later, ...more },
})

describe('podFacts', () => {
  it('tells the exit code and what the container left as its last word', () => {
    const failed = pod({
      phase: 'Failed',
      containerStatuses: [main(exit(3, { reason: 'Error', message: 'no such column: tenure\n' }))],
    })
    expect(podFacts(failed)).toEqual({
      status: {
        status: 'failed',
        reason: 'Error',
        message: 'Container "main" exited with code 3: no such column: tenure',
        since: '2026-01-01T00:01:00.000Z',
      },
      node: null,
      startedAt: at,
      finishedAt: later,
      exitCode: 3,
    })
  })

  it('names a failed init container, and an eviction', () => {
    const init = pod({
      phase: 'Failed',
      initContainerStatuses: [{ name: 'fetch', state: exit(2) }],
      containerStatuses: [main({ waiting: { reason: 'PodInitializing' } })],
    })
    expect(podFacts(init)).toMatchObject({ exitCode: 2, status: { message: 'Container "fetch" exited with code 2.' } })
    expect(
      podFacts(pod({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on memory.' })).status,
    ).toMatchObject({ reason: 'Evicted', message: 'The node was low on memory.' })
  })

  it('says why a pod waits', () => {
    const unscheduled = pod({
      phase: 'Pending',
      conditions: [
        { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes: Insufficient cpu' },
      ],
    })
    expect(podFacts(unscheduled).status).toMatchObject({
      status: 'pending',
      reason: 'Unschedulable',
      message: '0/1 nodes: Insufficient cpu',
    })
    const pulling = pod({
      phase: 'Pending',
      containerStatuses: [
        main({ waiting: { reason: 'PodInitializing' } }),
        { name: 'side', state: { waiting: { reason: 'ErrImagePull', message: 'no such image' } } },
      ],
    })
    expect(podFacts(pulling).status).toMatchObject({
      status: 'pending',
      reason: 'ErrImagePull',
      message: 'no such image',
    })
    expect(podFacts(pod(undefined)).status.status).toBe('unknown')
  })

  it('calls a crash loop degraded', () => {
    const looping = pod({
      phase: 'Running',
      containerStatuses: [
        main({ waiting: { reason: 'CrashLoopBackOff' } }, { lastState: exit(137, { reason: 'OOMKilled' }) }),
      ],
    })
    expect(podFacts(looping).status).toMatchObject({
      status: 'degraded',
      message: 'Container "main" exited with code 137 (OOMKilled).',
    })
    expect(podFacts(looping)).toMatchObject({ exitCode: null, finishedAt: null })
  })
})

describe('jobFacts', () => {
  const failedPod = pod({ phase: 'Failed', containerStatuses: [main(exit(1))] })

  it('adds the last attempt’s reason to the job’s own', () => {
    const failed = job({
      failed: 5,
      startTime: at,
      conditions: [
        {
          type: 'Failed',
          status: 'True',
          reason: 'BackoffLimitExceeded',
          message: 'Job has reached the specified backoff limit',
          lastTransitionTime: later,
        },
      ],
    })
    expect(jobFacts(failed, [failedPod])).toMatchObject({
      status: {
        status: 'failed',
        reason: 'BackoffLimitExceeded',
        message: 'Job has reached the specified backoff limit. Last attempt: Container "main" exited with code 1.',
      },
      failedPods: 5,
      backoffLimit: 4,
      finishedAt: '2026-01-01T00:01:00.000Z',
    })
  })

  it('is at work between two attempts', () => {
    expect(jobFacts(job({ active: 0, failed: 1 }), [failedPod]).status).toMatchObject({
      status: 'running',
      reason: 'Retrying',
    })
    const next = pod({ phase: 'Running' }, { name: 'q', creationTimestamp: later })
    expect(jobFacts(job({ active: 1, failed: 1 }), [next, failedPod]).status).toMatchObject({
      status: 'running',
      reason: null,
    })
  })

  it('waits with its pod’s reason, stops when suspended, ends when complete', () => {
    expect(jobFacts(job(undefined), []).status).toMatchObject({ status: 'pending', since: '2026-01-01T00:00:00.000Z' })
    expect(jobFacts(job(undefined, { suspend: true }), []).status).toMatchObject({
      status: 'stopped',
      reason: 'Suspended',
    })
    const complete = job({
      startTime: at,
      completionTime: later,
      conditions: [{ type: 'Complete', status: 'True', lastTransitionTime: later }],
    })
    expect(jobFacts(complete, [])).toMatchObject({
      status: { status: 'succeeded' },
      finishedAt: '2026-01-01T00:01:00.000Z',
    })
    const resumed = job({ conditions: [{ type: 'Suspended', status: 'False' }] })
    expect(jobFacts(resumed, []).status.status).toBe('pending')
  })
})

describe('containerRuns', () => {
  const runs = (...statuses: ContainerStatus[]) =>
    containerRuns(pod({ containerStatuses: statuses })).map(({ restart, previous, ended }) => ({
      restart,
      previous,
      ended,
    }))

  it('are the present one and the one before', () => {
    expect(runs(main({ running: { startedAt: at } }))).toEqual([{ restart: 0, previous: false, ended: false }])
    expect(runs(main(exit(0)))).toEqual([{ restart: 0, previous: false, ended: true }])
    expect(
      runs(
        main(
          { running: { startedAt: at } },
          { restartCount: 2, containerID: 'c', lastState: exit(1, { containerID: 'b' }) },
        ),
      ),
    ).toEqual([
      { restart: 1, previous: true, ended: true },
      { restart: 2, previous: false, ended: false },
    ])
  })

  it('know a container that waits for its next start as the one that ended last', () => {
    const waiting = main(
      { waiting: { reason: 'CrashLoopBackOff' } },
      { restartCount: 2, containerID: 'b', lastState: exit(1, { containerID: 'b' }) },
    )
    expect(runs(waiting)).toEqual([{ restart: 2, previous: true, ended: true }])
    expect(runs(main({ waiting: { reason: 'ContainerCreating' } }))).toEqual([])
  })

  it('go under the job’s uid where there is one', () => {
    const owned = pod(
      { containerStatuses: [main(exit(0))] },
      { ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'j', controller: true }] },
    )
    expect(containerRuns(owned)[0]?.orderedBy).toBe('j')
    expect(containerRuns(pod({ containerStatuses: [main(exit(0))] }))[0]?.orderedBy).toBe('p')
  })
})
