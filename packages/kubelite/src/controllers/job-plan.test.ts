import { describe, expect, it } from 'vitest'
import type { Pod } from '../node/types.ts'
import { formatIndexes, parseIndexes } from './job-indexes.ts'
import { planJob } from './job-plan.ts'
import { indexKey, type Job, type JobSpec, type JobStatus, trackingFinalizer } from './job-types.ts'

const t0 = Date.parse('2026-01-01T00:00:00Z')
const job = (spec: Partial<JobSpec> = {}, status: JobStatus = { startTime: new Date(t0).toISOString() }): Job => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'j', namespace: 'd', uid: 'job' },
  spec: {
    parallelism: 1,
    completions: 1,
    backoffLimit: 6,
    ...spec,
    template: { spec: { containers: [], restartPolicy: 'Never' }, ...spec.template },
  },
  status,
})
type Options = {
  tracked?: boolean
  deleted?: boolean
  endedMs?: number
  index?: number
  restarts?: number
  exitCode?: number
}
let made = 0
function pod(phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed', options: Options = {}): Pod {
  const { tracked = true, deleted = false, endedMs = 0, index, restarts = 0, exitCode = 0 } = options
  made += 1
  const finishedAt = new Date(t0 + endedMs).toISOString()
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `p${made}`,
      uid: `u${made}`,
      creationTimestamp: finishedAt,
      ...(tracked ? { finalizers: [trackingFinalizer] } : {}),
      ...(deleted ? { deletionTimestamp: finishedAt } : {}),
      ...(index === undefined ? {} : { annotations: { [indexKey]: String(index) } }),
    },
    spec: { containers: [] },
    status: {
      phase,
      containerStatuses: [
        {
          name: 'c',
          state: phase === 'Succeeded' || phase === 'Failed' ? { terminated: { exitCode, finishedAt } } : {},
          lastState: {},
          ready: false,
          restartCount: restarts,
          image: '',
          imageID: '',
          started: false,
        },
      ],
    },
  }
}
const plan = (subject: Job, pods: Pod[], ms = 0) => planJob(subject, pods, t0 + ms)

