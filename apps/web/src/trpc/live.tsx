'use client'
import type { LiveTopic } from '@keelson/contracts/live'
import { useQueryClient } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { useEffect, useRef, useState } from 'react'
import { useTRPC } from './client.tsx'
import { liveTopicNames } from './topic-names.ts'
import { touch } from './topics.ts'

/** Changes that come close together are asked for once; the first after a silence at once. */
const gatherMs = 100
/** A gap shorter than this is a hiccup that nobody need hear of. */
const bannerAfterMs = 2_500

/**
 * The one live stream of the page: a change makes its queries stale. A hidden tab only notes what changed and asks when it
 * is looked at again; after a gap everything is asked anew. Says whether the stream has been away for a while.
 */
export function useLive(): { disconnected: boolean } {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const waiting = useRef(new Set<LiveTopic>())
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null)
  const flushedAt = useRef(Number.NEGATIVE_INFINITY)
  const wasAway = useRef(false)
  const [disconnected, setDisconnected] = useState(false)

  const flush = () => {
    timer.current = null
    flushedAt.current = performance.now()
    if (document.hidden || waiting.current.size === 0) return
    const topics = [...waiting.current]
    waiting.current.clear()
    void touch(queryClient, topics)
  }
  const later = () => {
    timer.current ??= setTimeout(flush, Math.max(0, flushedAt.current + gatherMs - performance.now()))
  }
  const stream = useSubscription(
    trpc.live.changes.subscriptionOptions(
      { workspace: null },
      {
        onData: (change) => {
          waiting.current.add(change.topic)
          later()
        },
        onStarted: () => {
          if (wasAway.current) for (const topic of liveTopicNames) waiting.current.add(topic)
          wasAway.current = false
          later()
        },
        onConnectionStateChange: (state) => {
          if (state.state === 'connecting' && state.error) wasAway.current = true
        },
      },
    ),
  )
  const isAway = stream.status === 'connecting' || stream.status === 'error'

  // The clock: only a gap that lasts is told.
  useEffect(() => {
    const wait = setTimeout(() => setDisconnected(isAway), isAway ? bannerAfterMs : 0)
    return () => clearTimeout(wait)
  }, [isAway])

  // The tab: what changed while it was hidden is asked for when it is looked at again.
  useEffect(() => {
    document.addEventListener('visibilitychange', flush)
    return () => document.removeEventListener('visibilitychange', flush)
  }, [])
  return { disconnected }
}
