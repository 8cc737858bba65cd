import type { SubmitJob, SubmittedJob } from '@keelson/contracts/training'
import { allow, recordAudit } from '../access/index.ts'
import { asActor, type Ctx, inTransaction } from '../context/index.ts'
import type { AnyJob } from './any-job.rules.ts'
import { parseJob } from './manifest.rules.ts'
import { projectPresence } from './project-job.ts'

/** Makes a job of any kind as the person: what they may not do, the cluster refuses in its own words. */
export async function submitJob(ctx: Ctx, input: SubmitJob): Promise<SubmittedJob> {
  const { workspace: namespace, dryRun } = input
  const { object, resource } = parseJob(input.yaml, namespace)
  await allow(ctx, { verb: 'create', group: resource.group, resource: resource.plural, namespace })
  const wanted = object as AnyJob
  const api = asActor(ctx)
  if (dryRun) {
    const answer = await api.create<AnyJob>(resource, wanted, { dryRun })
    return { uid: null, name: answer.metadata.name ?? '', dryRun }
  }
  return inTransaction(ctx, async (tx) => {
    // With the transaction open before the job is made, a database that is away refuses before anything happened.
    await tx.db.query('select 1 as ready')
    const made = await api.create<AnyJob>(resource, wanted)
    const { uid = '', name = '' } = made.metadata
    await recordAudit(tx, {
      workspace: namespace,
      action: 'jobs.submit',
      subject: `job/${name}`,
      after: { uid, kind: resource.kind, spec: wanted.spec },
    })
    await projectPresence(tx, made, [], ctx.actor.username)
    await tx.db.publish({ workspace: namespace, topic: 'jobs', id: uid })
    return { uid, name, dryRun }
  })
}
