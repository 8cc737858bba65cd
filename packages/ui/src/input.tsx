import type { ComponentProps, ReactNode } from 'react'
import { cn } from './cn.ts'

const field =
  'w-full rounded-md border border-line-strong bg-surface px-2.5 text-[13px] text-fg placeholder:text-fg-subtle disabled:opacity-60 aria-invalid:border-danger'

export function Input({ className, ...props }: ComponentProps<'input'>) {
  return <input className={cn(field, 'h-8', className)} {...props} />
}

export function Textarea({ className, ...props }: ComponentProps<'textarea'>) {
  return <textarea className={cn(field, 'scroll-thin py-2 leading-relaxed', className)} {...props} />
}

/** A label, its control and the fault of its value, tied together for screen readers by `id`. */
export function Field({
  id,
  label,
  hint,
  fault,
  children,
}: {
  id: string
  label: string
  hint?: ReactNode
  fault?: string | undefined
  children: ReactNode
}) {
  return (
    <div className="grid gap-1">
      <label htmlFor={id} className="text-[13px] font-medium">
        {label}
      </label>
      {children}
      {hint && !fault ? <p className="text-xs text-fg-subtle">{hint}</p> : null}
      {fault ? (
        <p role="alert" className="text-xs text-danger">
          {fault}
        </p>
      ) : null}
    </div>
  )
}
