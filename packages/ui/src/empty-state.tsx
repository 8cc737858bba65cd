import type { ReactNode } from 'react'
import { cn } from './cn.ts'

/** Nothing here yet: says what would be here and how to get it there (a snippet, a button). */
export function EmptyState({
  icon,
  title,
  children,
  action,
  className,
}: {
  icon?: ReactNode
  title: string
  children?: ReactNode
  action?: ReactNode
  className?: string
}) {
  return (
    <div className={cn('mx-auto grid w-full max-w-2xl justify-items-center gap-3 px-4 py-12 text-center', className)}>
      {icon ? (
        <div className="flex size-10 items-center justify-center rounded-full bg-surface-2 text-fg-subtle [&_svg]:size-5">
          {icon}
        </div>
      ) : null}
      <h2 className="text-sm font-semibold">{title}</h2>
      {children ? (
        <div className="grid w-full gap-3 text-[13px] text-fg-muted [&_pre]:text-left">{children}</div>
      ) : null}
      {action}
    </div>
  )
}
