'use client'
import type { ErrorBody } from '@keelson/contracts/errors'
import type { MadeObject } from '@keelson/contracts/objects'
import { Button } from '@keelson/ui/button'
import { CodeDiff } from '@keelson/ui/code-diff'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { TriangleAlert } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'

type Props = {
  made: MadeObject
  applyLabel: string
  pending: boolean
  error: ErrorBody | null
  onApply: () => void
  onBack: () => void
}

/** What the cluster would make of a text, beside what is there now; nothing is written before somebody says so. */
export function ReviewPanel({ made, applyLabel, pending, error, onApply, onBack }: Props) {
  const [whole, setWhole] = useState(false)
  const apply = useRef<HTMLButtonElement>(null)
  const isSame = made.before === made.after
  // The keyboard follows: what was asked for is answered here.
  useEffect(() => apply.current?.focus(), [])
  return (
    <section aria-label="Review" className="grid gap-3">
      <p role="status" className="text-[13px]">
        {isSame
          ? 'The cluster would change nothing.'
          : 'The cluster would take it and make this of it. Nothing is written yet.'}
      </p>
      <Warnings texts={made.warnings} />
      {isSame ? null : (
        <CodeDiff
          label="What changes"
          before={made.before}
          after={made.after}
          whole={whole || made.before === ''}
          className="max-h-[calc(100vh-22rem)] [&_.cm-editor]:max-h-[calc(100vh-22rem)]"
        />
      )}
      {error ? <ErrorPanel error={error} /> : null}
      <div className="flex flex-wrap items-center gap-2">
        {isSame || made.before === '' ? null : (
          <Button aria-pressed={whole} onClick={() => setWhole(!whole)}>
            {whole ? 'Only what changes' : 'The whole text'}
          </Button>
        )}
        <div className="ml-auto flex gap-2">
          <Button onClick={onBack}>Back to the text</Button>
          <Button ref={apply} variant="primary" disabled={isSame || pending} onClick={onApply}>
            {applyLabel}
          </Button>
        </div>
      </div>
    </section>
  )
}

export function Warnings({ texts }: { texts: readonly string[] }) {
  if (texts.length === 0) return null
  return (
    <ul
      aria-label="Warnings of the cluster"
      className="grid gap-1 rounded-lg bg-warning-soft px-4 py-3 text-[13px] text-warning"
    >
      {texts.map((text) => (
        <li key={text} className="flex gap-2">
          <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          <span className="min-w-0 break-words">{text}</span>
        </li>
      ))}
    </ul>
  )
}
