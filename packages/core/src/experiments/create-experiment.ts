import { AppError } from '@keelson/process/app-error'
import { allow, recordAudit } from '../access/index.ts'
import { type Ctx, inTransaction } from '../context/index.ts'
import { findExperiment, findExperimentByName, insertExperiment, upsertExperimentTags } from './experiment.store.ts'
import type { Pair, TrackedExperiment } from './tracked.ts'
import { checkArtifactLocation, checkExperimentName, checkExperimentTag, parseExperimentId } from './tracking.rules.ts'

export const defaultExperimentName = 'Default'

/** Makes an experiment and returns its id. A name stays taken in its workspace after a deletion: `already_exists`. */
export async function createExperiment(
  ctx: Ctx,
  input: { workspace: string; name: string; artifactLocation?: string | undefined; tags?: readonly Pair[] },
): Promise<string> {
  await allow(ctx, { verb: 'create', resource: 'experiments', namespace: input.workspace })
  checkExperimentName(input.name)
  if (input.artifactLocation) checkArtifactLocation(input.artifactLocation)
  for (const tag of input.tags ?? []) checkExperimentTag(tag)
  return inTransaction(ctx, async (tx) => {
    const id = await insertExperiment(tx.db, {
      workspace: input.workspace,
      name: input.name,
      artifactLocation: input.artifactLocation || null,
      at: ctx.clock.now(),
    })
    if (id === null) throw new AppError('already_exists', `Experiment(name=${input.name}) already exists.`)
    await upsertExperimentTags(tx.db, id, input.tags ?? [])
    await recordAudit(tx, {
      workspace: input.workspace,
      action: 'experiments.create',
      subject: `experiment/${id}`,
      after: { name: input.name },
    })
    await tx.db.publish({ workspace: input.workspace, topic: 'experiments', id })
    return id
  })
}

/** The workspace's `Default` experiment, made when it is not there: what MLflow's id `0` means here. */
export async function ensureDefaultExperiment(ctx: Ctx, workspace: string): Promise<TrackedExperiment> {
  await insertExperiment(ctx.db, {
    workspace,
    name: defaultExperimentName,
    artifactLocation: null,
    at: ctx.clock.now(),
  })
  const found = await findExperimentByName(ctx.db, workspace, defaultExperimentName)
  if (found === null) throw new AppError('internal', 'The default experiment could not be made.')
  return found
}

/** An experiment by the id that a client gives, deleted ones too. Throws `not_found`. */
export async function resolveExperiment(ctx: Ctx, workspace: string, id: string): Promise<TrackedExperiment> {
  const number = id === '' ? 0n : parseExperimentId(id)
  if (number === 0n) return ensureDefaultExperiment(ctx, workspace)
  const found = await findExperiment(ctx.db, workspace, number)
  if (found === null) throw new AppError('not_found', `No Experiment with id=${number === -1n ? id : number} exists`)
  return found
}

/** Throws `invalid` for a deleted experiment: it can be read, not written. */
export function checkExperimentActive(experiment: TrackedExperiment): void {
  if (experiment.lifecycleStage !== 'active')
    throw new AppError(
      'invalid',
      `The experiment ${experiment.id} must be in the 'active' state. Current state is ${experiment.lifecycleStage}.`,
    )
}
