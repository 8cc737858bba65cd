'use client'
import { Button } from '@keelson/ui/button'
import { plural } from '@keelson/ui/format'

type Query = { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown }

/** How many rows are here, and the way to more. */
export function MoreRows({ query, count, what }: { query: Query; count: number; what: string }) {
  return (
    <>
      <span className="tabular">{query.hasNextPage ? `first ${plural(count, what)}` : plural(count, what)}</span>
      {query.hasNextPage ? (
        <Button size="sm" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {query.isFetchingNextPage ? 'Loading…' : 'More'}
        </Button>
      ) : null}
    </>
  )
}
