/** Experiments and runs as the dashboard's contracts have them. */
import type { ArtifactEntry, Experiment, MetricPoint, Run, RunDetail } from '@keelson/contracts/experiments'
import { AppError } from '@keelson/process/app-error'
import type { z } from 'zod'
import type { Ctx } from '../context/index.ts'
import { getExperiment, getExperimentSummary, listExperiments } from './get-experiment.ts'
import { sampleMetricHistory } from './get-metric-history.ts'
import { getRun, searchRuns } from './get-run.ts'
import { listLoggedModelArtifacts, listRunArtifacts } from './list-artifacts.ts'
import { jobNames, modelsOfRun, versionsOfRun } from './show-run.store.ts'
import { datasetContextTag, type Metric, type TrackedExperiment, type TrackedRun } from './tracked.ts'

const instant = (ms: number) => new Date(ms).toISOString()
/** The end of the year 9999: what ISO 8601 writes with four digits. */
const lastInstantMs = 253_402_300_799_999
/** A client may say any number; only what a calendar has is shown. */
const instantOrNull = (ms: number | null) => (ms === null || ms <= 0 || ms > lastInstantMs ? null : instant(ms))

function toExperiment(experiment: TrackedExperiment & { runCount: number }): Experiment {
  return {
    id: experiment.id,
    workspace: experiment.workspace,
    name: experiment.name,
    lifecycleStage: experiment.lifecycleStage,
    runCount: experiment.runCount,
    createdAt: instant(experiment.createdAtMs),
    updatedAt: instant(experiment.updatedAtMs),
  }
}

function toPoint(metric: Metric): MetricPoint {
  return { key: metric.key, value: metric.value, step: metric.step, timeMs: metric.timeMs }
}

function toRun(run: TrackedRun, jobs: ReadonlyMap<string, string>): Run {
  return {
    id: run.id,
    experimentId: run.experimentId,
    name: run.name,
    status: run.status,
    lifecycleStage: run.lifecycleStage,
    user: run.createdBy,
    startedAt: instantOrNull(run.startTimeMs),
    finishedAt: instantOrNull(run.endTimeMs),
    metrics: run.metrics.map(toPoint),
    params: run.params,
    tags: run.tags,
    jobUid: run.jobUid,
    jobName: run.jobUid === null ? null : (jobs.get(run.jobUid) ?? null),
    retryOf: run.retryOf,
  }
}

type Page<T> = { items: T[]; nextCursor: string | null }

/** Active experiments, newest first. */
export async function showExperiments(
  ctx: Ctx,
  input: { workspace: string; cursor?: string | undefined; limit: number },
): Promise<Page<Experiment>> {
  const page = await listExperiments(ctx, input)
  return { items: page.items.map(toExperiment), nextCursor: page.nextToken }
}

export async function showExperiment(
  ctx: Ctx,
  input: { workspace: string; experimentId: string },
): Promise<Experiment> {
  return toExperiment(await getExperimentSummary(ctx, input))
}

export async function showRuns(
  ctx: Ctx,
  input: {
    workspace: string
    experimentId: string
    filter: string
    orderBy: readonly string[]
    cursor?: string | undefined
    limit: number
  },
): Promise<Page<Run>> {
  const page = await searchRuns(ctx, {
    workspace: input.workspace,
    experimentIds: [input.experimentId],
    filter: input.filter,
    orderBy: input.orderBy,
    maxResults: input.limit,
    pageToken: input.cursor,
  })
  const jobs = await jobNames(
    ctx.db,
    page.items.flatMap((run) => run.jobUid ?? []),
  )
  return { items: page.items.map((run) => toRun(run, jobs)), nextCursor: page.nextToken }
}

/** A run with what it read, the models that it made and the versions that came of it. */
export async function showRun(
  ctx: Ctx,
  input: { workspace: string; runId: string },
): Promise<z.infer<typeof RunDetail>> {
  const run = await getRun(ctx, input)
  const [jobs, experiment, models, versions] = await Promise.all([
    jobNames(ctx.db, run.jobUid === null ? [] : [run.jobUid]),
    getExperiment(ctx, { workspace: input.workspace, experimentId: run.experimentId }),
    modelsOfRun(ctx.db, input.workspace, run.id),
    versionsOfRun(ctx.db, input.workspace, run.id),
  ])
  return {
    run: toRun(run, jobs),
    experimentName: experiment.name,
    artifactUri: run.artifactUri,
    datasets: run.datasets.map(({ tags, ...dataset }) => ({
      ...dataset,
      context: tags.find((tag) => tag.key === datasetContextTag)?.value ?? null,
    })),
    models,
    versions,
  }
}

/** A metric's curve, thinned to `maxPoints`. */
export async function showMetricHistory(
  ctx: Ctx,
  input: { workspace: string; runId: string; key: string; maxPoints: number },
): Promise<MetricPoint[]> {
  return (await sampleMetricHistory(ctx, input)).map(toPoint)
}

/** One folder of the artifacts of a run or of a logged model; paths are relative to its root. */
export async function showArtifacts(
  ctx: Ctx,
  input: { workspace: string; runId?: string | undefined; modelId?: string | undefined; path: string },
): Promise<ArtifactEntry[]> {
  const { workspace, runId, modelId, path } = input
  if (runId !== undefined && modelId === undefined)
    return (await listRunArtifacts(ctx, { workspace, runId, path })).entries
  if (modelId !== undefined && runId === undefined)
    return (await listLoggedModelArtifacts(ctx, { workspace, modelId, path })).entries
  throw new AppError('invalid', 'Name either a run or a logged model.')
}
