'use client'
import { Card } from '@keelson/ui/card'
import { Input } from '@keelson/ui/input'
import { Select } from '@keelson/ui/select'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useDeferredValue } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { FilterBox } from '@/view/filter-box.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { MoreRows } from '@/view/more-rows.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { useUrlState } from '@/view/url-state.ts'
import { ActivityItems } from './activity-items.tsx'

const sources = ['audit', 'event', 'warning'] as const
/** Kinds of things as events and audit records name them; an audit record's kind is found in any case. */
const kinds = ['Job', 'Pod', 'InferenceService', 'Endpoint', 'Model', 'Experiment', 'Run', 'Contributor', 'Workspace']

/** The filters of the address as the server takes them; a day is the reader's own, from its first to its last moment. */
function useFilters() {
  const [search] = useUrlState('q', '')
  const [source, setSource] = useUrlState('source', '')
  const [kind, setKind] = useUrlState('kind', '')
  const [actor, setActor] = useUrlState('who', '')
  const [from, setFrom] = useUrlState('from', '')
  const [to, setTo] = useUrlState('to', '')
  const dayOf = (text: string, daysLater: number) => {
    const [year, month, day] = text.split('-').map(Number)
    if (!year || !month || !day) return undefined
    return new Date(year, month - 1, day + daysLater).toISOString()
  }
  const wanted = {
    search: search || undefined,
    source: sources.find((each) => each === source),
    objectKind: kind || undefined,
    actor: actor.trim() || undefined,
    since: dayOf(from, 0),
    until: dayOf(to, 1),
  }
  return { wanted, source, setSource, kind, setKind, actor, setActor, from, setFrom, to, setTo }
}

/** What happened in a workspace, filtered by the server, so that what is older than the first page is found, too. */
export function ActivityView({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const filters = useFilters()
  const wanted = useDeferredValue(filters.wanted)
  const activity = useInfiniteQuery({
    ...trpc.activity.list.infiniteQueryOptions(
      { workspace, limit: 100, ...wanted },
      { getNextPageParam: (page) => page.nextCursor ?? undefined },
    ),
    placeholderData: keepPreviousData,
  })
  return (
    <>
      <PageHead title="Activity" hint="Kept longer than the cluster keeps its events" actions={<FilterBox />} />
      <FilterRow filters={filters} />
      <Loaded query={activity}>
        {(data) => {
          const all = data.pages.flatMap((page) => page.items)
          return (
            <Card className="px-4 py-1">
              <ActivityItems items={all} workspace={workspace} />
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

function FilterRow({ filters }: { filters: ReturnType<typeof useFilters> }) {
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <Select
        aria-label="Kind of entry"
        value={filters.source}
        onChange={(event) => filters.setSource(event.target.value)}
      >
        <option value="">Everything</option>
        <option value="audit">What people did</option>
        <option value="event">What the cluster said</option>
        <option value="warning">Warnings</option>
      </Select>
      <Select aria-label="Kind of thing" value={filters.kind} onChange={(event) => filters.setKind(event.target.value)}>
        <option value="">Any thing</option>
        {kinds.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </Select>
      <Input
        aria-label="By whom"
        placeholder="By whom"
        className="w-56"
        value={filters.actor}
        onChange={(event) => filters.setActor(event.target.value)}
      />
      <Input
        type="date"
        aria-label="From day"
        className="w-40"
        value={filters.from}
        onChange={(event) => filters.setFrom(event.target.value)}
      />
      <Input
        type="date"
        aria-label="To day"
        className="w-40"
        value={filters.to}
        onChange={(event) => filters.setTo(event.target.value)}
      />
    </div>
  )
}
