'use client'
import { Button } from '@keelson/ui/button'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import { DataTable } from '@keelson/ui/data-table'
import { EmptyState } from '@keelson/ui/empty-state'
import { TableSkeleton } from '@keelson/ui/skeleton'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { FlaskConical } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useMemo, useState } from 'react'
import { trainSnippets } from '@/features/snippets.ts'
import { useInstallation } from '@/shell/installation.tsx'
import { useTRPC } from '@/trpc/client.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { MoreRows } from '@/view/more-rows.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { paths } from '@/view/paths.ts'
import { setUrl, useUrlState } from '@/view/url-state.ts'
import { ColumnPicker } from './column-picker.tsx'
import { CompareRuns } from './compare-runs.tsx'
import { defaultColumns, keysOf, orderBy, runColumns } from './run-columns.tsx'
import { RunFilter } from './run-filter.tsx'

type Where = { workspace: string; experimentId: string }

/** The runs of an experiment: filtered and sorted by the server, in MLflow's own grammar. */
export function ExperimentView({ workspace, experimentId }: Where) {
  const trpc = useTRPC()
  const router = useRouter()
  const { info } = useInstallation()
  const experiment = useQuery(trpc.experiments.get.queryOptions({ workspace, experimentId }))
  const [filter] = useUrlState('filter', '')
  const [sort] = useUrlState('sort', '')
  const [chosen, setChosen] = useUrlState('columns', '')
  const [selected, setSelected] = useState<string[]>([])
  const desc = sort.startsWith('-')
  const sortId = sort.replace(/^-/, '')
  const runs = useInfiniteQuery({
    ...trpc.runs.search.infiniteQueryOptions(
      { workspace, experimentId, filter, orderBy: sort ? [orderBy(sortId, desc)] : [], limit: 200 },
      { getNextPageParam: (page) => page.nextCursor ?? undefined },
    ),
    placeholderData: keepPreviousData,
  })
  const all = useMemo(() => runs.data?.pages.flatMap((page) => page.items) ?? [], [runs.data])
  const keys = useMemo(() => keysOf(all), [all])
  const shown = useMemo(
    () => (chosen === '' ? defaultColumns(keys) : chosen === 'none' ? [] : chosen.split(',').map(decodeURIComponent)),
    [chosen, keys],
  )
  const columns = useMemo(() => runColumns(workspace, all, shown), [workspace, all, shown])
  const compared = all.filter((run) => selected.includes(run.id))
  return (
    <>
      <PageHead
        title={experiment.data?.name ?? 'Experiment'}
        hint={experiment.data ? `${experiment.data.runCount.toLocaleString('en-US')} runs` : undefined}
        actions={
          <ColumnPicker
            keys={keys}
            shown={shown}
            onChange={(next) => setChosen(next.length === 0 ? 'none' : next.map(encodeURIComponent).join(','))}
          />
        }
      />
      <RunFilter filter={filter} error={runs.data === undefined ? null : runs.error} />
      {compared.length > 1 ? <CompareRuns runs={compared} onClear={() => setSelected([])} /> : null}
      <Loaded query={runs} skeleton={<TableSkeleton />}>
        {() =>
          all.length === 0 ? (
            filter ? (
              <EmptyState
                title="No run matches the filter"
                action={<Button onClick={() => setUrl({ filter: null })}>Clear the filter</Button>}
              />
            ) : (
              <EmptyState icon={<FlaskConical />} title="No run in this experiment yet">
                <CodeSnippet snippets={trainSnippets(info.url, workspace)} />
              </EmptyState>
            )
          ) : (
            <DataTable
              label="Runs"
              rows={all}
              columns={columns}
              rowId={(run) => run.id}
              sort={sort ? { id: sortId, desc } : null}
              onSort={(next) => setUrl({ sort: next ? `${next.desc ? '-' : ''}${next.id}` : null })}
              selected={selected}
              onSelect={setSelected}
              onOpen={(run) => router.push(paths.run(workspace, experimentId, run.id))}
              footer={<MoreRows query={runs} count={all.length} what="run" />}
            />
          )
        }
      </Loaded>
    </>
  )
}
