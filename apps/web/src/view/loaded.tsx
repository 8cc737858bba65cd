'use client'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { PanelSkeleton } from '@keelson/ui/skeleton'
import type { ReactNode } from 'react'
import { errorBodyOf } from '@/trpc/error-body.ts'

type Query<T> = { data: T | undefined; error: unknown; refetch: () => unknown }

/** The three faces of an answer: not yet (its shape), failed (why), here. What was here stays while it is asked anew. */
export function Loaded<T>({
  query,
  skeleton,
  children,
}: {
  query: Query<T>
  skeleton?: ReactNode
  children: (data: T) => ReactNode
}) {
  if (query.data !== undefined) return children(query.data)
  if (query.error) return <ErrorPanel error={errorBodyOf(query.error)} onRetry={() => void query.refetch()} />
  return skeleton ?? <PanelSkeleton />
}
