import { cn } from './cn.ts'

/** The shape of what is coming; appears after 200 ms, so that quick answers do not flicker. */
export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={cn('animate-late rounded bg-surface-2', className)} />
}

export function TableSkeleton({ rows = 6 }: { rows?: number }) {
  return (
    <div role="status" aria-label="Loading" className="grid gap-px overflow-hidden rounded-lg border border-line">
      {Array.from({ length: rows }, (_, index) => `row-${index}`).map((key) => (
        <div key={key} className="flex h-9 items-center gap-6 bg-surface px-4">
          <Skeleton className="h-3 w-40" />
          <Skeleton className="h-3 w-20" />
          <Skeleton className="ml-auto h-3 w-16" />
        </div>
      ))}
    </div>
  )
}

export function PanelSkeleton({ className }: { className?: string }) {
  return (
    <div
      role="status"
      aria-label="Loading"
      className={cn('grid h-40 content-start gap-3 rounded-lg border border-line bg-surface p-4', className)}
    >
      <Skeleton className="h-3 w-32" />
      <Skeleton className="h-3 w-64" />
      <Skeleton className="h-3 w-48" />
    </div>
  )
}
