import { AppError } from '@keelson/process/app-error'
import { allow } from '../access/index.ts'
import type { Ctx } from '../context/index.ts'
import { pageOfRows } from './get-experiment.ts'
import { noSuchRun } from './get-run.ts'
import { type Curve, existingRuns, findLatest, listCurves, listPoints, samplePoints } from './metric.store.ts'
import { offsetOf } from './page-token.rules.ts'
import type { Metric, TrackedPage } from './tracked.ts'
import { limits } from './tracking.rules.ts'

type OfMetric = { workspace: string; runId: string; key: string }

/** All points of a metric (or a page of them) by time, step, value. An unknown run or key has none, as with the peer. */
export async function getMetricHistory(
  ctx: Ctx,
  input: OfMetric & { maxResults?: number | undefined; pageToken?: string | undefined },
): Promise<TrackedPage<Metric>> {
  await allow(ctx, { verb: 'get', resource: 'experiments', namespace: input.workspace })
  const { maxResults } = input
  if (maxResults !== undefined && maxResults <= 0)
    throw new AppError(
      'invalid',
      `Invalid value ${maxResults} for parameter 'max_results' supplied. It must be a positive integer.`,
    )
  const offset = offsetOf(input.pageToken)
  if (maxResults === undefined)
    return { items: await listPoints(ctx.db, input, { offset, limit: null }), nextToken: null }
  const most = Math.min(maxResults, limits.historyResults)
  return pageOfRows(await listPoints(ctx.db, input, { offset, limit: most + 1 }), most, offset)
}

/** The points of one metric of several runs, at most `maxResults` in all, runs in order of their ids. */
export async function getMetricHistoryBulk(
  ctx: Ctx,
  input: { workspace: string; runIds: readonly string[]; key: string; maxResults: number },
): Promise<(Metric & { runId: string })[]> {
  await allow(ctx, { verb: 'get', resource: 'experiments', namespace: input.workspace })
  const points: (Metric & { runId: string })[] = []
  for (const runId of [...new Set(input.runIds)].sort()) {
    const left = Math.min(input.maxResults, limits.historyResults) - points.length
    if (left <= 0) break
    const found = await listPoints(
      ctx.db,
      { workspace: input.workspace, runId, key: input.key },
      { offset: 0, limit: left },
    )
    points.push(...found.map((point) => ({ ...point, runId })))
  }
  return points
}

/** At most `maxPoints` points of a metric, evenly over its steps, both ends among them. Throws `not_found` for the run. */
export async function sampleMetricHistory(
  ctx: Ctx,
  input: OfMetric & { maxPoints: number; steps?: { from: number; to: number } | undefined },
): Promise<Metric[]> {
  await allow(ctx, { verb: 'get', resource: 'experiments', namespace: input.workspace })
  await checkRunsExist(ctx, input.workspace, [input.runId])
  return samplePoints(ctx.db, input, { most: input.maxPoints, steps: input.steps ?? null })
}

const mostCurves = 200

/** Every metric of some runs as a curve of about `maxPoints` points; runs that are not there have none. `leftOff` counts curves. */
export async function sampleCurves(
  ctx: Ctx,
  input: { workspace: string; runIds: readonly string[]; maxPoints: number },
): Promise<{ curves: Curve[]; leftOff: number }> {
  await allow(ctx, { verb: 'get', resource: 'experiments', namespace: input.workspace })
  const { workspace, runIds, maxPoints } = input
  return listCurves(ctx.db, { workspace, runIds, most: maxPoints, mostCurves })
}

/** Throws `not_found` for the first run that is not in the workspace. */
export async function checkRunsExist(ctx: Ctx, workspace: string, runIds: readonly string[]): Promise<void> {
  const known = await existingRuns(ctx.db, workspace, runIds)
  const unknown = runIds.find((runId) => !known.has(runId))
  if (unknown !== undefined) throw noSuchRun(unknown)
}

/** The latest value of a metric of a run; null when it was never logged. */
export async function latestMetric(ctx: Ctx, input: OfMetric): Promise<number | null> {
  await allow(ctx, { verb: 'get', resource: 'experiments', namespace: input.workspace })
  return findLatest(ctx.db, input.workspace, input.runId, input.key)
}
