import type { Ctx } from '../context/index.ts'
import { inTransaction } from '../context/index.ts'
import { type AnyJob, anyJobFacts, replicaNameOf } from './any-job.rules.ts'
import { environmentOf } from './environment.rules.ts'
import { byCreation } from './job.rules.ts'
import { jobs } from './job.store.ts'
import { isOver, type Pod, podFacts } from './pod.rules.ts'

export type SeenJob = { uid: string; job: AnyJob | null; pods: readonly Pod[] }

/**
 * Writes down a job and its pods as they are in the cluster now; `job: null` = it is not there (any more). Repeating it
 * changes nothing, and lost rows come back as long as the objects exist. True when something changed.
 */
export async function projectJob(ctx: Ctx, seen: SeenJob): Promise<boolean> {
  return inTransaction(ctx, async (tx) => {
    const changed = seen.job === null ? await projectAbsence(tx, seen) : await projectPresence(tx, seen.job, seen.pods)
    if (changed !== null) await tx.db.publish({ workspace: changed, topic: 'jobs', id: seen.uid })
    return changed !== null
  })
}

async function projectAbsence(ctx: Ctx, { uid, pods }: SeenJob): Promise<string | null> {
  const workspace = await jobs.findWorkspace(ctx.db, uid)
  if (workspace === null) return null
  const now = ctx.clock.now()
  // A pod may outlive its job for a while, and with it the news of how it ended.
  let changed = await putPods(ctx, uid, workspace, pods, { revive: true })
  if (pods.every(isOver)) await jobs.concludeFromPods(ctx.db, uid)
  changed = (await jobs.markGone(ctx.db, uid, now)) || changed
  const gone = await jobs.markPodsGone(
    ctx.db,
    uid,
    now,
    pods.flatMap((pod) => pod.metadata.uid ?? []),
  )
  return changed || gone > 0 ? workspace : null
}

/**
 * Writes down how a pod ended before it is let go; does nothing for a pod of a job that nobody wrote down. The copy of the pod
 * may be older than the news that it is gone, which it must not undo.
 */
export async function projectPod(ctx: Ctx, jobUid: string, pod: Pod): Promise<void> {
  await inTransaction(ctx, async (tx) => {
    const workspace = await jobs.findWorkspace(tx.db, jobUid)
    if (workspace === null || !(await putPods(tx, jobUid, workspace, [pod], { revive: false }))) return
    await tx.db.publish({ workspace, topic: 'jobs', id: jobUid })
  })
}

async function putPods(
  ctx: Ctx,
  jobUid: string,
  workspace: string,
  pods: readonly Pod[],
  options: { revive: boolean },
): Promise<boolean> {
  let changed = false
  for (const pod of [...pods].sort(byCreation)) {
    const { uid = '', name = '', creationTimestamp } = pod.metadata
    const { type, index } = replicaNameOf(pod)
    const replica = { replicaType: type, replicaIndex: index, environment: environmentOf(pod.spec) }
    const row = { uid, name, ...replica, createdAt: instant(creationTimestamp, ctx), ...podFacts(pod) }
    changed = (await jobs.putPod(ctx.db, jobUid, workspace, row, options)) || changed
  }
  return changed
}

/** Also called by who submits a job, with the submitter: the cluster itself does not keep who made an object. */
export async function projectPresence(
  ctx: Ctx,
  job: AnyJob,
  pods: readonly Pod[],
  createdBy: string | null = null,
): Promise<string | null> {
  const { uid = '', name = '', namespace: workspace = '' } = job.metadata
  let changed = await jobs.put(ctx.db, {
    uid,
    workspace,
    kind: job.kind,
    name,
    ...anyJobFacts(job, pods),
    createdBy,
    createdAt: instant(job.metadata.creationTimestamp, ctx),
    manifest: withoutNoise(job),
  })
  changed = (await putPods(ctx, uid, workspace, pods, { revive: true })) || changed
  const present = pods.flatMap((pod) => pod.metadata.uid ?? [])
  const gone = await jobs.markPodsGone(ctx.db, uid, ctx.clock.now(), present)
  return changed || gone > 0 ? workspace : null
}

function instant(time: string | undefined, ctx: Ctx): string {
  return time ?? ctx.clock.now().toISOString()
}

/** The object as people know it: without the bookkeeping of field managers and the last-applied copy. */
function withoutNoise(job: AnyJob): AnyJob {
  const { managedFields: _, annotations, resourceVersion: __, ...metadata } = job.metadata
  const { 'kubectl.kubernetes.io/last-applied-configuration': ___, ...kept } = annotations ?? {}
  return { ...job, metadata: { ...metadata, ...(Object.keys(kept).length > 0 ? { annotations: kept } : {}) } }
}
