'use client'
import { Button } from '@keelson/ui/button'
import { formatBytes } from '@keelson/ui/format'
import { RotateCw, X } from 'lucide-react'
import type { Upload } from './use-uploads.ts'

type Props = { uploads: readonly Upload[]; onAgain: (upload: Upload) => void; onStop: (upload: Upload) => void }

/** Files on their way, each with how far it is, what went wrong, and what can be done. */
export function UploadList({ uploads, onAgain, onStop }: Props) {
  if (uploads.length === 0) return null
  return (
    <section aria-label="Uploads" className="mb-4 grid gap-3 rounded-lg border border-line bg-surface px-4 py-3">
      {uploads.map((one) => (
        <div key={one.id} className="flex items-end gap-3">
          <div className="grid min-w-0 flex-1 gap-1">
            <p className="flex items-baseline gap-2 text-[13px]">
              <span className="min-w-0 truncate">{one.name}</span>
              <span className="tabular ml-auto shrink-0 text-xs text-fg-muted">
                {formatBytes(one.sentBytes)} of {formatBytes(one.sizeBytes)}
              </span>
            </p>
            <progress
              aria-label={`Upload of ${one.name}`}
              value={one.sentBytes}
              max={Math.max(1, one.sizeBytes)}
              className="h-1.5 w-full accent-(--accent)"
            />
            {one.message ? <p className="text-xs text-danger">{one.message}</p> : null}
          </div>
          {one.state === 'failed' || one.state === 'taken' ? (
            <Button size="sm" onClick={() => onAgain(one)}>
              <RotateCw /> {one.state === 'taken' ? 'Replace' : 'Go on'}
            </Button>
          ) : null}
          <Button size="icon" variant="ghost" aria-label={`Stop the upload of ${one.name}`} onClick={() => onStop(one)}>
            <X />
          </Button>
        </div>
      ))}
    </section>
  )
}
