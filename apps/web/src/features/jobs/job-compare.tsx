'use client'
import type { TrainingJobDetail } from '@keelson/contracts/training'
import { Panel } from '@keelson/ui/card'
import { CodeDiff } from '@keelson/ui/code-diff'
import { EmptyState } from '@keelson/ui/empty-state'
import { Field } from '@keelson/ui/input'
import { LineChart } from '@keelson/ui/line-chart'
import { Select } from '@keelson/ui/select'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useMemo } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { paths } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'
import { useUrlState } from '@/view/url-state.ts'
import { type Compared, compareEnvironment, compareFacts, compareMetrics } from './compare.ts'
import { groupCurves, toSeries } from './curve-groups.ts'

const offered = 200
const chartsAtMost = 24

/** This job beside another of the workspace. By default: the job that it repeats. */
export function JobCompare({ workspace, detail }: { workspace: string; detail: TrainingJobDetail }) {
  const trpc = useTRPC()
  const [chosen, choose] = useUrlState('with', '')
  const other = chosen || (detail.retryOf?.name ? detail.retryOf.uid : '')
  const jobs = useQuery(trpc.jobs.list.queryOptions({ workspace, limit: offered }))
  const items = (jobs.data?.items ?? []).filter(({ uid }) => uid !== detail.job.uid)
  const isListed = items.some(({ uid }) => uid === other)
  return (
    <div className="grid gap-4">
      <Field id="compare-with" label="Compare with" hint="The newest jobs of the workspace">
        <Select
          id="compare-with"
          className="w-96 max-w-full"
          value={other}
          onChange={(event) => choose(event.target.value)}
        >
          <option value="">Choose a job</option>
          {other && !isListed ? <option value={other}>{detail.retryOf?.name ?? other}</option> : null}
          {items.map((job) => (
            <option key={job.uid} value={job.uid}>
              {job.name} ({job.kind}, {job.status.status})
            </option>
          ))}
        </Select>
      </Field>
      {other ? (
        <Sides workspace={workspace} one={detail} otherUid={other} />
      ) : (
        <EmptyState title="Two jobs side by side">
          What was asked, the environment, durations, exit codes and metrics of this job beside those of another one.
        </EmptyState>
      )}
    </div>
  )
}

function Sides({ workspace, one, otherUid }: { workspace: string; one: TrainingJobDetail; otherUid: string }) {
  const trpc = useTRPC()
  const other = useQuery(trpc.jobs.get.queryOptions({ workspace, uid: otherUid }))
  return (
    <Loaded query={other}>
      {(found) => {
        const names = [one.job.name, found.job.name] as const
        const environment = compareEnvironment(one.pods, found.pods)
        return (
          <>
            <Panel title="How it went" bodyClassName="p-0">
              <Table
                caption="How it went"
                rows={compareFacts(one, found)}
                heads={[
                  names[0],
                  <TextLink key="other" href={paths.job(workspace, found.job.uid)}>
                    {names[1]}
                  </TextLink>,
                ]}
              />
            </Panel>
            <Metrics workspace={workspace} uids={[one.job.uid, found.job.uid]} names={names} />
            <Panel title="Environment" hint="what differs, secrets masked" bodyClassName="p-0">
              {environment.length === 0 ? (
                <p className="p-4 text-[13px] text-fg-muted">Both were given the same.</p>
              ) : (
                <Table caption="Environment" rows={environment} heads={names} isCode />
              )}
            </Panel>
            <Panel title="What was asked" hint={`from ${names[1]} to ${names[0]}`}>
              {one.template === found.template ? (
                <p className="text-[13px] text-fg-muted">The two are the same but for what the cluster wrote.</p>
              ) : (
                <CodeDiff label={`From ${names[1]} to ${names[0]}`} before={found.template} after={one.template} />
              )}
            </Panel>
          </>
        )
      }}
    </Loaded>
  )
}

function Metrics({
  workspace,
  uids: [one, other],
  names,
}: {
  workspace: string
  uids: readonly [string, string]
  names: readonly [string, string]
}) {
  const trpc = useTRPC()
  const left = useQuery(trpc.jobs.curves.queryOptions({ workspace, uid: one })).data
  const right = useQuery(trpc.jobs.curves.queryOptions({ workspace, uid: other })).data
  const charts = useMemo(() => {
    if (!left || !right) return []
    const named = (curves: typeof left.curves, name: string) =>
      curves.filter(({ source }) => source !== 'usage').map((curve) => ({ ...curve, label: `${name}: ${curve.label}` }))
    const all = [...named(left.curves, names[0]), ...named(right.curves, names[1])]
    return groupCurves(all)
      .charts.slice(0, chartsAtMost)
      .map(({ name, curves }) => ({ name, series: toSeries(curves, 'step') }))
  }, [left, right, names[0], names[1]])
  if (!left || !right) return null
  const rows = compareMetrics(left, right)
  return (
    <Panel title={`Metrics (${rows.length})`} hint="newest values" bodyClassName="p-0">
      {rows.length === 0 ? (
        <p className="p-4 text-[13px] text-fg-muted">Neither of them told a metric.</p>
      ) : (
        <Table caption="Metrics" rows={rows} heads={names} />
      )}
      {charts.length > 0 ? (
        <div className="grid gap-6 p-4 lg:grid-cols-2">
          {charts.map(({ name, series }) => (
            <LineChart key={name} title={name} series={series} x="step" heightPx={180} />
          ))}
        </div>
      ) : null}
    </Panel>
  )
}

type TableProps = {
  caption: string
  rows: readonly Compared[]
  heads: readonly [ReactNode, ReactNode]
  isCode?: boolean
}

function Table({ caption, rows, heads, isCode = false }: TableProps) {
  return (
    <table className="w-full table-fixed text-left text-[13px]">
      <caption className="sr-only">{caption}</caption>
      <thead className="text-xs text-fg-subtle">
        <tr>
          <td className="w-1/4 px-4 py-2" />
          {heads.map((head, index) => (
            // The two sides have fixed places.
            <th key={index === 0 ? 'one' : 'other'} scope="col" className="px-4 py-2 font-medium">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, values, differs }) => (
          <tr key={name} className="border-t border-line align-top">
            <th scope="row" className="px-4 py-1.5 font-normal break-words text-fg-muted">
              {name}
            </th>
            {values.map((value, index) => (
              <td
                key={index === 0 ? 'one' : 'other'}
                className={`px-4 py-1.5 break-words ${isCode ? 'font-mono text-xs' : ''} ${differs ? 'font-medium' : 'text-fg-muted'}`}
              >
                {value}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
