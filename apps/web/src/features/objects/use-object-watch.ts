'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { useEffect, useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { touch } from '@/trpc/topics.ts'
import type { KindAddress } from '@/view/paths.ts'

/**
 * Asks anew what is shown of a kind whenever the cluster says that something changed. Only while somebody looks: a browser holds six
 * connections to a site over HTTP/1.1, and hidden tabs must not use them up.
 */
export function useObjectWatch(kind: KindAddress & { workspace: string | null; name?: string }): void {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [isSeen, setIsSeen] = useState(true)
  useEffect(() => {
    const look = () => {
      setIsSeen(!document.hidden)
      if (!document.hidden) void touch(queryClient, ['objects'])
    }
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [queryClient])
  useSubscription(
    trpc.objects.watch.subscriptionOptions(kind, {
      enabled: isSeen,
      onData: () => void touch(queryClient, ['objects']),
    }),
  )
}
