'use client'
import { Card } from '@keelson/ui/card'
import { Select } from '@keelson/ui/select'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useTRPC } from '@/trpc/client.tsx'
import { FilterBox, matches } from '@/view/filter-box.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { MoreRows } from '@/view/more-rows.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { useUrlState } from '@/view/url-state.ts'
import { ActivityItems } from './activity-items.tsx'
import { wordsOf } from './sentence.ts'

export function ActivityView({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const [filter] = useUrlState('q', '')
  const [source, setSource] = useUrlState('source', '')
  const activity = useInfiniteQuery(
    trpc.activity.list.infiniteQueryOptions(
      { workspace, limit: 100 },
      { getNextPageParam: (page) => page.nextCursor ?? undefined },
    ),
  )
  return (
    <>
      <PageHead
        title="Activity"
        hint="Kept longer than the cluster keeps its events"
        actions={
          <>
            <Select aria-label="Kind of entry" value={source} onChange={(event) => setSource(event.target.value)}>
              <option value="">Everything</option>
              <option value="audit">What people did</option>
              <option value="event">What the cluster said</option>
              <option value="warning">Warnings</option>
            </Select>
            <FilterBox />
          </>
        }
      />
      <Loaded query={activity}>
        {(data) => {
          const all = data.pages.flatMap((page) => page.items)
          const shown = all.filter(
            (entry) =>
              (source === '' || entry.source === source || entry.level === source) &&
              matches(
                filter,
                wordsOf(entry),
                entry.reason,
                entry.message,
                entry.actor,
                entry.object.kind,
                entry.object.name,
              ),
          )
          return (
            <Card className="px-4 py-1">
              <ActivityItems items={shown} />
              <div className="flex items-center gap-3 border-t border-line py-2 text-xs text-fg-subtle">
                <MoreRows query={activity} count={all.length} what="record" />
              </div>
            </Card>
          )
        }}
      </Loaded>
    </>
  )
}
