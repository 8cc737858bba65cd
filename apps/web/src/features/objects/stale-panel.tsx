'use client'
import type { ErrorBody } from '@keelson/contracts/errors'
import { Button } from '@keelson/ui/button'
import { CodeDiff } from '@keelson/ui/code-diff'
import { ErrorPanel } from '@keelson/ui/error-panel'

type Props = {
  by: string | null
  base: string
  live: string
  pending: boolean
  error: ErrorBody | null
  onTakeOver: () => void
  onDiscard: () => void
  onBack: () => void
}

/** Somebody else wrote it meanwhile: what they changed, and the ways on. Their work is never overwritten unseen. */
export function StalePanel({ by, base, live, pending, error, onTakeOver, onDiscard, onBack }: Props) {
  return (
    <section aria-label="Changed meanwhile" className="grid gap-3">
      <div role="alert" className="rounded-lg bg-warning-soft px-4 py-3 text-[13px] text-warning">
        <p className="font-semibold">It changed since you opened it{by ? `, written by ${by}` : ''}</p>
        <p>Nothing of yours is written yet. This is what changed; take it over, and your own changes are put on top.</p>
      </div>
      {base === live ? (
        <p className="text-[13px]">Its text is the same: it was deleted and made anew.</p>
      ) : (
        <CodeDiff
          label="What changed meanwhile"
          before={base}
          after={live}
          className="[&_.cm-editor]:max-h-[calc(100vh-24rem)]"
        />
      )}
      {error ? <ErrorPanel error={error} /> : null}
      <div className="flex flex-wrap items-center justify-end gap-2">
        <Button onClick={onBack}>Back to my text</Button>
        <Button onClick={onDiscard}>Discard mine</Button>
        <Button variant="primary" disabled={pending} onClick={onTakeOver}>
          Take it over
        </Button>
      </div>
    </section>
  )
}
