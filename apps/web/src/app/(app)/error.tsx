'use client'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { errorBodyOf } from '@/trpc/error-body.ts'

type Props = { error: Error & { digest?: string }; reset: () => void }

/** A page of an older build asks for scripts that are gone after an upgrade: only loading it anew helps. */
const isOutdated = (error: Error) => error.name === 'ChunkLoadError'

/** A page that could not be made. The server's text never reaches the browser: only a digest that its log knows too. */
export default function PageError({ error, reset }: Props) {
  const body =
    error.digest === undefined
      ? errorBodyOf(error)
      : { code: 'unavailable' as const, message: '', requestId: error.digest }
  return <ErrorPanel error={body} onRetry={isOutdated(error) ? () => window.location.reload() : reset} />
}
