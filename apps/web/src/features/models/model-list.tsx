'use client'
import type { RegisteredModel } from '@keelson/contracts/registry'
import { Badge } from '@keelson/ui/badge'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { EmptyState } from '@keelson/ui/empty-state'
import { RelativeTime } from '@keelson/ui/relative-time'
import { TableSkeleton } from '@keelson/ui/skeleton'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Boxes } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { registerSnippets } from '@/features/snippets.ts'
import { useInstallation } from '@/shell/installation.tsx'
import { useTRPC } from '@/trpc/client.tsx'
import { nameColumn } from '@/view/columns.tsx'
import { Commands } from '@/view/commands.tsx'
import { FilterBox, matches } from '@/view/filter-box.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { MoreRows } from '@/view/more-rows.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { paths } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'
import { useUrlState } from '@/view/url-state.ts'
import { StageBadge } from './stage-badge.tsx'

export function ModelList({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const router = useRouter()
  const { info } = useInstallation()
  const [filter] = useUrlState('q', '')
  const models = useInfiniteQuery(
    trpc.models.list.infiniteQueryOptions({ workspace }, { getNextPageParam: (page) => page.nextCursor ?? undefined }),
  )
  const columns: Column<RegisteredModel>[] = [
    nameColumn((model) => paths.model(workspace, model.name)),
    {
      id: 'stages',
      header: 'In stages',
      cell: (model) => (
        <span className="flex gap-2">
          {model.latestVersions
            .filter((one) => one.stage !== 'None' && one.stage !== 'Archived')
            .map((one) => (
              <TextLink
                key={one.version}
                href={paths.version(workspace, model.name, one.version)}
                className="inline-flex items-center gap-1.5"
              >
                {one.version} <StageBadge stage={one.stage} />
              </TextLink>
            ))}
        </span>
      ),
    },
    {
      id: 'latest',
      header: 'Newest',
      align: 'right',
      sortValue: (model) => newest(model),
      cell: (model) =>
        newest(model) === 0 ? (
          '–'
        ) : (
          <TextLink href={paths.version(workspace, model.name, newest(model))}>version {newest(model)}</TextLink>
        ),
    },
    {
      id: 'aliases',
      header: 'Aliases',
      cell: (model) => (
        <span className="flex gap-1">
          {model.aliases.map((one) => (
            <Badge key={one.alias} tone="accent">
              {one.alias} → {one.version}
            </Badge>
          ))}
        </span>
      ),
    },
    {
      id: 'description',
      header: 'Description',
      cell: (model) => <span className="text-fg-muted">{model.description || '–'}</span>,
    },
    {
      id: 'updated',
      header: 'Updated',
      align: 'right',
      sortValue: (model) => model.updatedAt,
      cell: (model) => <RelativeTime at={model.updatedAt} />,
    },
  ]
  return (
    <>
      <PageHead title="Models" actions={<FilterBox />} />
      <Loaded query={models} skeleton={<TableSkeleton />}>
        {(data) => {
          const all = data.pages.flatMap((page) => page.items)
          if (all.length === 0)
            return (
              <EmptyState icon={<Boxes />} title="No model is registered yet">
                <p>Log a model with a name and it becomes version 1:</p>
                <CodeSnippet snippets={registerSnippets(info.url, workspace)} />
              </EmptyState>
            )
          return (
            <>
              {' '}
              <DataTable
                label="Models"
                rows={all.filter((model) => matches(filter, model.name, model.description))}
                columns={columns}
                rowId={(model) => model.name}
                onOpen={(model) => router.push(paths.model(workspace, model.name))}
                footer={<MoreRows query={models} count={all.length} what="model" />}
              />
              <Commands snippets={registerSnippets(info.url, workspace)} />
            </>
          )
        }}
      </Loaded>
    </>
  )
}

function newest(model: RegisteredModel): number {
  return Math.max(0, ...model.latestVersions.map((one) => one.version))
}
