'use client'
import type { Experiment } from '@keelson/contracts/experiments'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { EmptyState } from '@keelson/ui/empty-state'
import { RelativeTime } from '@keelson/ui/relative-time'
import { TableSkeleton } from '@keelson/ui/skeleton'
import { useInfiniteQuery } from '@tanstack/react-query'
import { FlaskConical } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { trainSnippets } from '@/features/snippets.ts'
import { useInstallation } from '@/shell/installation.tsx'
import { useTRPC } from '@/trpc/client.tsx'
import { createdColumn, nameColumn } from '@/view/columns.tsx'
import { Commands } from '@/view/commands.tsx'
import { FilterBox, matches } from '@/view/filter-box.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { MoreRows } from '@/view/more-rows.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { paths } from '@/view/paths.ts'
import { useUrlState } from '@/view/url-state.ts'

export function ExperimentList({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const router = useRouter()
  const { info } = useInstallation()
  const [filter] = useUrlState('q', '')
  const experiments = useInfiniteQuery(
    trpc.experiments.list.infiniteQueryOptions(
      { workspace },
      { getNextPageParam: (page) => page.nextCursor ?? undefined },
    ),
  )
  const columns: Column<Experiment>[] = [
    nameColumn((one) => paths.experiment(workspace, one.id)),
    {
      id: 'runs',
      header: 'Runs',
      align: 'right',
      sortValue: (one) => one.runCount,
      cell: (one) => one.runCount.toLocaleString('en-US'),
    },
    { id: 'id', header: 'Id', cell: (one) => <code className="font-mono text-xs text-fg-muted">{one.id}</code> },
    createdColumn(),
    {
      id: 'updated',
      header: 'Updated',
      align: 'right',
      sortValue: (one) => one.updatedAt,
      cell: (one) => <RelativeTime at={one.updatedAt} />,
    },
  ]
  return (
    <>
      <PageHead title="Experiments" actions={<FilterBox />} />
      <Loaded query={experiments} skeleton={<TableSkeleton />}>
        {(data) => {
          const all = data.pages.flatMap((page) => page.items)
          if (all.length === 0)
            return (
              <EmptyState icon={<FlaskConical />} title="No experiment yet">
                <p>The mlflow client makes one when it logs its first run:</p>
                <CodeSnippet snippets={trainSnippets(info.url, workspace)} />
              </EmptyState>
            )
          return (
            <>
              {' '}
              <DataTable
                label="Experiments"
                rows={all.filter((one) => matches(filter, one.name, one.id))}
                columns={columns}
                rowId={(one) => one.id}
                onOpen={(one) => router.push(paths.experiment(workspace, one.id))}
                footer={<MoreRows query={experiments} count={all.length} what="experiment" />}
              />
              <Commands snippets={trainSnippets(info.url, workspace)} />
            </>
          )
        }}
      </Loaded>
    </>
  )
}
