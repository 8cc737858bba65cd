import type { EndpointMonitoring, FeatureDrift } from '@keelson/contracts/monitoring'
import { Badge } from '@keelson/ui/badge'
import { Panel } from '@keelson/ui/card'
import { formatNumber, formatShare } from '@keelson/ui/format'
import { Histogram } from '@keelson/ui/histogram'
import { RelativeTime } from '@keelson/ui/relative-time'

/** How far each feature has moved from the training data, the furthest first, with both distributions. */
export function Drift({ drift }: { drift: EndpointMonitoring['drift'] }) {
  if (drift === null) {
    return (
      <Panel title="Drift">
        <p className="text-[13px] text-fg-muted">
          Drift is measured against the rows the model was trained on. The run must have logged them as
          keelson/reference.csv.
        </p>
      </Panel>
    )
  }
  const ratio = (one: FeatureDrift) => (one.score ?? 0) / one.threshold
  const features = [...drift.features].sort((a, b) => ratio(b) - ratio(a))
  return (
    <Panel
      title="Drift by feature"
      hint={
        <>
          {formatShare(drift.share)} of {features.length} features drifted, against {drift.reference}
        </>
      }
      actions={
        <span className="flex items-center gap-4 text-xs text-fg-muted">
          <span className="flex items-center gap-1.5">
            <span aria-hidden className="size-2.5 rounded-sm bg-line-strong" />
            training
          </span>
          <span className="flex items-center gap-1.5">
            <span aria-hidden className="size-2.5 rounded-sm bg-(--chart-1)" />
            now
          </span>
          <span>
            computed <RelativeTime at={drift.computedAt} />
          </span>
        </span>
      }
    >
      <ul className="grid gap-x-6 gap-y-5 sm:grid-cols-2 lg:grid-cols-3 2xl:grid-cols-4">
        {features.map((one) => (
          <li key={one.feature} className="min-w-0">
            <p className="mb-1 flex items-center gap-2 text-[13px]">
              <span className="truncate font-medium" title={one.feature}>
                {one.feature}
              </span>
              {one.drifted ? <Badge tone="warning">drifted</Badge> : null}
              <span
                className="tabular ml-auto shrink-0 text-xs text-fg-muted"
                title={`${one.method}, threshold ${formatNumber(one.threshold)}`}
              >
                {one.method} {one.score === null ? '–' : formatNumber(Number(one.score.toPrecision(3)))}
              </span>
            </p>
            <Histogram title={one.feature} bins={one.bins} heightPx={72} />
          </li>
        ))}
      </ul>
    </Panel>
  )
}
