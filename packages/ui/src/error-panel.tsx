'use client'
import type { ErrorBody, ErrorCode } from '@keelson/contracts/errors'
import { CircleX } from 'lucide-react'
import { Button } from './button.tsx'
import { Copyable } from './copyable.tsx'

type Friendly = { title: string; advice: string; showMessage: boolean }

/** What a person reads for each code. The server's own text is shown only where it was meant for the person (4xx). */
export const friendlyErrors: Readonly<Record<ErrorCode, Friendly>> = {
  invalid: { title: 'That was not accepted', advice: 'Correct what is named here and try again.', showMessage: true },
  unauthenticated: { title: 'You are signed out', advice: 'Sign in again to go on.', showMessage: false },
  forbidden: {
    title: 'You may not see or do this',
    advice: 'Ask an owner of the workspace for the role it needs.',
    showMessage: true,
  },
  not_found: {
    title: 'This is not here',
    advice: 'It may have been deleted, or the address is wrong.',
    showMessage: true,
  },
  already_exists: { title: 'The name is taken', advice: 'Choose another name.', showMessage: true },
  conflict: {
    title: 'Somebody else changed it first',
    advice: 'Look at the present state and try again.',
    showMessage: true,
  },
  precondition: {
    title: 'It is not ready for that',
    advice: 'What has to come first is named here.',
    showMessage: true,
  },
  exhausted: { title: 'Too much at once', advice: 'Wait a moment and try again.', showMessage: true },
  unavailable: {
    title: 'The platform does not answer',
    advice: 'It may be restarting. This page tries again by itself.',
    showMessage: false,
  },
  unimplemented: {
    title: 'Not part of this release',
    advice: 'See the compatibility table in the documentation.',
    showMessage: true,
  },
  internal: {
    title: 'Something went wrong on our side',
    advice: 'Try again; if it stays, give the request id to your operator.',
    showMessage: false,
  },
}

/** An error as a person should meet it: what, what to do, and the id under which the logs know it. */
export function ErrorPanel({ error, onRetry }: { error: ErrorBody; onRetry?: () => void }) {
  const friendly = friendlyErrors[error.code]
  return (
    <div role="alert" className="flex gap-3 rounded-lg border border-line bg-surface p-4 text-[13px]">
      <CircleX aria-hidden className="mt-0.5 size-4 shrink-0 text-danger" />
      <div className="grid min-w-0 gap-1">
        <p className="font-semibold">{friendly.title}</p>
        {friendly.showMessage ? <p className="break-words">{error.message}</p> : null}
        <p className="text-fg-muted">{friendly.advice}</p>
        {error.faults && error.faults.length > 0 ? (
          <ul className="list-disc pl-4">
            {error.faults.map((fault) => (
              <li key={`${fault.field}${fault.message}`}>
                <code className="font-mono text-xs">{fault.field}</code> {fault.message}
              </li>
            ))}
          </ul>
        ) : null}
        <div className="mt-1 flex flex-wrap items-center gap-3">
          {onRetry ? (
            <Button size="sm" onClick={onRetry}>
              Try again
            </Button>
          ) : null}
          {error.requestId ? (
            <span className="flex items-center gap-1 text-xs text-fg-subtle">
              request <Copyable text={error.requestId} />
            </span>
          ) : null}
        </div>
      </div>
    </div>
  )
}
