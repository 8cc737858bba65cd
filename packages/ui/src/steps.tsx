'use client'
import type { SampleStep } from '@keelson/contracts/platform'
import type { ReactNode } from 'react'
import { cn } from './cn.ts'
import { Duration } from './relative-time.tsx'
import { statusLooks } from './status-badge.tsx'

const colours = {
  neutral: 'text-fg-subtle',
  accent: 'text-accent',
  success: 'text-success',
  warning: 'text-warning',
  danger: 'text-danger',
  info: 'text-info',
} as const

/** A sequence as it happens: each step with its state, what it is doing or did, how long, and where to look. */
export function Steps({
  steps,
  link,
  label,
}: {
  steps: readonly SampleStep[]
  link: (href: string, children: ReactNode) => ReactNode
  label: string
}) {
  return (
    <ol aria-label={label} className="grid">
      {steps.map((step, index) => {
        const look = statusLooks[step.status]
        return (
          <li key={step.id} className="relative flex gap-3 pb-3 last:pb-0">
            {index < steps.length - 1 ? (
              <span aria-hidden className="absolute top-5 bottom-0 left-[7px] w-px bg-line" />
            ) : null}
            <look.icon
              aria-hidden
              className={cn(
                'mt-0.5 size-[15px] shrink-0 bg-surface',
                colours[look.tone],
                step.status === 'running' && 'animate-spin',
              )}
            />
            <div className="min-w-0 flex-1">
              <div className="flex items-baseline gap-3 text-[13px]">
                <span className={cn('font-medium', step.status === 'pending' && 'font-normal text-fg-muted')}>
                  {step.href ? link(step.href, step.title) : step.title}
                  <span className="sr-only">: {look.word}</span>
                </span>
                {step.startedAt ? (
                  <span className="ml-auto text-xs text-fg-subtle">
                    <Duration from={step.startedAt} to={step.finishedAt} />
                  </span>
                ) : null}
              </div>
              {step.detail ? (
                <p
                  className={cn('mt-0.5 text-xs break-words text-fg-muted', step.status === 'failed' && 'text-danger')}
                >
                  {step.detail}
                </p>
              ) : null}
            </div>
          </li>
        )
      })}
    </ol>
  )
}
