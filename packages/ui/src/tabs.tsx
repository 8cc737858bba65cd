'use client'
import { Tabs as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { cn } from './cn.ts'

export type Tab = { id: string; label: ReactNode; content: ReactNode }

/** Tabs whose open one the caller keeps (in the URL, on pages). Hidden panels are not rendered. */
export function Tabs({
  tabs,
  value,
  onChange,
  label,
  className,
}: {
  tabs: readonly Tab[]
  value: string
  onChange: (id: string) => void
  label: string
  className?: string
}) {
  return (
    <Radix.Root value={value} onValueChange={onChange} className={className ?? ''}>
      <Radix.List aria-label={label} className="scroll-thin flex gap-1 overflow-x-auto border-b border-line">
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.id}
            value={tab.id}
            className={cn(
              '-mb-px border-b-2 border-transparent px-3 py-2 text-[13px] font-medium whitespace-nowrap text-fg-muted hover:text-fg data-[state=active]:border-accent data-[state=active]:text-fg focus-visible:-outline-offset-2',
            )}
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content key={tab.id} value={tab.id} className="pt-4" tabIndex={-1}>
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  )
}
