'use client'
import { useId, useState } from 'react'
import { cn } from './cn.ts'
import { CopyButton } from './copyable.tsx'

export type Snippet = { label: string; code: string }

/** Code that works as pasted, in the dialects given (curl, Python, YAML …). */
export function CodeSnippet({ snippets, className }: { snippets: readonly Snippet[]; className?: string }) {
  const [open, setOpen] = useState(0)
  const id = useId()
  const current = snippets[open] ?? snippets[0]
  if (!current) return null
  return (
    <div className={cn('min-w-0 overflow-hidden rounded-lg border border-line bg-code', className)}>
      <div className="flex items-center gap-1 border-b border-line px-2 py-1">
        {snippets.map((snippet, index) => (
          <button
            key={snippet.label}
            type="button"
            aria-pressed={index === open}
            aria-controls={id}
            onClick={() => setOpen(index)}
            className={cn(
              'rounded px-2 py-0.5 text-xs font-medium text-fg-muted hover:text-fg',
              index === open && 'bg-surface-3 text-fg',
            )}
          >
            {snippet.label}
          </button>
        ))}
        <CopyButton text={current.code} label={`Copy ${current.label}`} className="ml-auto" />
      </div>
      <pre
        id={id}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard (WCAG 2.1.1)
        tabIndex={0}
        className="scroll-thin max-h-96 overflow-auto p-3 font-mono text-xs leading-relaxed focus-visible:-outline-offset-2"
      >
        {current.code}
      </pre>
    </div>
  )
}
