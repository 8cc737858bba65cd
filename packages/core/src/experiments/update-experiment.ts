import { isUniqueViolation } from '@keelson/db'
import { AppError } from '@keelson/process/app-error'
import { allow, recordAudit } from '../access/index.ts'
import { type Ctx, inTransaction } from '../context/index.ts'
import { checkExperimentActive, resolveExperiment } from './create-experiment.ts'
import {
  deleteExperimentTag as dropTag,
  renameExperiment,
  setExperimentStage,
  upsertExperimentTags,
} from './experiment.store.ts'
import type { LifecycleStage, Pair } from './tracked.ts'
import { checkExperimentName, checkExperimentTag } from './tracking.rules.ts'

type InExperiment = { workspace: string; experimentId: string }

/** Renames an experiment. A deleted one cannot be renamed. */
export async function updateExperiment(ctx: Ctx, input: InExperiment & { name: string }): Promise<void> {
  await allow(ctx, { verb: 'update', resource: 'experiments', namespace: input.workspace })
  checkExperimentName(input.name)
  const experiment = await resolveExperiment(ctx, input.workspace, input.experimentId)
  if (experiment.lifecycleStage !== 'active') throw new AppError('invalid', 'Cannot rename a non-active experiment.')
  await inTransaction(ctx, async (tx) => {
    await renameExperiment(tx.db, experiment.id, input.name, ctx.clock.now())
    await recordAudit(tx, {
      workspace: input.workspace,
      action: 'experiments.rename',
      subject: `experiment/${experiment.id}`,
      before: { name: experiment.name },
      after: { name: input.name },
    })
    await tx.db.publish({ workspace: input.workspace, topic: 'experiments', id: experiment.id })
  }).catch((error) => {
    throw isUniqueViolation(error)
      ? new AppError('already_exists', `Experiment(name=${input.name}) already exists.`)
      : error
  })
}

/** Soft: the experiment and its runs can be read and restored, not written. */
export async function deleteExperiment(ctx: Ctx, input: InExperiment): Promise<void> {
  await allow(ctx, { verb: 'delete', resource: 'experiments', namespace: input.workspace }, { fresh: true })
  await moveTo(ctx, input, 'active', 'deleted')
}

/** Restores the experiment and all runs of it. */
export async function restoreExperiment(ctx: Ctx, input: InExperiment): Promise<void> {
  await allow(ctx, { verb: 'update', resource: 'experiments', namespace: input.workspace })
  await moveTo(ctx, input, 'deleted', 'active')
}

async function moveTo(ctx: Ctx, input: InExperiment, from: LifecycleStage, to: LifecycleStage): Promise<void> {
  const experiment = await resolveExperiment(ctx, input.workspace, input.experimentId)
  // As the peer: what is not in the stage it should come from does not exist for this call.
  if (experiment.lifecycleStage !== from)
    throw new AppError('not_found', `No Experiment with id=${experiment.id} exists`)
  await inTransaction(ctx, async (tx) => {
    await setExperimentStage(tx.db, experiment.id, to, ctx.clock.now())
    await recordAudit(tx, {
      workspace: input.workspace,
      action: to === 'deleted' ? 'experiments.delete' : 'experiments.restore',
      subject: `experiment/${experiment.id}`,
      before: { lifecycleStage: from, name: experiment.name },
      after: { lifecycleStage: to },
    })
    await tx.db.publish({ workspace: input.workspace, topic: 'experiments', id: experiment.id })
  })
}

export async function setExperimentTag(ctx: Ctx, input: InExperiment & Pair): Promise<void> {
  await allow(ctx, { verb: 'update', resource: 'experiments', namespace: input.workspace })
  checkExperimentTag(input)
  const experiment = await resolveExperiment(ctx, input.workspace, input.experimentId)
  checkExperimentActive(experiment)
  await inTransaction(ctx, async (tx) => {
    await upsertExperimentTags(tx.db, experiment.id, [{ key: input.key, value: input.value }])
    await recordAudit(tx, {
      workspace: input.workspace,
      action: 'experiments.tag',
      subject: `experiment/${experiment.id}`,
      after: { key: input.key, value: input.value },
    })
    await tx.db.publish({ workspace: input.workspace, topic: 'experiments', id: experiment.id })
  })
}

export async function deleteExperimentTag(ctx: Ctx, input: InExperiment & { key: string }): Promise<void> {
  await allow(ctx, { verb: 'update', resource: 'experiments', namespace: input.workspace })
  const experiment = await resolveExperiment(ctx, input.workspace, input.experimentId)
  checkExperimentActive(experiment)
  await inTransaction(ctx, async (tx) => {
    if (!(await dropTag(tx.db, experiment.id, input.key)))
      throw new AppError('not_found', `No tag with name: ${input.key} in experiment with id ${experiment.id}`)
    await recordAudit(tx, {
      workspace: input.workspace,
      action: 'experiments.untag',
      subject: `experiment/${experiment.id}`,
      before: { key: input.key },
    })
  })
}
