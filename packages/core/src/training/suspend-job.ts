import type { KubeObject } from '@keelson/contracts/kubernetes'
import { AppError } from '@keelson/process/app-error'
import { allow, recordAudit } from '../access/index.ts'
import { asActor, type Ctx, inTransaction } from '../context/index.ts'
import { jobResourceOf } from './any-job.rules.ts'
import { findJob } from './get-job.ts'
import { skipDoneIndexes } from './retry-job.ts'

/** Stops a job's pods until it is resumed, or resumes it, as the person; one that is over or gone is refused. */
export async function suspendJob(ctx: Ctx, input: { workspace: string; uid: string; suspend: boolean }): Promise<void> {
  const { workspace: namespace, uid, suspend } = input
  const { job, manifest } = await findReadable(ctx, input)
  const resource = jobResourceOf(job.kind)
  if (!resource) throw new AppError('unimplemented', `A ${job.kind} cannot be suspended here.`)
  await allow(ctx, { verb: 'patch', group: resource.group, resource: resource.plural, namespace })
  if (!job.exists)
    throw new AppError('precondition', `Job ${job.name} is no longer in the cluster; run it again instead.`)
  if (job.finishedAt !== null) throw new AppError('precondition', `Job ${job.name} is over; run it again instead.`)
  const spec = job.kind === 'Job' ? { suspend } : { runPolicy: { suspend } }
  await inTransaction(ctx, async (tx) => {
    const action = suspend ? 'jobs.suspend' : 'jobs.resume'
    await recordAudit(tx, { workspace: namespace, action, subject: `job/${job.name}`, after: { uid, suspend } })
    // One that was made to repeat a part, and whose maker was killed before it began, must not begin with all of it.
    if (!suspend && job.startedAt === null) await skipDoneIndexes(ctx, manifest as KubeObject, namespace, job.name)
    // The uid guards a namesake: the server refuses a patch that would change it.
    await asActor(ctx).patch(resource, { namespace, name: job.name }, { metadata: { uid }, spec })
  })
}

async function findReadable(ctx: Ctx, input: { workspace: string; uid: string }) {
  await allow(ctx, { verb: 'get', resource: 'jobs', namespace: input.workspace })
  return findJob(ctx, input)
}
