import { AppError } from '@keelson/process/app-error'
import { allow } from '../access/index.ts'
import { type Ctx, inTransaction } from '../context/index.ts'
import { announceRun } from './announce.ts'
import { type DatasetSummary, insertRunDatasets, listDatasetSummaries } from './dataset.store.ts'
import { activeRun, experimentNumbers } from './get-run.ts'
import { existingModels, insertRunModelInputs, insertRunOutputs } from './logged-model.store.ts'
import { findRun, upsertRunTag } from './run.store.ts'
import type { DatasetInput } from './tracked.ts'
import { checkDatasets, checkedTag, checkRunId, invalid } from './tracking.rules.ts'

type InRun = { workspace: string; runId: string }

/** Says which data sets and logged models a run read. A data set of the same name and digest is linked once. */
export async function logInputs(
  ctx: Ctx,
  input: InRun & { datasets: readonly DatasetInput[]; modelIds: readonly string[] },
): Promise<void> {
  await allow(ctx, { verb: 'update', resource: 'experiments', namespace: input.workspace })
  checkRunId(input.runId)
  checkDatasets(input.datasets)
  await inTransaction(ctx, async (tx) => {
    const run = await activeRun(tx, input.workspace, input.runId)
    if (input.datasets.length > 0) await insertRunDatasets(tx.db, run, input.datasets)
    if (input.modelIds.length > 0) {
      await checkModels(tx, input.workspace, input.modelIds)
      await insertRunModelInputs(tx.db, run.id, input.modelIds)
    }
    await tx.db.publish({ workspace: input.workspace, topic: 'lineage', id: run.id })
  })
  announceRun(ctx, input.workspace, input.runId)
}

/** Says which logged models a run made. */
export async function logOutputs(
  ctx: Ctx,
  input: InRun & { outputs: readonly { modelId: string; step: number }[] },
): Promise<void> {
  await allow(ctx, { verb: 'update', resource: 'experiments', namespace: input.workspace })
  await inTransaction(ctx, async (tx) => {
    const run = await activeRun(tx, input.workspace, input.runId)
    await checkModels(
      tx,
      input.workspace,
      input.outputs.map((output) => output.modelId),
    )
    await insertRunOutputs(tx.db, run.id, input.outputs)
  })
  announceRun(ctx, input.workspace, input.runId)
}

async function checkModels(ctx: Ctx, workspace: string, ids: readonly string[]): Promise<void> {
  const known = await existingModels(ctx.db, workspace, ids)
  const unknown = ids.find((id) => !known.has(id))
  if (unknown !== undefined) throw new AppError('not_found', `Logged model with ID '${unknown}' not found.`)
}

const historyTag = 'mlflow.log-model.history'

/** MLflow 2's `log-model`: adds the model's description to the run's history tag. */
export async function recordModel(ctx: Ctx, input: InRun & { model: Record<string, unknown> }): Promise<void> {
  await allow(ctx, { verb: 'update', resource: 'experiments', namespace: input.workspace })
  await inTransaction(ctx, async (tx) => {
    await activeRun(tx, input.workspace, input.runId, true)
    const run = await findRun(tx.db, input.workspace, input.runId)
    const before = run?.tags.find((tag) => tag.key === historyTag)?.value
    const value = JSON.stringify([...parseHistory(before), input.model])
    // Longer than a tag may be: refused, because a cut list could not be read.
    if (value.length > 8_000) throw invalid(`'value' exceeds the maximum length of 8000 characters`)
    await upsertRunTag(tx.db, input.runId, checkedTag({ key: historyTag, value }))
  })
}

function parseHistory(text: string | undefined): unknown[] {
  if (text === undefined) return []
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) ? parsed : []
  } catch {
    // A client wrote something else under this key: the history begins anew.
    return []
  }
}

/** The data sets that the runs of some experiments read. */
export async function searchDatasets(
  ctx: Ctx,
  input: { workspace: string; experimentIds: readonly string[] },
): Promise<DatasetSummary[]> {
  await allow(ctx, { verb: 'list', resource: 'experiments', namespace: input.workspace })
  return listDatasetSummaries(
    ctx.db,
    input.workspace,
    await experimentNumbers(ctx, input.workspace, input.experimentIds),
  )
}
