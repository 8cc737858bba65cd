import { AppError } from '@keelson/process/app-error'
import { allow } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { ensureDefaultExperiment } from './create-experiment.ts'
import { parseFilter, parseOrder } from './filter.rules.ts'
import { decodePageToken, encodePageToken } from './page-token.rules.ts'
import { findRun, findRunRow } from './run.store.ts'
import { searchRunRows } from './run-search.store.ts'
import { runSurface } from './surfaces.rules.ts'
import type { TrackedPage, TrackedRun, ViewType } from './tracked.ts'
import { checkMaxResults, parseExperimentId } from './tracking.rules.ts'

export function noSuchRun(runId: string): AppError {
  return new AppError('not_found', `Run with id=${runId} not found`)
}

/** The run with its latest metrics, parameters, tags, inputs and outputs. Deleted runs are found too. */
export async function getRun(ctx: Ctx, input: { workspace: string; runId: string }): Promise<TrackedRun> {
  await allow(ctx, { verb: 'get', resource: 'experiments', namespace: input.workspace })
  const run = await findRun(ctx.db, input.workspace, input.runId)
  if (run === null) throw noSuchRun(input.runId)
  return run
}

/** For writers: the bare run, which must be active. `lock` holds it until the transaction ends. */
export async function activeRun(ctx: Ctx, workspace: string, runId: string, lock = false): Promise<TrackedRun> {
  const run = await findRunRow(ctx.db, workspace, runId, lock)
  if (run === null) throw noSuchRun(runId)
  checkRunActive(run.id, run.lifecycleStage)
  return run
}

export function checkRunActive(runId: string, stage: string): void {
  if (stage !== 'active')
    throw new AppError('invalid', `The run ${runId} must be in the 'active' state. Current state is ${stage}.`)
}

export type SearchRuns = {
  workspace: string
  experimentIds: readonly string[]
  filter?: string
  orderBy?: readonly string[]
  view?: ViewType
  maxResults: number
  pageToken?: string | undefined
}

/** Runs of some experiments, newest first unless `orderBy` says otherwise. Experiments that are not there have no runs. */
export async function searchRuns(ctx: Ctx, input: SearchRuns): Promise<TrackedPage<TrackedRun>> {
  await allow(ctx, { verb: 'list', resource: 'experiments', namespace: input.workspace })
  checkMaxResults(input.maxResults)
  const clauses = parseFilter(input.filter ?? '', runSurface)
  const order = parseOrder(input.orderBy ?? [], runSurface)
  const start = decodePageToken(input.pageToken)
  const byDefault = order.length === 0
  if ('after' in start && !byDefault)
    throw new AppError('invalid', 'Invalid page token: it belongs to a search with another order.')
  const experimentIds = await experimentNumbers(ctx, input.workspace, input.experimentIds)
  if (experimentIds.length === 0) return { items: [], nextToken: null }
  const rows = await searchRunRows(ctx.db, {
    workspace: input.workspace,
    experimentIds,
    view: input.view ?? 'ACTIVE_ONLY',
    clauses,
    order,
    start,
    limit: input.maxResults + 1,
  })
  const items = rows.slice(0, input.maxResults)
  const last = items.at(-1)
  if (rows.length <= input.maxResults || last === undefined) return { items, nextToken: null }
  if (byDefault) return { items, nextToken: encodePageToken({ after: { startTimeMs: last.startTimeMs, id: last.id } }) }
  const offset = 'offset' in start ? start.offset : 0
  return { items, nextToken: encodePageToken({ offset: offset + input.maxResults }) }
}

/** The ids as the database writes them; `0` is the default experiment. */
export async function experimentNumbers(ctx: Ctx, workspace: string, ids: readonly string[]): Promise<string[]> {
  const numbers = new Set<string>()
  for (const id of ids) {
    const number = parseExperimentId(id)
    numbers.add(number === 0n ? (await ensureDefaultExperiment(ctx, workspace)).id : number.toString())
  }
  return [...numbers]
}
