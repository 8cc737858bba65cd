import { ChevronDown } from 'lucide-react'
import type { ComponentProps } from 'react'
import { cn } from './cn.ts'

/** The platform's own select: a native one, so that every keyboard, phone and screen reader knows it. */
export function Select({ className, children, ...props }: ComponentProps<'select'>) {
  return (
    <span className={cn('relative inline-flex', className)}>
      <select
        className="h-8 w-full appearance-none rounded-md border border-line-strong bg-surface py-0 pr-8 pl-2.5 text-[13px] text-fg disabled:opacity-60"
        {...props}
      >
        {children}
      </select>
      <ChevronDown aria-hidden className="pointer-events-none absolute top-2 right-2 size-4 text-fg-subtle" />
    </span>
  )
}
