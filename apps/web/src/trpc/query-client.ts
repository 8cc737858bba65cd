import { defaultShouldDehydrateQuery, QueryClient } from '@tanstack/react-query'
import superjson from 'superjson'
import { errorBodyOf } from './error-body.ts'

const maxRetries = 3

/** How long an answer is taken as fresh. What changes meanwhile is told by the live stream, not found by asking again. */
const freshMs = 30_000

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: freshMs,
        retry: (count, error) => count < maxRetries && errorBodyOf(error).code === 'unavailable',
      },
      dehydrate: {
        serializeData: superjson.serialize,
        shouldDehydrateQuery: (query) => defaultShouldDehydrateQuery(query),
      },
      hydrate: { deserializeData: superjson.deserialize },
    },
  })
}
