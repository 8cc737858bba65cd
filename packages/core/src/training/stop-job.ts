import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { GetJob } from '@keelson/contracts/training'
import { AppError } from '@keelson/process/app-error'
import type { z } from 'zod'
import { allow, recordAudit } from '../access/index.ts'
import { asActor, type Ctx, inTransaction } from '../context/index.ts'
import { jobResourceOf } from './any-job.rules.ts'
import { findJob, isSuspended } from './get-job.ts'
import { stopPatch } from './stop.rules.ts'

/** Ends a job for good, as the person: its pods are stopped, the object and its record stay. */
export async function stopJob(ctx: Ctx, input: z.infer<typeof GetJob>): Promise<void> {
  const { workspace: namespace, uid } = input
  await allow(ctx, { verb: 'get', resource: 'jobs', namespace })
  const { job, manifest } = await findJob(ctx, input)
  const resource = jobResourceOf(job.kind)
  const patch = stopPatch(manifest as KubeObject, ctx.clock.now())
  if (!resource || !patch)
    throw new AppError('unimplemented', `A ${job.kind} has no deadline by which to stop it; suspend or delete it.`)
  await allow(ctx, { verb: 'patch', group: resource.group, resource: resource.plural, namespace })
  if (!job.exists || job.finishedAt !== null) throw new AppError('precondition', `Job ${job.name} is over already.`)
  if (isSuspended(manifest))
    throw new AppError(
      'precondition',
      `Job ${job.name} is suspended: nothing of it runs. Resume it first, or delete it.`,
    )
  await inTransaction(ctx, async (tx) => {
    await recordAudit(tx, { workspace: namespace, action: 'jobs.stop', subject: `job/${job.name}`, after: { uid } })
    // The uid guards a namesake: the server refuses a patch that would change it.
    const { metadata, spec } = patch
    await asActor(ctx).patch(resource, { namespace, name: job.name }, { metadata: { ...metadata, uid }, spec })
  })
}