describe('planJob', () => {
  it('starts as many as may run and are still wanted', () => {
    expect(plan(job({ parallelism: 3, completions: 2 }), []).create.length).toBe(2)
    expect(plan(job({ parallelism: 3, completions: 10 }), [pod('Running'), pod('Succeeded')]).create.length).toBe(2)
    expect(plan(job({ parallelism: 0 }), []).create).toEqual([])
    expect(plan(job({ parallelism: 1, completions: 5 }), [pod('Running'), pod('Pending')]).remove.length).toBe(1)
  })

  it('succeeds with enough successes, or with one and nobody left when no number is given', () => {
    expect(plan(job(), [pod('Succeeded')]).verdict).toMatchObject({
      type: 'SuccessCriteriaMet',
      reason: 'CompletionsReached',
    })
    const { completions: _, ...open } = job().spec
    const queue = { ...job(), spec: { ...open, parallelism: 2 } }
    expect(plan(queue, [pod('Succeeded'), pod('Running')])).toMatchObject({ verdict: null, create: [] })
    expect(plan(queue, [pod('Succeeded'), pod('Succeeded')]).verdict?.type).toBe('SuccessCriteriaMet')
  })

  it('counts a pod once: before, while and after it is written down', () => {
    const ended = pod('Failed')
    expect(plan(job(), [ended])).toMatchObject({ failed: 1, newlyFailed: [ended] })
    expect(plan(job({}, { uncountedTerminatedPods: { failed: [ended.metadata.uid ?? ''] } }), [ended])).toMatchObject({
      failed: 1,
      newlyFailed: [],
    })
    expect(plan(job({}, { failed: 1 }), [{ ...ended, metadata: { ...ended.metadata, finalizers: [] } }])).toMatchObject(
      { failed: 1, newlyFailed: [] },
    )
  })

  it('waits 10 s after a failure, then twice as long, and anew after a success', () => {
    expect(plan(job(), [pod('Failed')], 1_000)).toMatchObject({ create: [], wakeInMs: 9_000 })
    expect(plan(job(), [pod('Failed')], 10_000).create.length).toBe(1)
    expect(plan(job(), [pod('Failed'), pod('Failed', { endedMs: 10_000 })], 11_000).wakeInMs).toBe(19_000)
    expect(
      plan(job({ completions: 2 }), [pod('Failed'), pod('Failed'), pod('Succeeded', { endedMs: 1 })], 2).create.length,
    ).toBe(1)
  })

  it('fails past its limit, by failed pods or by restarts', () => {
    expect(plan(job({ backoffLimit: 0 }), [pod('Failed'), pod('Running')])).toMatchObject({
      verdict: { reason: 'BackoffLimitExceeded' },
      create: [],
      remove: [{}],
    })
    const onFailure = { template: { spec: { containers: [], restartPolicy: 'OnFailure' as const } } }
    expect(plan(job({ backoffLimit: 2, ...onFailure }), [pod('Running', { restarts: 2 })]).verdict?.reason).toBe(
      'BackoffLimitExceeded',
    )
    expect(plan(job({ backoffLimit: 2, ...onFailure }), [pod('Running', { restarts: 1 })]).verdict).toBeNull()
  })

  it('takes a pod that was deleted for a failed one', () => {
    expect(plan(job(), [pod('Running', { deleted: true })])).toMatchObject({ failed: 1, terminating: 1 })
  })

  it('ends at its deadline and looks again then', () => {
    const subject = job({ activeDeadlineSeconds: 5 })
    expect(plan(subject, [pod('Running')], 4_000)).toMatchObject({ verdict: null, wakeInMs: 1_000 })
    expect(plan(subject, [pod('Running')], 5_000).verdict?.reason).toBe('DeadlineExceeded')
  })

  it('gives each index a pod until it has succeeded', () => {
    const indexed = job({ completionMode: 'Indexed', completions: 4, parallelism: 2 }, { completedIndexes: '0' })
    expect(plan(indexed, [pod('Running', { index: 1 })]).create).toEqual([2])
    const last = job({ completionMode: 'Indexed', completions: 3, parallelism: 3 }, { completedIndexes: '0' })
    expect(plan(last, [pod('Succeeded', { index: 1 }), pod('Running', { index: 2 })])).toMatchObject({
      succeeded: 2,
      create: [],
      verdict: null,
    })
    expect(plan(last, [pod('Succeeded', { index: 1 }), pod('Succeeded', { index: 2 })]).verdict?.type).toBe(
      'SuccessCriteriaMet',
    )
  })

  it('suspended runs nothing', () => {
    expect(plan(job({ suspend: true }), [pod('Running')])).toMatchObject({ create: [], remove: [{}], verdict: null })
  })

  it('counts, ignores or fails at once, as the failure policy says', () => {
    const policy = (action: 'Ignore' | 'FailJob' | 'Count'): Partial<JobSpec> => ({
      podReplacementPolicy: 'Failed',
      podFailurePolicy: { rules: [{ action, onExitCodes: { operator: 'In', values: [42] } }] },
    })
    const ended = pod('Failed', { exitCode: 42 })
    expect(plan(job(policy('Ignore')), [ended])).toMatchObject({ failed: 0, newlyIgnored: [{}], verdict: null })
    expect(plan(job(policy('Count')), [ended])).toMatchObject({ failed: 1, newlyIgnored: [], verdict: null })
    expect(plan(job(policy('FailJob')), [ended]).verdict).toMatchObject({
      type: 'FailureTarget',
      reason: 'PodFailurePolicy',
      message: expect.stringMatching(
        /^Container c for pod .* failed with exit code 42 matching FailJob rule at index 0$/,
      ),
    })
    expect(plan(job(policy('FailJob')), [pod('Failed', { exitCode: 1 })]).verdict).toBeNull()
  })

  it('with podReplacementPolicy Failed a pod that is going keeps its place', () => {
    const going = pod('Running', { deleted: true })
    going.spec.nodeName = 'n'
    expect(plan(job({ podReplacementPolicy: 'Failed' }), [going])).toMatchObject({ create: [], failed: 0 })
    expect(plan(job({ podReplacementPolicy: 'TerminatingOrFailed' }), [going])).toMatchObject({ failed: 1 })
  })

  it('limits failures by index, and goes on with the others', () => {
    const spec: Partial<JobSpec> = {
      completionMode: 'Indexed',
      completions: 3,
      parallelism: 3,
      backoffLimit: 2147483647,
      backoffLimitPerIndex: 0,
    }
    const failed = pod('Failed', { index: 1 })
    const on = plan(job(spec), [failed, pod('Running', { index: 0 })], 60_000)
    expect([on.create, [...on.failedIndexes], on.verdict]).toEqual([[2], [1], null])
    const done = [failed, pod('Succeeded', { index: 0 }), pod('Succeeded', { index: 2 })]
    expect(plan(job(spec), done).verdict).toMatchObject({ type: 'FailureTarget', reason: 'FailedIndexes' })
    expect(plan(job({ ...spec, maxFailedIndexes: 0 }), [failed]).verdict?.reason).toBe('MaxFailedIndexesExceeded')
    const again = plan(job({ ...spec, backoffLimitPerIndex: 1 }), [failed], 60_000)
    expect([again.create, again.failedIndexes.size]).toEqual([[0, 1, 2], 0])
    // Another index does not wait for this one's back-off.
    expect(plan(job({ ...spec, backoffLimitPerIndex: 1 }), [failed]).create).toEqual([0, 2])
  })

  it('keeps the last failed pod of an index until its replacement carries the count', () => {
    const spec: Partial<JobSpec> = { completionMode: 'Indexed', backoffLimit: 2147483647, backoffLimitPerIndex: 1 }
    const first = pod('Failed', { index: 0, deleted: true })
    const waiting = plan(job(spec), [first])
    expect([waiting.newlyFailed, waiting.failed, waiting.create]).toEqual([[], 1, []])
    expect(plan(job(spec), [first, pod('Running', { index: 0 })]).newlyFailed).toEqual([first])
    expect(plan(job({ ...spec, backoffLimitPerIndex: 0 }), [first]).newlyFailed).toEqual([first])
    const ending = { startTime: new Date(t0).toISOString(), conditions: [{ type: 'FailureTarget', status: 'True' }] }
    expect(plan(job(spec, ending as JobStatus), [first]).newlyFailed).toEqual([first])
  })

  it('succeeds when a rule of the success policy is met', () => {
    const spec: Partial<JobSpec> = {
      completionMode: 'Indexed',
      completions: 4,
      parallelism: 4,
      successPolicy: { rules: [{ succeededIndexes: '0-1', succeededCount: 2 }, { succeededCount: 3 }] },
    }
    const done = (...indexes: number[]) =>
      plan(
        job(spec),
        indexes.map((index) => pod('Succeeded', { index })),
      ).verdict
    expect([done(0, 2), done(0, 1)?.message, done(1, 2, 3)?.message]).toEqual([
      null,
      'Matched rules at index 0',
      'Matched rules at index 1',
    ])
    expect(done(0, 1)).toMatchObject({ type: 'SuccessCriteriaMet', reason: 'SuccessPolicy' })
  })
})

describe('completed indexes', () => {
  it.each(['', '0', '0,1', '0-2', '0,1,3-5,7,9,10'])('%s', (text) =>
    expect(formatIndexes(parseIndexes(text))).toBe(text),
  )
})
