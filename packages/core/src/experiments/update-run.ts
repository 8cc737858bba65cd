import type { RunStatus } from '@keelson/contracts/experiments'
import { AppError } from '@keelson/process/app-error'
import { allow, recordAudit } from '../access/index.ts'
import { type Ctx, inTransaction } from '../context/index.ts'
import { announceRun } from './announce.ts'
import { activeRun, noSuchRun } from './get-run.ts'
import { podOfActor } from './pod-job.ts'
import {
  adoptRun,
  deleteRunTag as dropTag,
  findOpenRunsOfPod,
  findRunRow,
  setRunStage,
  updateRunRow,
  upsertRunTag,
} from './run.store.ts'
import { type LifecycleStage, type Pair, runNameTag, type TrackedRun } from './tracked.ts'
import { checkedTag } from './tracking.rules.ts'

type InRun = { workspace: string; runId: string }

/**
 * Changes status, end time and name of an active run; an empty name changes nothing. Returns it without its parts. A job's pod that
 * says RUNNING takes the run up: from then on it is linked to the job, and ends when the pod does.
 */
export async function updateRun(
  ctx: Ctx,
  input: InRun & { status?: RunStatus | undefined; endTimeMs?: number | undefined; name?: string | undefined },
): Promise<TrackedRun> {
  await allow(ctx, { verb: 'update', resource: 'experiments', namespace: input.workspace })
  const name = input.name ? checkedTag({ key: runNameTag, value: input.name }).value : undefined
  const { podUid, jobUid } = input.status === 'RUNNING' ? await podOfActor(ctx) : { podUid: null, jobUid: null }
  return inTransaction(ctx, async (tx) => {
    await activeRun(tx, input.workspace, input.runId, true)
    await updateRunRow(tx.db, input.runId, { status: input.status, endTimeMs: input.endTimeMs, name })
    if (podUid !== null && jobUid !== null) await adoptRun(tx.db, input.runId, { podUid, jobUid })
    await tx.db.publish({ workspace: input.workspace, topic: 'runs', id: input.runId })
    const updated = await findRunRow(tx.db, input.workspace, input.runId)
    if (updated === null) throw noSuchRun(input.runId)
    return updated
  })
}

/** Soft. Deleting what is deleted is no error, as with the peer. */
export async function deleteRun(ctx: Ctx, input: InRun): Promise<void> {
  await allow(ctx, { verb: 'delete', resource: 'experiments', namespace: input.workspace }, { fresh: true })
  await moveTo(ctx, input, 'deleted')
}

export async function restoreRun(ctx: Ctx, input: InRun): Promise<void> {
  await allow(ctx, { verb: 'update', resource: 'experiments', namespace: input.workspace })
  await moveTo(ctx, input, 'active')
}

async function moveTo(ctx: Ctx, input: InRun, stage: LifecycleStage): Promise<void> {
  await inTransaction(ctx, async (tx) => {
    const run = await findRunRow(tx.db, input.workspace, input.runId, true)
    if (run === null) throw noSuchRun(input.runId)
    if (run.lifecycleStage === stage) return
    await setRunStage(tx.db, run.id, stage, ctx.clock.now())
    await recordAudit(tx, {
      workspace: input.workspace,
      action: stage === 'deleted' ? 'runs.delete' : 'runs.restore',
      subject: `run/${run.id}`,
      before: { lifecycleStage: run.lifecycleStage, name: run.name, experimentId: run.experimentId },
      after: { lifecycleStage: stage },
    })
    await tx.db.publish({ workspace: input.workspace, topic: 'runs', id: run.id })
  })
}

/** Sets a tag; `mlflow.runName` renames the run. */
export async function setRunTag(ctx: Ctx, input: InRun & Pair): Promise<void> {
  await allow(ctx, { verb: 'update', resource: 'experiments', namespace: input.workspace })
  const tag = checkedTag(input)
  await inTransaction(ctx, async (tx) => {
    const run = await activeRun(tx, input.workspace, input.runId, true)
    if (tag.key !== runNameTag) await upsertRunTag(tx.db, run.id, tag)
    else if (tag.value !== '') await updateRunRow(tx.db, run.id, { name: tag.value })
  })
  announceRun(ctx, input.workspace, input.runId)
}

export async function deleteRunTag(ctx: Ctx, input: InRun & { key: string }): Promise<void> {
  await allow(ctx, { verb: 'update', resource: 'experiments', namespace: input.workspace })
  await inTransaction(ctx, async (tx) => {
    const run = await activeRun(tx, input.workspace, input.runId, true)
    if (!(await dropTag(tx.db, run.id, input.key)))
      throw new AppError('not_found', `No tag with name: ${input.key} in run with id ${run.id}`)
  })
  announceRun(ctx, input.workspace, input.runId)
}

/** Set on a run that its pod left behind; the value says why. */
export const abandonedTag = 'keelson.dev/failed-because'

/**
 * Ends the runs that a pod left RUNNING when it went away: FAILED, with the reason as a tag. For the controller, which calls
 * it (as the platform) when a pod has ended; repeating it changes nothing. Returns the ids of the runs it ended.
 */
export async function closeAbandonedRuns(ctx: Ctx, input: { podUid: string; reason?: string }): Promise<string[]> {
  if (ctx.actor.kind !== 'platform')
    throw new AppError('forbidden', 'Only the platform ends the runs of a pod that is gone.')
  const reason = input.reason ?? 'Its pod ended before the run did.'
  return inTransaction(ctx, async (tx) => {
    const closed: string[] = []
    for (const { id, workspace } of await findOpenRunsOfPod(tx.db, input.podUid)) {
      const run = await findRunRow(tx.db, workspace, id, true)
      // Another call may have ended it between the two reads.
      if (run === null || (run.status !== 'RUNNING' && run.status !== 'SCHEDULED')) continue
      await updateRunRow(tx.db, id, { status: 'FAILED', endTimeMs: ctx.clock.now().getTime() })
      await upsertRunTag(tx.db, id, { key: abandonedTag, value: reason })
      await tx.db.publish({ workspace, topic: 'runs', id })
      closed.push(id)
    }
    return closed
  })
}
