import { AppError } from '@keelson/process/app-error'
import { allow, recordAudit } from '../access/index.ts'
import { asActor, type Ctx, inTransaction } from '../context/index.ts'
import { jobResourceOf } from './any-job.rules.ts'
import { findJob } from './get-job.ts'

/** Deletes the job and its pods from the cluster, as the person; its history stays. The uid keeps a namesake safe. */
export async function deleteJob(ctx: Ctx, input: { workspace: string; uid: string }): Promise<void> {
  const { workspace: namespace, uid } = input
  await allow(ctx, { verb: 'get', resource: 'jobs', namespace })
  const { job } = await findJob(ctx, input)
  const resource = jobResourceOf(job.kind)
  if (!resource) throw new AppError('unimplemented', `A ${job.kind} cannot be deleted here.`)
  await allow(ctx, { verb: 'delete', group: resource.group, resource: resource.plural, namespace }, { fresh: true })
  if (!job.exists)
    throw new AppError('not_found', `Job ${job.name} is no longer in the cluster; only its history is left.`)
  await inTransaction(ctx, async (tx) => {
    await recordAudit(tx, { workspace: namespace, action: 'jobs.delete', subject: `job/${job.name}`, before: { uid } })
    await asActor(ctx).delete(resource, { namespace, name: job.name }, { uid, propagation: 'Background' })
  })
}
