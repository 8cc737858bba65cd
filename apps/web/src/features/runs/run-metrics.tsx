'use client'
import type { Run } from '@keelson/contracts/experiments'
import { Panel } from '@keelson/ui/card'
import { formatNumber } from '@keelson/ui/format'
import { LineChart } from '@keelson/ui/line-chart'
import { useQueries } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { useChartAxes } from '@/view/chart-axes.tsx'

const chartsAtMost = 60
const compactAtMost = 4

/** A run's metrics: those with a history as curves, the others as numbers. */
export function RunMetrics({ workspace, run, compact = false }: { workspace: string; run: Run; compact?: boolean }) {
  const trpc = useTRPC()
  const { axis, log, choices } = useChartAxes()
  const metrics = run.metrics.slice(0, chartsAtMost)
  const histories = useQueries({
    queries: metrics.map((metric) =>
      trpc.runs.metricHistory.queryOptions({ workspace, runId: run.id, key: metric.key }),
    ),
  })
  const curves = metrics.flatMap((metric, index) => {
    const points = histories[index]?.data ?? []
    return points.length > 1 ? [{ key: metric.key, points }] : []
  })
  const shown = compact ? curves.slice(0, compactAtMost) : curves
  return (
    <div className="grid content-start gap-4">
      <Panel title={`Metrics (${run.metrics.length})`} hint="last value" bodyClassName="p-0">
        {run.metrics.length === 0 ? <p className="p-4 text-[13px] text-fg-muted">No metric was logged.</p> : null}
        <dl className="grid sm:grid-cols-2">
          {run.metrics.map((metric) => (
            <div
              key={metric.key}
              className="flex items-baseline justify-between gap-3 border-b border-line px-4 py-2 sm:odd:border-r text-[13px]"
            >
              <dt className="truncate text-fg-muted" title={metric.key}>
                {metric.key}
              </dt>
              <dd className="tabular font-medium">{formatNumber(metric.value)}</dd>
            </div>
          ))}
        </dl>
      </Panel>
      {shown.length > 0 ? (
        <Panel title="Curves" actions={choices}>
          <div className={compact ? 'grid gap-6' : 'grid gap-6 lg:grid-cols-2 2xl:grid-cols-3'}>
            {shown.map((curve) => (
              <Curve key={curve.key} name={curve.key} points={curve.points} axis={axis} log={log} />
            ))}
          </div>
        </Panel>
      ) : null}
    </div>
  )
}

type Point = { step: number; timeMs: number; value: number }

function Curve({
  name,
  points,
  axis,
  log,
}: {
  name: string
  points: readonly Point[]
  axis: 'step' | 'time'
  log: boolean
}) {
  const series = useMemo(
    () => [
      { name, points: points.map((point) => ({ x: axis === 'time' ? point.timeMs : point.step, y: point.value })) },
    ],
    [name, points, axis],
  )
  return <LineChart title={name} series={series} x={axis} log={log} heightPx={170} />
}
