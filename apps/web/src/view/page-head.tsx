import type { ReactNode } from 'react'

/** The top of every page: what it is, its state, and what can be done. */
export function PageHead({
  title,
  status,
  hint,
  actions,
}: {
  title: ReactNode
  status?: ReactNode
  hint?: ReactNode
  actions?: ReactNode
}) {
  return (
    <div className="mb-4 flex flex-wrap items-center gap-x-3 gap-y-2">
      <h1 className="min-w-0 truncate text-lg font-semibold tracking-tight">{title}</h1>
      {status}
      {hint ? <p className="text-[13px] text-fg-muted">{hint}</p> : null}
      {actions ? <div className="ml-auto flex flex-wrap items-center gap-2">{actions}</div> : null}
    </div>
  )
}
