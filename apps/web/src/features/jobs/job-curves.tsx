'use client'
import type { JobCurve, JobCurves, TrainingJob } from '@keelson/contracts/training'
import { Panel } from '@keelson/ui/card'
import { EmptyState } from '@keelson/ui/empty-state'
import { formatNumber, plural } from '@keelson/ui/format'
import { LineChart } from '@keelson/ui/line-chart'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useMemo } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { useChartAxes } from '@/view/chart-axes.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { type Axis, type CurveGroup, groupCurves, newest, toSeries, usageGroups } from './curve-groups.ts'

const askAgainMs = 3_000
const chartsAtMost = 60

type Props = { workspace: string; job: TrainingJob }

function useCurves({ workspace, job }: Props) {
  const trpc = useTRPC()
  const isOver = job.finishedAt !== null || !job.exists
  return useQuery({
    ...trpc.jobs.curves.queryOptions({ workspace, uid: job.uid }),
    refetchInterval: isOver ? false : askAgainMs,
  })
}

/** What the job's runs logged and its lines told, as curves that grow while it runs. */
export function JobMetrics(props: Props) {
  const curves = useCurves(props)
  return <Loaded query={curves}>{(data) => <Metrics data={data} />}</Loaded>
}

function Metrics({ data }: { data: JobCurves }) {
  const { axis, log, choices } = useChartAxes()
  const { charts, numbers } = useMemo(
    () => groupCurves(data.curves.filter(({ source }) => source !== 'usage')),
    [data.curves],
  )
  if (charts.length + numbers.length === 0) return <NoMetrics hidden={data.runsHidden} />
  return (
    <div className="grid gap-4">
      {numbers.length > 0 ? <Numbers groups={numbers} /> : null}
      {charts.length > 0 ? (
        <Panel title={`Curves (${charts.length})`} actions={choices}>
          <div className="grid gap-6 lg:grid-cols-2 2xl:grid-cols-3">
            {charts.slice(0, chartsAtMost).map((group) => (
              <Chart key={group.name} group={group} axis={axis} log={log} />
            ))}
          </div>
        </Panel>
      ) : null}
      <Remarks data={data} hiddenCharts={Math.max(0, charts.length - chartsAtMost)} />
    </div>
  )
}

type ChartProps = { group: CurveGroup; axis: Axis; log?: boolean; fromZero?: boolean }

function Chart({ group, axis, log = false, fromZero = false }: ChartProps) {
  const series = useMemo(() => toSeries(group.curves, axis), [group, axis])
  const range = useMemo(() => (fromZero ? ([0, highest(group.curves) * 1.1 || 1] as const) : null), [group, fromZero])
  return (
    <LineChart title={group.name} series={series} x={axis} log={log} heightPx={180} {...(range ? { range } : {})} />
  )
}

function highest(curves: readonly JobCurve[]): number {
  return curves.reduce((most, { points }) => points.reduce((high, { value }) => Math.max(high, value), most), 0)
}

function Numbers({ groups, hint = 'told once' }: { groups: readonly CurveGroup[]; hint?: string }) {
  const rows = groups.flatMap(({ name, curves }) => curves.map((curve) => ({ name, curve, value: newest(curve) })))
  return (
    <Panel title={`Numbers (${rows.length})`} hint={hint} bodyClassName="p-0">
      <dl className="grid sm:grid-cols-2 xl:grid-cols-3">
        {rows.map(({ name, curve, value }) => (
          <div
            key={`${curve.source} ${curve.runId ?? curve.podUid} ${name}`}
            className="flex items-baseline justify-between gap-3 border-b border-line px-4 py-2 text-[13px]"
          >
            <dt className="min-w-0 truncate text-fg-muted" title={`${name}, ${curve.label}`}>
              {name} <span className="text-fg-subtle">{curve.label}</span>
            </dt>
            <dd className="tabular font-medium">{value === null ? '–' : formatNumber(value)}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  )
}

function Remarks({ data, hiddenCharts }: { data: JobCurves; hiddenCharts: number }) {
  const { leftOff, runsHidden, runsLeftOff } = data
  const lines: ReactNode[] = [
    runsHidden ? 'You may not read the experiments of this workspace: what the job’s runs logged is not shown.' : null,
    runsLeftOff > 0
      ? `The newest runs are shown; ${plural(runsLeftOff, 'earlier one')} can be seen in the experiment.`
      : null,
    leftOff + hiddenCharts > 0 ? `${plural(leftOff + hiddenCharts, 'more series')} not shown.` : null,
  ].filter((line) => line !== null)
  return lines.length === 0 ? null : <p className="text-xs text-fg-muted">{lines.join(' ')}</p>
}

function NoMetrics({ hidden }: { hidden: boolean }) {
  return (
    <EmptyState title="No metric yet">
      <p>
        Curves appear here by themselves: from what the job logs with mlflow, and from lines like{' '}
        <code>step=3 loss=0.25</code> or <code>{'{"step": 3, "loss": 0.25}'}</code> in its log.
      </p>
      {hidden ? <p>You may not read the experiments of this workspace: its runs are not shown.</p> : null}
    </EmptyState>
  )
}

/** What each replica used of the machines over time; it stays when the pods are gone. */
export function JobUsage(props: Props) {
  const curves = useCurves(props)
  return <Loaded query={curves}>{(data) => <Usage data={data} isNew={props.job.finishedAt === null} />}</Loaded>
}

function Usage({ data, isNew }: { data: JobCurves; isNew: boolean }) {
  const { charts, numbers } = useMemo(() => usageGroups(data.curves), [data.curves])
  if (charts.length + numbers.length === 0) return <NoUsage isMeasured={data.isMeasured} isNew={isNew} />
  return (
    <div className="grid gap-4">
      {charts.length > 0 ? (
        <Panel title="Used by each replica" hint="all containers of a pod together">
          <div className="grid gap-6 lg:grid-cols-2">
            {charts.map((group) => (
              <Chart key={group.name} group={group} axis="time" fromZero />
            ))}
          </div>
        </Panel>
      ) : null}
      {numbers.length > 0 ? <Numbers groups={numbers} hint="measured once: it was over soon" /> : null}
      {data.isMeasured || !isNew ? null : (
        <p className="text-xs text-fg-muted">
          The cluster has no metrics API now: the lines end where it was last there.
        </p>
      )}
    </div>
  )
}

function NoUsage({ isMeasured, isNew }: { isMeasured: boolean; isNew: boolean }) {
  if (!isMeasured)
    return (
      <EmptyState title="This cluster does not measure its pods">
        It has no metrics API (metrics.k8s.io). Once an operator installs the metrics server, what the pods of jobs use
        is kept from then on.
      </EmptyState>
    )
  return (
    <EmptyState title="Nothing was measured">
      {isNew
        ? 'What the pods use is asked for every ten seconds while they run; the first lines appear soon.'
        : 'Its pods ended before they were measured: that happens every ten seconds.'}
    </EmptyState>
  )
}
