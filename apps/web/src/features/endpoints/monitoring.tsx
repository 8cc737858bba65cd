'use client'
import type { EndpointMonitoring } from '@keelson/contracts/monitoring'
import { Panel, Stat } from '@keelson/ui/card'
import { EmptyState } from '@keelson/ui/empty-state'
import { formatDuration, formatNumber, formatShare } from '@keelson/ui/format'
import { LineChart } from '@keelson/ui/line-chart'
import { Select } from '@keelson/ui/select'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { ChartLine } from 'lucide-react'
import { useMemo } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { useUrlState } from '@/view/url-state.ts'
import { Drift } from './drift.tsx'

const hourMs = 3_600_000
const windows = [
  { label: 'last hour', ms: hourMs },
  { label: 'last day', ms: 24 * hourMs },
  { label: 'last week', ms: 7 * 24 * hourMs },
]

/** How the endpoint does: traffic, latency, quality on the rows whose label came, and drift against the training data. */
export function Monitoring({ workspace, endpoint }: { workspace: string; endpoint: string }) {
  const trpc = useTRPC()
  const [since, setSince] = useUrlState('since', String(24 * hourMs))
  const sinceMs = windows.find((one) => String(one.ms) === since)?.ms ?? 24 * hourMs
  const monitoring = useQuery({
    ...trpc.monitoring.get.queryOptions({ workspace, endpoint, sinceMs }),
    placeholderData: keepPreviousData,
  })
  return (
    <>
      <div className="mb-3 flex justify-end">
        <Select aria-label="Window" value={String(sinceMs)} onChange={(event) => setSince(event.target.value)}>
          {windows.map((one) => (
            <option key={one.ms} value={one.ms}>
              {one.label}
            </option>
          ))}
        </Select>
      </div>
      <Loaded query={monitoring}>
        {(data) => (data.predictions === 0 ? <NoPredictions /> : <Figures data={data} />)}
      </Loaded>
    </>
  )
}

function NoPredictions() {
  return (
    <EmptyState icon={<ChartLine />} title="No prediction in this window">
      Each request to the endpoint is logged with its features, and measured here as it comes. Send one from the Test
      tab.
    </EmptyState>
  )
}

function Figures({ data }: { data: EndpointMonitoring }) {
  const series = useMemo(() => seriesOf(data), [data])
  const ms = (value: number | null) => (value === null ? '–' : formatDuration(value))
  return (
    <div className="grid gap-4">
      <div className="grid grid-cols-2 gap-3 lg:grid-cols-5">
        <Stat
          label="Predictions"
          value={data.predictions.toLocaleString('en-US')}
          hint={`${data.labelled.toLocaleString('en-US')} labelled`}
        />
        <Stat
          label="Accuracy"
          value={data.accuracy === null ? '–' : formatShare(data.accuracy)}
          hint={data.accuracy === null ? 'needs labels' : 'on labelled rows'}
        />
        <Stat
          label="ROC AUC"
          value={data.rocAuc === null ? '–' : formatNumber(data.rocAuc)}
          hint={data.rocAuc === null ? 'needs labels of both kinds' : 'on labelled rows'}
        />
        <Stat
          label="Latency p50"
          value={ms(data.latency.p50Ms)}
          hint={`p95 ${ms(data.latency.p95Ms)}, p99 ${ms(data.latency.p99Ms)}`}
        />
        <Stat
          label="Drift"
          value={data.drift === null ? '–' : formatShare(data.drift.share)}
          hint={
            data.drift === null ? 'needs a reference' : `of features; ${data.drift.drifted ? 'drifted' : 'no drift'}`
          }
        />
      </div>
      <div className="grid gap-4 xl:grid-cols-3">
        <Panel title="Traffic">
          <LineChart title="Requests per interval" series={series.traffic} x="time" />
        </Panel>
        <Panel title="Latency">
          <LineChart title="Latency in ms" series={series.latency} x="time" />
        </Panel>
        <Panel title="Quality">
          {data.quality.length === 0 ? (
            <p className="text-[13px] text-fg-muted">Measured when labels arrive.</p>
          ) : (
            <LineChart title="Accuracy and ROC AUC" series={series.quality} x="time" />
          )}
        </Panel>
      </div>
      <Drift drift={data.drift} />
    </div>
  )
}

function seriesOf(data: EndpointMonitoring) {
  const at = (time: string) => Date.parse(time)
  return {
    traffic: [
      { name: 'requests', points: data.traffic.map((point) => ({ x: at(point.at), y: point.requests })) },
      { name: 'errors', points: data.traffic.map((point) => ({ x: at(point.at), y: point.errors })) },
    ],
    latency: [
      { name: 'p50', points: data.traffic.map((point) => ({ x: at(point.at), y: point.p50Ms })) },
      { name: 'p99', points: data.traffic.map((point) => ({ x: at(point.at), y: point.p99Ms })) },
    ],
    quality: [
      { name: 'accuracy', points: data.quality.map((point) => ({ x: at(point.at), y: point.accuracy })) },
      { name: 'ROC AUC', points: data.quality.map((point) => ({ x: at(point.at), y: point.rocAuc })) },
    ],
  }
}
