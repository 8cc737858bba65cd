import type { SubmitJob, SubmittedJob } from '@keelson/contracts/training'
import { resources } from '@keelson/kube'
import { allow, recordAudit } from '../access/index.ts'
import { asActor, type Ctx, inTransaction } from '../context/index.ts'
import type { Job } from './job.rules.ts'
import { parseJob } from './manifest.rules.ts'
import { projectPresence } from './project-job.ts'

/** Makes a Job as the person: what they may not do, the cluster refuses in its own words. */
export async function submitJob(ctx: Ctx, input: SubmitJob): Promise<SubmittedJob> {
  const { workspace: namespace, dryRun } = input
  await allow(ctx, { verb: 'create', group: 'batch', resource: 'jobs', namespace })
  const wanted = parseJob(input.yaml, namespace) as Job
  const api = asActor(ctx)
  if (dryRun) {
    const answer = await api.create<Job>(resources.jobs, wanted, { dryRun })
    return { uid: null, name: answer.metadata.name ?? '', dryRun }
  }
  return inTransaction(ctx, async (tx) => {
    // With the transaction open before the job is made, a database that is away refuses before anything happened.
    await tx.db.query('select 1 as ready')
    const made = await api.create<Job>(resources.jobs, wanted)
    const { uid = '', name = '' } = made.metadata
    await recordAudit(tx, {
      workspace: namespace,
      action: 'jobs.submit',
      subject: `job/${name}`,
      after: { uid, spec: wanted.spec },
    })
    await projectPresence(tx, made, [], ctx.actor.username)
    await tx.db.publish({ workspace: namespace, topic: 'jobs', id: uid })
    return { uid, name, dryRun }
  })
}
