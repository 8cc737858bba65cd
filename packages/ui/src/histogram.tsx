import { formatNumber, formatShare } from './format.ts'

export type Bin = { label: string; reference: number; current: number }

/** Two distributions side by side, each as shares of its own total. Small enough to stand in a list of many. */
export function Histogram({
  title,
  bins,
  referenceName = 'training',
  currentName = 'now',
  heightPx = 96,
}: {
  title: string
  bins: readonly Bin[]
  referenceName?: string
  currentName?: string
  heightPx?: number
}) {
  const total = (key: 'reference' | 'current') =>
    Math.max(
      bins.reduce((sum, bin) => sum + bin[key], 0),
      1e-12,
    )
  const totals = { reference: total('reference'), current: total('current') }
  const shares = bins.map((bin) => ({
    label: bin.label,
    reference: bin.reference / totals.reference,
    current: bin.current / totals.current,
  }))
  const top = Math.max(...shares.flatMap((bin) => [bin.reference, bin.current]), 1e-12)
  const furthest = shares.reduce(
    (best, bin) => (Math.abs(bin.current - bin.reference) > Math.abs(best.current - best.reference) ? bin : best),
    shares[0] ?? { label: '', reference: 0, current: 0 },
  )
  const summary = `Distribution of ${title}, ${referenceName} against ${currentName}. Largest difference at ${furthest.label}: ${formatShare(furthest.reference)} to ${formatShare(furthest.current)}.`
  const wide = 100 / Math.max(bins.length, 1)
  return (
    <figure>
      <svg
        role="img"
        aria-label={summary}
        viewBox={`0 0 100 ${heightPx}`}
        preserveAspectRatio="none"
        className="w-full"
        style={{ height: heightPx }}
      >
        {shares.map((bin, index) => (
          <g key={bin.label}>
            <title>{`${bin.label}: ${referenceName} ${formatShare(bin.reference)}, ${currentName} ${formatShare(bin.current)}`}</title>
            <rect
              x={index * wide + wide * 0.1}
              width={wide * 0.38}
              y={heightPx - (bin.reference / top) * (heightPx - 4)}
              height={(bin.reference / top) * (heightPx - 4)}
              fill="var(--line-strong)"
            />
            <rect
              x={index * wide + wide * 0.52}
              width={wide * 0.38}
              y={heightPx - (bin.current / top) * (heightPx - 4)}
              height={(bin.current / top) * (heightPx - 4)}
              fill="var(--chart-1)"
            />
          </g>
        ))}
        <line x1="0" x2="100" y1={heightPx} y2={heightPx} stroke="var(--line)" />
      </svg>
      <figcaption className="mt-1 flex justify-between gap-2 text-[11px] text-fg-subtle">
        <span className="truncate">{bins[0]?.label}</span>
        <span className="truncate">{bins[bins.length - 1]?.label}</span>
      </figcaption>
    </figure>
  )
}

/** Values of one thing compared, as bars with their numbers; the best one is marked. */
export function Bars({
  items,
  best,
}: {
  items: readonly { label: string; value: number }[]
  best?: 'highest' | 'lowest'
}) {
  const top = Math.max(...items.map((item) => Math.abs(item.value)), 1e-12)
  const values = items.map((item) => item.value)
  const mark =
    best === undefined || items.length < 2 ? undefined : best === 'highest' ? Math.max(...values) : Math.min(...values)
  return (
    <ul className="grid gap-1.5 text-[13px]">
      {items.map((item) => (
        <li key={item.label} className="grid grid-cols-[8rem_1fr_5rem] items-center gap-3">
          <span className="truncate text-fg-muted" title={item.label}>
            {item.label}
          </span>
          <span aria-hidden className="h-2 rounded-full bg-surface-2">
            <span
              className="block h-2 rounded-full bg-(--chart-1)"
              style={{ width: `${(Math.abs(item.value) / top) * 100}%` }}
            />
          </span>
          <span className="tabular text-right">
            {formatNumber(item.value)}
            {item.value === mark ? ' ★' : ''}
          </span>
        </li>
      ))}
    </ul>
  )
}
