import { AppError } from '@keelson/process/app-error'
import { allow } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { defaultExperimentName, ensureDefaultExperiment, resolveExperiment } from './create-experiment.ts'
import { countRuns, findExperimentByName, searchExperimentRows } from './experiment.store.ts'
import { parseFilter, parseOrder } from './filter.rules.ts'
import { encodePageToken, offsetOf } from './page-token.rules.ts'
import { experimentSurface } from './surfaces.rules.ts'
import type { TrackedExperiment, TrackedPage, ViewType } from './tracked.ts'
import { checkMaxResults } from './tracking.rules.ts'

/** Deleted experiments are found too. Id `0` is the workspace's default experiment. */
export async function getExperiment(
  ctx: Ctx,
  input: { workspace: string; experimentId: string },
): Promise<TrackedExperiment> {
  await allow(ctx, { verb: 'get', resource: 'experiments', namespace: input.workspace })
  return resolveExperiment(ctx, input.workspace, input.experimentId)
}

export async function getExperimentByName(
  ctx: Ctx,
  input: { workspace: string; name: string },
): Promise<TrackedExperiment> {
  await allow(ctx, { verb: 'get', resource: 'experiments', namespace: input.workspace })
  if (input.name === defaultExperimentName) return ensureDefaultExperiment(ctx, input.workspace)
  const found = await findExperimentByName(ctx.db, input.workspace, input.name)
  if (found === null) throw new AppError('not_found', `Could not find experiment with name '${input.name}'`)
  return found
}

/** Experiments of a workspace, newest first unless `orderBy` says otherwise. */
export async function searchExperiments(
  ctx: Ctx,
  input: {
    workspace: string
    filter?: string
    orderBy?: readonly string[]
    view?: ViewType
    maxResults: number
    pageToken?: string | undefined
  },
): Promise<TrackedPage<TrackedExperiment>> {
  await allow(ctx, { verb: 'list', resource: 'experiments', namespace: input.workspace })
  checkMaxResults(input.maxResults)
  const clauses = parseFilter(input.filter ?? '', experimentSurface)
  const order = parseOrder(input.orderBy ?? [], experimentSurface)
  const offset = offsetOf(input.pageToken)
  const rows = await searchExperimentRows(ctx.db, {
    workspace: input.workspace,
    view: input.view ?? 'ACTIVE_ONLY',
    clauses,
    order,
    offset,
    limit: input.maxResults + 1,
  })
  return pageOfRows(rows, input.maxResults, offset)
}

/** Cuts the row that only shows that there is more. */
export function pageOfRows<T>(rows: readonly T[], maxResults: number, offset: number): TrackedPage<T> {
  const more = rows.length > maxResults
  return { items: rows.slice(0, maxResults), nextToken: more ? encodePageToken({ offset: offset + maxResults }) : null }
}

/** Experiments with the number of their active runs, for the dashboard. */
export async function listExperiments(
  ctx: Ctx,
  input: { workspace: string; limit: number; cursor?: string | undefined },
): Promise<TrackedPage<TrackedExperiment & { runCount: number }>> {
  const page = await searchExperiments(ctx, {
    workspace: input.workspace,
    maxResults: input.limit,
    pageToken: input.cursor,
  })
  const counts = await countRuns(
    ctx.db,
    page.items.map((item) => item.id),
  )
  return {
    nextToken: page.nextToken,
    items: page.items.map((item) => ({ ...item, runCount: counts.get(item.id) ?? 0 })),
  }
}

/** One experiment with the number of its active runs. */
export async function getExperimentSummary(
  ctx: Ctx,
  input: { workspace: string; experimentId: string },
): Promise<TrackedExperiment & { runCount: number }> {
  const experiment = await getExperiment(ctx, input)
  const counts = await countRuns(ctx.db, [experiment.id])
  return { ...experiment, runCount: counts.get(experiment.id) ?? 0 }
}
