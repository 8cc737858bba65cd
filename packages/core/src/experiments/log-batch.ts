import { AppError } from '@keelson/process/app-error'
import { allow } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { announceRun } from './announce.ts'
import { findParams, isParamConflict, isRetryable, type StoredBatch, writeBatch } from './batch.store.ts'
import { checkRunActive, noSuchRun } from './get-run.ts'
import { metricKeyIds } from './metric-key.store.ts'
import { pythonRepr } from './text.rules.ts'
import type { LoggedMetric, Pair } from './tracked.ts'
import { type Batch, checkedBatch, checkedParam, checkMetric, checkRunId, invalid } from './tracking.rules.ts'

type InRun = { workspace: string; runId: string }
const mostAttempts = 5

/** Logs metrics, parameters and tags of a run, all of them or none. Repeating a batch changes nothing. */
export async function logBatch(ctx: Ctx, input: InRun & Batch): Promise<void> {
  await allow(ctx, { verb: 'update', resource: 'experiments', namespace: input.workspace })
  checkRunId(input.runId)
  const batch = checkedBatch(input)
  await write(ctx, input, batch, (changed) => {
    const list = changed.map(
      ({ key, before, after }) =>
        `{'key': ${pythonRepr(key)}, 'old_value': ${pythonRepr(before)}, 'new_value': ${pythonRepr(after)}}`,
    )
    return `Changing param values is not allowed. Params were already logged='[${list.join(', ')}]' for run ID='${input.runId}'.`
  })
}

export async function logMetric(ctx: Ctx, input: InRun & { metric: LoggedMetric }): Promise<void> {
  await allow(ctx, { verb: 'update', resource: 'experiments', namespace: input.workspace })
  checkMetric(input.metric, '')
  await write(ctx, input, { metrics: [input.metric], params: [], tags: [] }, () => '')
}

/** The same value again is fine; another one is refused. */
export async function logParam(ctx: Ctx, input: InRun & { param: Pair }): Promise<void> {
  await allow(ctx, { verb: 'update', resource: 'experiments', namespace: input.workspace })
  const param = checkedParam(input.param)
  await write(ctx, input, { metrics: [], params: [param], tags: [] }, (changed) => {
    const [{ key, before, after } = { key: '', before: '', after: '' }] = changed
    return `Changing param values is not allowed. Param with key='${key}' was already logged with value='${before}' for run ID='${input.runId}'. Attempted logging new value '${after}'.`
  })
}

type Changed = { key: string; before: string; after: string }

async function write(ctx: Ctx, run: InRun, batch: Batch, refusal: (changed: Changed[]) => string): Promise<void> {
  const keyIds = await metricKeyIds(
    ctx.db,
    batch.metrics.map((metric) => metric.key),
  )
  const stored: StoredBatch = { ...batch, workspace: run.workspace, runId: run.runId, keyIds }
  const found = await writeWithRetries(ctx, stored).catch(async (error) => {
    if (!isParamConflict(error)) throw error
    const before = await findParams(
      ctx.db,
      run.runId,
      batch.params.map((param) => param.key),
    )
    const changed = batch.params.flatMap(({ key, value }) => {
      const old = before.get(key)
      return old === undefined || old === value ? [] : [{ key, before: old, after: value }]
    })
    throw invalid(refusal(changed))
  })
  if (found === null) throw noSuchRun(run.runId)
  checkRunActive(run.runId, found.stage)
  announceRun(ctx, run.workspace, run.runId)
}

async function writeWithRetries(ctx: Ctx, batch: StoredBatch): ReturnType<typeof writeBatch> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await writeBatch(ctx.db, batch)
    } catch (error) {
      if (!isRetryable(error)) throw error
      if (attempt >= mostAttempts)
        throw new AppError('unavailable', 'Too many batches write to this run at once. Try again.', { cause: error })
    }
  }
}
