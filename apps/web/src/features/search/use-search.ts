'use client'
import type { SearchResult } from '@keelson/contracts/search'
import { parseSearch } from '@keelson/contracts/search-query'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { mergeResults, stillFitting } from './merge-results.ts'

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
  const isRested = q.trim().slice(0, longestQuery) === asked
  const isAsked = asked !== '' && q.trim() !== ''
  const current = (answer: typeof kept) =>
    answer.data && (!isRested || answer.isPlaceholderData) ? stillFitting(answer.data, parseSearch(q)) : answer.data
  return {
    result: isAsked ? mergeResults([current(kept), current(cluster)]) : { groups: [], notes: [] },
    loading: !isRested || (isAsked && (kept.isFetching || cluster.isFetching)),
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
