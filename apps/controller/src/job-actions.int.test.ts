/** What people do with a job that did not go well, with pods that really run: run the rest again, and stop it. */
import { randomBytes } from 'node:crypto'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { refusal } from '@keelson/core/testing'
import { getJob, retryJob, stopJob, submitJob, suspendJob } from '@keelson/core/training'
import { createWorkspace } from '@keelson/core/workspaces'
import { type KubeApi, resources } from '@keelson/kube'
import { nodeServerNames } from '@keelson/kube/testing'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PeoplePlatform, patience, person, startPeoplePlatform } from './testing/people-platform.ts'

describe.each(nodeServerNames)('jobs and what people do with them on %s', (name) => {
  let people: PeoplePlatform
  let kube: KubeApi
  let skipped: string | null = null
  const workspace = `job-page-${randomBytes(4).toString('hex')}`
  const image = name === 'kubelite' ? 'busybox' : 'testbed.local/busybox:1'
  const ana = () => people.as(person('ana@example.test'))
  const eve = () => people.as(person('eve@example.test'))

  beforeAll(async () => {
    const started = await startPeoplePlatform(name, { withNode: true })
    if ('skipped' in started) {
      skipped = started.skipped
      return
    }
    people = started
    kube = started.platform.kube
    await createWorkspace(ana(), { name: workspace })
  }, 240_000)
  afterAll(async () => {
    if (skipped !== null) return
    await kube?.delete(resources.profiles, { name: workspace }).catch(() => {})
    await eventually(
      // Only a running controller lets the pods go, by its finalizer of their logs.
      async () => expect(await kube.find(resources.namespaces, { name: workspace })).toBeNull(),
      patience,
    ).catch(() => {})
    await people?.stop()
  }, 120_000)
  const test = (title: string, body: () => Promise<void>) =>
    it(title, async ({ skip }) => (skipped === null ? body() : skip(skipped)), 120_000)

  const submit = async (yaml: string) => {
    const made = await submitJob(ana(), { workspace, yaml, dryRun: false })
    return { ...made, uid: made.uid ?? '' }
  }
  const pod = (container: string, script: string) =>
    `{ spec: { restartPolicy: Never, terminationGracePeriodSeconds: 1, containers: [{ name: ${container}, image: "${image}", command: [sh, -c, '${script}'] }] } }`
  const detail = (uid: string) => getJob(ana(), { workspace, uid })
  const podsOf = async (uid: string): Promise<KubeObject[]> => {
    const { items } = await kube.list(resources.pods, { namespace: workspace })
    return items.filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
  }

  test('of an Indexed Job only the indexes that did not succeed run again, in one Job that says so', async () => {
    const { uid } = await submit(`apiVersion: batch/v1
kind: Job
metadata: { name: indexed }
spec:
  completions: 3
  parallelism: 3
  completionMode: Indexed
  backoffLimitPerIndex: 0
  template: ${pod('main', 'test "$JOB_COMPLETION_INDEX" != 1')}
`)
    await eventually(async () => expect(await detail(uid)).toMatchObject({ failedPart: 'index 1' }), patience)
    expect((await detail(uid)).job.status.status).toBe('failed')
    expect(await refusal(retryJob(eve(), { workspace, uid, onlyFailed: true }))).toMatchObject({ code: 'forbidden' })
    const { uid: again } = await retryJob(ana(), { workspace, uid, onlyFailed: true })
    await eventually(
      async () =>
        expect(await detail(again ?? '')).toMatchObject({
          job: { status: { status: 'failed' } },
          pods: [{ replicaIndex: 1, exitCode: 1 }],
          retryOf: { uid, name: 'indexed', parts: 'index 1' },
          failedPart: 'index 1',
        }),
      patience,
    )
  })

  test('of a training job the workers that failed run again, each told whom it stands for', async () => {
    const script = 'test -n "$KEELSON_RETRY_REPLICAS" || ! echo "$TF_CONFIG" | grep -q "\\"index\\": *[12]"'
    const { uid } = await submit(`apiVersion: kubeflow.org/v1
kind: TFJob
metadata: { name: workers }
spec:
  successPolicy: AllWorkers
  tfReplicaSpecs: { Worker: { replicas: 3, template: ${pod('tensorflow', script)} } }
`)
    await eventually(async () => {
      expect((await detail(uid)).pods.map(({ status }) => status.status).sort()).toEqual([
        'failed',
        'failed',
        'succeeded',
      ])
      expect(await detail(uid)).toMatchObject({ failedPart: 'worker-1, worker-2' })
    }, patience)
    const { uid: again } = await retryJob(ana(), { workspace, uid, onlyFailed: true })
    await eventually(
      async () => expect(await detail(again ?? '')).toMatchObject({ job: { status: { status: 'succeeded' } } }),
      patience,
    )
    const { pods } = await detail(again ?? '')
    expect(pods).toHaveLength(2)
    expect(pods[0]?.environment).toContainEqual(
      expect.objectContaining({ name: 'KEELSON_RETRY_REPLICAS', value: 'worker-1,worker-2' }),
    )
  })

  test('a job that is stopped ends for good and stays, a plain one and one of replicas', async () => {
    const forever = 'trap "exit 1" TERM; while true; do sleep 0.1; done'.replaceAll("'", "''")
    const plain = `{ backoffLimit: 3, template: ${pod('main', forever)} }`
    const jax = `{ jaxReplicaSpecs: { Worker: { replicas: 2, template: ${pod('jax', forever)} } } }`
    const head = (apiVersion: string, kind: string) =>
      `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: halted-${kind.toLowerCase()} }\nspec: `
    const made = [
      await submit(`${head('batch/v1', 'Job')}${plain}`),
      await submit(`${head('kubeflow.org/v1', 'JAXJob')}${jax}`),
    ]
    for (const { uid } of made) {
      await eventually(async () => expect((await detail(uid)).job.status.status).toBe('running'), patience)
      expect(await refusal(stopJob(eve(), { workspace, uid }))).toMatchObject({ code: 'forbidden' })
      expect(await refusal(retryJob(ana(), { workspace, uid, onlyFailed: true }))).toMatchObject({
        code: 'precondition',
      })
      await stopJob(ana(), { workspace, uid })
    }
    for (const { uid, name: jobName } of made) {
      await eventually(async () => {
        expect((await detail(uid)).job).toMatchObject({
          exists: true,
          status: { status: 'stopped', reason: 'Stopped' },
          finishedAt: expect.any(String),
        })
        expect((await podsOf(uid)).filter(({ metadata }) => metadata.deletionTimestamp === undefined)).toEqual([])
      }, patience)
      expect(await refusal(suspendJob(ana(), { workspace, uid, suspend: false }))).toMatchObject({
        code: 'precondition',
      })
      expect(await refusal(stopJob(ana(), { workspace, uid }))).toMatchObject({ code: 'precondition' })
      const again = await retryJob(ana(), { workspace, uid })
      expect(again.name).toMatch(new RegExp(`^${jobName}-again-`))
      await eventually(async () => expect((await detail(again.uid ?? '')).job.status.status).toBe('running'), patience)
      await suspendJob(ana(), { workspace, uid: again.uid ?? '', suspend: true })
      await eventually(async () => expect((await detail(again.uid ?? '')).job.status.status).toBe('stopped'), patience)
      expect(await refusal(stopJob(ana(), { workspace, uid: again.uid ?? '' }))).toMatchObject({ code: 'precondition' })
    }
  })
})
