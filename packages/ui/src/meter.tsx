import { cn } from './cn.ts'

const fullFrom = 1
const tightFrom = 0.8

/** How full something is, as a bar with its figures. Its colour only repeats what the figures and the word say. */
export function Meter({
  label,
  value,
  figures,
  className,
}: {
  label: string
  /** 0 to 1; more is shown as full. */
  value: number
  figures: string
  className?: string
}) {
  const word = value >= fullFrom ? 'full' : value >= tightFrom ? 'nearly full' : null
  const tone = value >= fullFrom ? 'bg-danger-solid' : value >= tightFrom ? 'bg-warning' : 'bg-accent'
  const percent = Math.round(Math.min(1, Math.max(0, value)) * 100)
  return (
    <div className={cn('grid gap-1', className)}>
      <div className="flex items-baseline gap-2 text-[13px]">
        <span className="min-w-0 truncate">{label}</span>
        {word ? (
          <span className={cn('text-xs', value >= fullFrom ? 'text-danger' : 'text-warning')}>{word}</span>
        ) : null}
        <span className="tabular ml-auto shrink-0 text-xs text-fg-muted">{figures}</span>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: the native meter cannot take our colours in every browser */}
      <div
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={figures}
        className="h-1.5 overflow-hidden rounded-full bg-surface-2"
      >
        <div className={cn('h-full rounded-full', tone)} style={{ width: `${percent}%` }} />
      </div>
    </div>
  )
}
