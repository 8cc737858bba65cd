import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Ctx, withActor } from '../context/index.ts'
import { type BareContext, openBareContext } from '../testing/index.ts'
import type { Job } from './job.rules.ts'
import type { Pod } from './pod.rules.ts'
import { projectJob, projectPod } from './project-job.ts'

let bare: BareContext
let ctx: Ctx

beforeAll(async () => {
  bare = await openBareContext({})
  ctx = withActor(bare.base, { kind: 'platform', username: 'keelson', groups: [] })
}, 60_000)
afterAll(() => bare?.close())

const creationTimestamp = '2026-01-02T03:04:05Z'
const job: Job = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'train', namespace: 'telco', uid: 'job-1', creationTimestamp },
}
const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'train-x', namespace: 'telco', uid: 'pod-1', creationTimestamp },
  status: { phase: 'Succeeded' },
}
const isGone = async () => (await ctx.db.prisma.jobPod.findFirstOrThrow({ where: { uid: 'pod-1' } })).deletedAt !== null

it('a late look at an old copy of a pod does not bring it back', async () => {
  await projectJob(ctx, { uid: 'job-1', job, pods: [pod] })
  await projectJob(ctx, { uid: 'job-1', job: null, pods: [] })
  expect(await isGone()).toBe(true)
  await projectPod(ctx, 'job-1', pod)
  expect(await isGone()).toBe(true)
})

it('a pod that is seen in the cluster is not gone, whatever was written', async () => {
  await projectJob(ctx, { uid: 'job-1', job, pods: [pod] })
  expect(await isGone()).toBe(false)
})
