import type { Run } from '@keelson/contracts/experiments'
import { Badge } from '@keelson/ui/badge'
import type { Column } from '@keelson/ui/data-table'
import { formatNumber } from '@keelson/ui/format'
import { Duration, RelativeTime } from '@keelson/ui/relative-time'
import { StatusBadge, statusOfRun } from '@keelson/ui/status-badge'
import { paths } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'

const shownByDefault = 4

/** The names of all metrics and parameters of the runs at hand, in order of how many runs have them. */
export function keysOf(runs: readonly Run[]): { metrics: string[]; params: string[] } {
  const byUse = (pick: (run: Run) => readonly { key: string }[]) => {
    const uses = new Map<string, number>()
    for (const run of runs) for (const { key } of pick(run)) uses.set(key, (uses.get(key) ?? 0) + 1)
    return [...uses].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([key]) => key)
  }
  return { metrics: byUse((run) => run.metrics), params: byUse((run) => run.params) }
}

/** Which metric and parameter columns are shown when nobody has chosen. */
export function defaultColumns(keys: { metrics: string[]; params: string[] }): string[] {
  return [
    ...keys.metrics.slice(0, shownByDefault).map((key) => `metrics.${key}`),
    ...keys.params.slice(0, shownByDefault).map((key) => `params.${key}`),
  ]
}

/** Column ids are what MLflow's `order_by` takes, so that the server can sort by any of them. */
export function runColumns(workspace: string, runs: readonly Run[], shown: readonly string[]): Column<Run>[] {
  return [
    {
      id: 'attributes.status',
      header: 'Status',
      sortValue: (run) => run.status,
      cell: (run) => <StatusBadge status={statusOfRun(run.status)} />,
    },
    {
      id: 'attributes.run_name',
      header: 'Run',
      sortValue: (run) => run.name,
      cell: (run) => (
        <span className="flex items-center gap-2">
          <TextLink href={paths.run(workspace, run.experimentId, run.id)} className="font-medium">
            {run.name}
          </TextLink>
          {run.retryOf ? <Badge>again</Badge> : null}
        </span>
      ),
    },
    {
      id: 'attributes.start_time',
      header: 'Started',
      sortValue: (run) => run.startedAt,
      cell: (run) => <RelativeTime at={run.startedAt} />,
    },
    {
      id: 'took',
      header: 'Took',
      align: 'right',
      cell: (run) => <Duration from={run.startedAt} to={run.finishedAt} />,
    },
    {
      id: 'job',
      header: 'Job',
      cell: (run) =>
        run.jobUid ? <TextLink href={paths.job(workspace, run.jobUid)}>{run.jobName ?? 'job'}</TextLink> : '–',
    },
    ...shown.map((id) => (id.startsWith('metrics.') ? metricColumn(id, runs) : paramColumn(id))),
  ]
}

function metricColumn(id: string, runs: readonly Run[]): Column<Run> {
  const key = id.slice('metrics.'.length)
  const value = (run: Run) => run.metrics.find((metric) => metric.key === key)?.value ?? null
  const values = runs.flatMap((run) => value(run) ?? []).filter(Number.isFinite)
  // Whether more is better cannot be known for any name; for losses and errors it is less.
  const isLoss = /loss|error|mse|mae|rmse/i.test(key)
  const best = values.length > 1 ? values.reduce((a, b) => (isLoss ? Math.min(a, b) : Math.max(a, b))) : null
  return {
    id,
    header: key,
    align: 'right',
    sortValue: value,
    cell: (run) => {
      const here = value(run)
      if (here === null) return <span className="text-fg-subtle">–</span>
      return (
        <span
          className={here === best ? 'font-semibold text-success' : ''}
          title={here === best ? 'best of those shown' : undefined}
        >
          {formatNumber(here)}
        </span>
      )
    },
  }
}

function paramColumn(id: string): Column<Run> {
  const key = id.slice('params.'.length)
  const value = (run: Run) => run.params.find((param) => param.key === key)?.value ?? null
  return {
    id,
    header: key,
    sortValue: value,
    cell: (run) => <span title={value(run) ?? ''}>{value(run) ?? <span className="text-fg-subtle">–</span>}</span>,
  }
}

/** `metrics.roc_auc` descending → `metrics.`roc_auc` DESC`: keys may hold what the grammar would read as its own. */
export function orderBy(id: string, desc: boolean): string {
  const dot = id.indexOf('.')
  const entity = id.slice(0, dot)
  const key = id.slice(dot + 1)
  return `${entity}.${entity === 'attributes' ? key : `\`${key}\``} ${desc ? 'DESC' : 'ASC'}`
}
