import 'server-only'
import type { AppRouter } from '@keelson/api/types'
import { dehydrate, type FetchQueryOptions, HydrationBoundary } from '@tanstack/react-query'
import { createTRPCClient, httpBatchLink } from '@trpc/client'
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query'
import { headers } from 'next/headers'
import { notFound, redirect } from 'next/navigation'
import { cache, type ReactNode } from 'react'
import superjson from 'superjson'
import { webEnv } from '@/env.ts'
import { NoAccess } from '@/view/no-access.tsx'
import { errorBodyOf } from './error-body.ts'
import { makeQueryClient } from './query-client.ts'

const askMs = 10_000

/** The gateway as the visitor, for one render: their cookie goes along and nothing else of their request. */
export const serverApi = cache(async () => {
  const incoming = await headers()
  const queryClient = makeQueryClient()
  const client = createTRPCClient<AppRouter>({
    links: [
      httpBatchLink({
        url: `${webEnv().gatewayUrl}/api/trpc`,
        transformer: superjson,
        headers: { cookie: incoming.get('cookie') ?? '', 'x-keelson-internal': webEnv().internalSecret },
        fetch: (input, init) =>
          fetch(input, { ...init, cache: 'no-store', signal: AbortSignal.timeout(askMs) } as RequestInit),
      }),
    ],
  })
  return {
    queryClient,
    client,
    trpc: createTRPCOptionsProxy<AppRouter>({ client, queryClient }),
    path: incoming.get('x-keelson-path') ?? '/',
  }
})

export type ServerTrpc = Awaited<ReturnType<typeof serverApi>>['trpc']

/** Who visits. Nobody signed in: to the login, and back to this page afterwards. */
export const visitor = cache(async () => {
  const { client, path } = await serverApi()
  try {
    return await client.access.me.query()
  } catch (error) {
    if (errorBodyOf(error).code === 'unauthenticated') redirect(`/login?next=${encodeURIComponent(path)}`)
    throw error
  }
})

type Prefetched = { queryKey: readonly unknown[] }

/**
 * What a page does before its feature shows: asks as the visitor. The first query is the page's subject: refused, the page
 * says so; not there, it is a 404. Others, and a platform that does not answer, are left to the browser, which asks again.
 */
export async function Prefetch({
  queries,
  children,
}: {
  queries: (trpc: ServerTrpc) => readonly Prefetched[]
  children: ReactNode
}) {
  await visitor()
  const { queryClient, trpc, path } = await serverApi()
  const wanted = queries(trpc) as readonly FetchQueryOptions[]
  const outcomes = await Promise.allSettled(wanted.map((query) => queryClient.fetchQuery({ ...query, retry: false })))
  const first = outcomes[0]
  if (first?.status === 'rejected') {
    const error = errorBodyOf(first.reason)
    if (error.code === 'unauthenticated') redirect(`/login?next=${encodeURIComponent(path)}`)
    if (error.code === 'not_found') notFound()
    if (error.code === 'forbidden') return <NoAccess error={error} />
  }
  return <HydrationBoundary state={dehydrate(queryClient)}>{children}</HydrationBoundary>
}
