'use client'
import type { SearchResult } from '@keelson/contracts/search'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { mergeResults } from './merge-results.ts'

const restMs = 120
const longestQuery = 500

/** What the platform finds: what is kept at once, what is in the cluster when it comes. Asks when the typing rests. */
export function useSearch(q: string, limit: number): { result: SearchResult; loading: boolean; error: unknown } {
  const trpc = useTRPC()
  const asked = useRested(q.trim().slice(0, longestQuery))
  const options = { enabled: asked !== '', placeholderData: keepPreviousData, staleTime: 5_000 }
  const kept = useQuery({ ...trpc.search.everything.queryOptions({ q: asked, limit, among: 'kept' }), ...options })
  const cluster = useQuery({
    ...trpc.search.everything.queryOptions({ q: asked, limit, among: 'cluster' }),
    ...options,
  })
  const isAsked = asked !== '' && q.trim() !== ''
  return {
    result: isAsked ? mergeResults([kept.data, cluster.data]) : { groups: [], notes: [] },
    loading: q.trim().slice(0, longestQuery) !== asked || (isAsked && (kept.isFetching || cluster.isFetching)),
    error: kept.error,
  }
}

function useRested(value: string): string {
  const [rested, setRested] = useState(value)
  // The clock: what is typed is asked when no key was pressed for a moment.
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), restMs)
    return () => clearTimeout(timer)
  }, [value])
  return rested
}
