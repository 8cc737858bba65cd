'use client'
import { useSyncExternalStore } from 'react'
import { formatAbsolute, formatDuration, formatRelative } from './format.ts'
import { Tooltip } from './tooltip.tsx'

/** One clock for all times on the page: it ticks each second while somebody looks. */
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined
let now = Date.now()

function tick() {
  now = Date.now()
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void) {
  listeners.add(listener)
  now = Date.now()
  timer ??= setInterval(tick, 1000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** The present time in whole seconds; 0 while the server renders, which does not know the reader's clock. */
export function useNow(): number {
  return useSyncExternalStore(
    subscribe,
    () => Math.floor(now / 1000) * 1000,
    () => 0,
  )
}

const skewMs = 60_000

/** `5 min ago` or `in 3 d`, with the absolute time of the reader's zone on hover. */
export function RelativeTime({ at, className }: { at: string | null; className?: string }) {
  const present = useNow()
  if (at === null) return <span className="text-fg-subtle">–</span>
  const then = Date.parse(at)
  // A server's clock that is a little ahead makes no future; an expiry is one.
  const isSkew = then > present && then - present < skewMs
  const text = present === 0 ? at.slice(0, 16).replace('T', ' ') : formatRelative(then, isSkew ? then : present)
  return (
    <Tooltip text={formatAbsolute(at)}>
      <time dateTime={at} className={`tabular whitespace-nowrap ${className ?? ''}`}>
        {text}
      </time>
    </Tooltip>
  )
}

/** The same without the hover, for rows that are one thing to point at. */
export function Age({ at }: { at: string | null }) {
  const present = useNow()
  if (at === null || present === 0) return null
  return (
    <time dateTime={at} className="tabular whitespace-nowrap">
      {formatRelative(Math.min(Date.parse(at), present), present)}
    </time>
  )
}

/** How long something took, or takes so far. */
export function Duration({ from, to }: { from: string | null; to: string | null }) {
  const present = useNow()
  if (from === null) return <span className="text-fg-subtle">–</span>
  const end = to === null ? present : Date.parse(to)
  if (end === 0) return <span className="tabular">…</span>
  return <span className="tabular whitespace-nowrap">{formatDuration(Math.max(0, end - Date.parse(from)))}</span>
}
