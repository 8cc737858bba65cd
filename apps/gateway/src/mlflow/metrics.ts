import {
  checkRunsExist,
  getMetricHistory,
  getMetricHistoryBulk,
  invalid,
  type Metric,
  sampleMetricHistory,
} from '@keelson/core/experiments'
import { type Operation, operation } from './operation.ts'
import { wireMetric } from './to-wire.ts'
import { int, required, text, texts } from './wire-input.ts'
import { compact } from './wire-json.ts'

const mostRuns = 100
const mostSampled = 2_500
const mostBulk = 25_000

function wireRunMetric(point: Metric & { runId: string }): object {
  return { ...wireMetric(point), run_id: point.runId }
}

export const metricOperations: readonly Operation[] = [
  operation(
    'GET',
    'metrics/get-history',
    { run_id: required(text), metric_key: required(text), page_token: text, max_results: int },
    async ({ ctx, workspace, input }) => {
      const page = await getMetricHistory(ctx, {
        workspace,
        runId: input.run_id,
        key: input.metric_key,
        maxResults: input.max_results,
        pageToken: input.page_token,
      })
      return compact({ metrics: page.items.map(wireMetric), next_page_token: page.nextToken })
    },
  ),
  operation(
    'GET',
    'metrics/get-history-bulk',
    { run_id: texts, metric_key: text, max_results: int },
    async ({ ctx, workspace, input }) => {
      const runIds = input.run_id ?? []
      if (runIds.length === 0) throw invalid('GetMetricHistoryBulk request must specify at least one run_id.')
      if (runIds.length > mostRuns)
        throw invalid(
          `GetMetricHistoryBulk request cannot specify more than ${mostRuns} run_ids. Received ${runIds.length} run_ids.`,
        )
      if (input.metric_key === undefined) throw invalid('GetMetricHistoryBulk request must specify a metric_key.')
      const points = await getMetricHistoryBulk(ctx, {
        workspace,
        runIds,
        key: input.metric_key,
        maxResults: Math.min(input.max_results ?? mostBulk, mostBulk),
      })
      return { metrics: points.map(wireRunMetric) }
    },
    { ajaxOnly: true, lists: ['run_id'] },
  ),
  operation(
    'GET',
    'metrics/get-history-bulk-interval',
    { run_ids: required(texts), metric_key: required(text), start_step: int, end_step: int, max_results: int },
    async ({ ctx, workspace, input }) => {
      const { run_ids: runIds, metric_key: key, start_step: from, end_step: to } = input
      const most = input.max_results ?? mostSampled
      if (runIds.length > mostRuns)
        throw invalid(
          `GetMetricHistoryBulkInterval request must specify at most ${mostRuns} run_ids. Received ${runIds.length} run_ids. See the API docs for more information about request parameters.`,
        )
      if (most < 1 || most > mostSampled)
        throw invalid(
          `max_results must be between 1 and ${mostSampled}. See the API docs for more information about request parameters.`,
        )
      if ((from === undefined) !== (to === undefined))
        throw invalid('If either start step or end step are specified, both must be specified.')
      if (from !== undefined && to !== undefined && from > to)
        throw invalid(`end_step must be greater than start_step. Found start_step=${from} and end_step=${to}.`)
      await checkRunsExist(ctx, workspace, runIds)
      const steps = from === undefined || to === undefined ? undefined : { from, to }
      const sampled = await Promise.all(
        runIds.map(async (runId) => {
          const points = await sampleMetricHistory(ctx, { workspace, runId, key, maxPoints: most, steps })
          return points.map((point) => wireRunMetric({ ...point, runId }))
        }),
      )
      return compact({ metrics: sampled.flat() })
    },
    { lists: ['run_ids'] },
  ),
]
