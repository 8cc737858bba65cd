import { eventually } from '@keelson/testing'
import { describe, expect, test } from 'vitest'
import type { Json } from '../cluster.ts'
import { conditionOf, hasCondition, type LiveSubject, Workspace } from '../workload.ts'

const jobs = 'batch/v1 jobs'
const pods = 'v1 pods'

export function jobSuite(subject: LiveSubject): void {
  describe('jobs', () => {
    const space = new Workspace(subject)
    const run = (name: string, script: string, spec: Json = {}) =>
      space.create(jobs, name, {
        spec: { template: { spec: { ...space.podSpec(script), restartPolicy: 'Never' } }, ...spec },
      })
    const podsOf = (name: string) => space.list(pods, `job-name=${name}`)
    const types = (object: Json) => object.status.conditions.map((each: Json) => [each.type, each.status, each.reason])

    test('a failure policy fails the job at once', async () => {
      await run('fatal', 'exit 42', {
        podFailurePolicy: {
          rules: [{ action: 'FailJob', onExitCodes: { containerName: 'main', operator: 'In', values: [42] } }],
        },
      })
      const job = await space.until(jobs, 'fatal', hasCondition('Failed'))
      expect(types(job)).toEqual([
        ['FailureTarget', 'True', 'PodFailurePolicy'],
        ['Failed', 'True', 'PodFailurePolicy'],
      ])
      const [pod] = await podsOf('fatal')
      expect(conditionOf(job, 'Failed').message).toBe(
        `Container main for pod ${space.namespace}/${pod.metadata.name} failed with exit code 42 matching FailJob rule at index 0`,
      )
      expect([job.status.failed, job.spec.podReplacementPolicy]).toEqual([1, 'Failed'])
    })

    test('an evicted pod is replaced and not counted, where the policy says so', async () => {
      await run('evicted', 'sleep 1000', {
        backoffLimit: 0,
        podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }] },
      })
      const running = async () => {
        const all = await podsOf('evicted')
        return all.find((pod) => pod.status.phase === 'Running' && pod.metadata.deletionTimestamp === undefined)
      }
      const first = await eventually(async () => (await running()) ?? false, { timeoutMs: 30_000 })
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: first.metadata.name } }
      const done = await subject.cluster().post(`${space.path(pods, first.metadata.name)}/eviction`, eviction)
      expect(done.status).toBe(201)
      await eventually(
        async () => {
          const pod = await running()
          return pod !== undefined && pod.metadata.uid !== first.metadata.uid
        },
        { timeoutMs: 40_000 },
      )
      const job = await space.get(jobs, 'evicted')
      expect([job.status.failed, job.status.conditions]).toEqual([undefined, undefined])
      await space.remove(jobs, 'evicted', { propagationPolicy: 'Background' })
    })

    test('a limit by index: one index gives up, the others go on', async () => {
      await run('by-index', 'test $JOB_COMPLETION_INDEX -ne 1', {
        completionMode: 'Indexed',
        completions: 3,
        parallelism: 3,
        backoffLimitPerIndex: 0,
      })
      const job = await space.until(jobs, 'by-index', hasCondition('Failed'))
      expect(job.status).toMatchObject({ completedIndexes: '0,2', failedIndexes: '1', succeeded: 2, failed: 1 })
      expect([conditionOf(job, 'Failed').reason, conditionOf(job, 'Failed').message]).toEqual([
        'FailedIndexes',
        'Job has failed indexes',
      ])
      const failed = (await podsOf('by-index')).find((pod) => pod.status.phase === 'Failed')
      expect(failed.metadata.annotations).toMatchObject({
        'batch.kubernetes.io/job-completion-index': '1',
        'batch.kubernetes.io/job-index-failure-count': '0',
      })
      expect(failed.spec.hostname).toBe('by-index-1')
    })

    test('a limit by index counts a failed pod that somebody deletes', async () => {
      await run('remembered', 'exit 1', { completionMode: 'Indexed', completions: 1, backoffLimitPerIndex: 1 })
      const failed = await eventually(
        async () => (await podsOf('remembered')).find((pod) => pod.status.phase === 'Failed') ?? false,
        { timeoutMs: 30_000 },
      )
      await space.remove(pods, failed.metadata.name)
      // It stays until its replacement, after the back-off, carries the count.
      const kept = await space.get(pods, failed.metadata.name)
      expect(kept?.metadata).toMatchObject({
        deletionTimestamp: expect.any(String),
        finalizers: ['batch.kubernetes.io/job-tracking'],
      })
      const job = await space.until(jobs, 'remembered', hasCondition('Failed'), 50_000)
      expect([job.status.failed, job.status.failedIndexes]).toEqual([2, '0'])
      const [second] = await podsOf('remembered')
      expect(second.metadata.annotations['batch.kubernetes.io/job-index-failure-count']).toBe('1')
      await space.untilGone(pods, failed.metadata.name)
    })

    test('a success policy ends the job before all indexes are done', async () => {
      await run('enough', 'test $JOB_COMPLETION_INDEX -eq 0 || sleep 1000', {
        completionMode: 'Indexed',
        completions: 2,
        parallelism: 2,
        successPolicy: { rules: [{ succeededIndexes: '0' }] },
      })
      const job = await space.until(jobs, 'enough', hasCondition('Complete'))
      expect(types(job)).toEqual([
        ['SuccessCriteriaMet', 'True', 'SuccessPolicy'],
        ['Complete', 'True', 'SuccessPolicy'],
      ])
      expect(job.status).toMatchObject({ succeeded: 1, completedIndexes: '0', completionTime: expect.any(String) })
    })

    test('suspended, resumed, past its deadline', async () => {
      await run('paused', 'sleep 1000', { suspend: true })
      await space.until(jobs, 'paused', hasCondition('Suspended'))
      expect(await podsOf('paused')).toEqual([])
      await space.patch(jobs, 'paused', { spec: { suspend: false, activeDeadlineSeconds: 2 } })
      const job = await space.until(jobs, 'paused', hasCondition('Failed'))
      expect([conditionOf(job, 'Suspended').status, conditionOf(job, 'Failed').reason]).toEqual([
        'False',
        'DeadlineExceeded',
      ])
    })

    test('a CronJob starts a job at its time, and kubectl one from its template', async () => {
      const kind = 'batch/v1 cronjobs'
      await space.create(kind, 'tick', {
        spec: {
          schedule: '@every 1s',
          concurrencyPolicy: 'Forbid',
          jobTemplate: {
            metadata: { labels: { from: 'tick' } },
            spec: { template: { spec: { ...space.podSpec('true'), restartPolicy: 'Never' } } },
          },
        },
      })
      const [job] = await eventually(
        async () => {
          const found = await space.list(jobs, 'from=tick')
          return found.length > 0 ? found : false
        },
        { timeoutMs: 30_000 },
      )
      await space.patch(kind, 'tick', { spec: { suspend: true } })
      const at = Date.parse(job.metadata.annotations['batch.kubernetes.io/cronjob-scheduled-timestamp'])
      expect(job.metadata.name).toBe(`tick-${Math.floor(at / 60_000)}`)
      expect(job.metadata.ownerReferences[0]).toMatchObject({ kind: 'CronJob', name: 'tick', controller: true })
      const done = await space.until(kind, 'tick', (object) => object.status.lastSuccessfulTime !== undefined)
      expect([done.status.active, done.status.lastScheduleTime]).toEqual([undefined, expect.any(String)])
      await eventually(async () => {
        const reasons = (await space.events('tick')).map((each) => each.reason)
        return reasons.includes('SuccessfulCreate') && reasons.includes('SawCompletedJob')
      })
      const made = await space.kubectl('create', 'job', 'by-hand', '--from=cronjob/tick')
      expect(made.stdout).toContain('job.batch/by-hand created')
      await space.until(jobs, 'by-hand', hasCondition('Complete'))
    })

    test('a budget allows as many evictions as it has pods to spare', async () => {
      const deployments = 'apps/v1 deployments'
      await space.create(deployments, 'guarded', {
        spec: {
          replicas: 2,
          selector: { matchLabels: { app: 'guarded' } },
          template: space.template({ app: 'guarded' }, 'sleep 1000'),
        },
      })
      await space.create('policy/v1 poddisruptionbudgets', 'guard', {
        spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'guarded' } } },
      })
      const open = await space.until(
        'policy/v1 poddisruptionbudgets',
        'guard',
        (object) => object.status.disruptionsAllowed === 1,
      )
      expect(open.status).toMatchObject({
        currentHealthy: 2,
        desiredHealthy: 1,
        expectedPods: 2,
        observedGeneration: 1,
      })
      expect(conditionOf(open, 'DisruptionAllowed')).toMatchObject({ status: 'True', reason: 'SufficientPods' })
      await space.patch(deployments, 'guarded', { spec: { paused: true } })
      const [first, second] = await space.list(pods, 'app=guarded')
      const evict = ({ metadata: { name } }: Json) =>
        subject
          .cluster()
          .post(`${space.path(pods, name)}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } })
      const answers = [await evict(first), await evict(second)]
      expect(answers.map((each) => each.status)).toEqual([201, 429])
      expect(answers[1]?.body).toMatchObject({
        reason: 'TooManyRequests',
        message: "Cannot evict pod as it would violate the pod's disruption budget.",
        details: {
          causes: [{ reason: 'DisruptionBudget', message: expect.stringMatching(/^The disruption budget guard /) }],
        },
      })
      await space.remove(deployments, 'guarded')
    })
  })
}
