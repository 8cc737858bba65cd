import type { ComponentProps, ReactNode } from 'react'
import { cn } from './cn.ts'

export function Card({ className, ...props }: ComponentProps<'section'>) {
  return <section className={cn('min-w-0 rounded-lg border border-line bg-surface', className)} {...props} />
}

/** A card with its heading in the house order: title, then what belongs to it on the right. */
export function Panel({
  title,
  actions,
  hint,
  children,
  className,
  bodyClassName,
}: {
  title: ReactNode
  actions?: ReactNode
  hint?: ReactNode
  children: ReactNode
  className?: string
  bodyClassName?: string
}) {
  return (
    <Card className={className ?? ''}>
      <header className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-1.5">
        <h2 className="text-[13px] font-semibold">{title}</h2>
        {hint ? <span className="text-xs text-fg-subtle">{hint}</span> : null}
        {actions ? <div className="ml-auto flex items-center gap-2">{actions}</div> : null}
      </header>
      <div className={cn('p-4', bodyClassName)}>{children}</div>
    </Card>
  )
}

/** Name and value pairs in two aligned columns. */
export function Facts({
  items,
  className,
}: {
  items: readonly (readonly [label: string, value: ReactNode])[]
  className?: string
}) {
  return (
    <dl className={cn('grid grid-cols-[max-content_minmax(0,1fr)] gap-x-6 gap-y-1.5 text-[13px]', className)}>
      {items.map(([label, value]) => (
        <div key={label} className="contents">
          <dt className="text-fg-subtle">{label}</dt>
          <dd className="min-w-0 break-words">{value ?? <span className="text-fg-subtle">–</span>}</dd>
        </div>
      ))}
    </dl>
  )
}

/** One figure with its name, for the top of a page. */
export function Stat({ label, value, hint }: { label: string; value: ReactNode; hint?: ReactNode }) {
  return (
    <Card className="px-4 py-3">
      <p className="text-xs text-fg-subtle">{label}</p>
      <p className="tabular mt-0.5 text-xl font-semibold tracking-tight">{value}</p>
      {hint ? <p className="mt-0.5 text-xs text-fg-muted">{hint}</p> : null}
    </Card>
  )
}
