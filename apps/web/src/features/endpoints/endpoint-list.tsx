'use client'
import type { Endpoint } from '@keelson/contracts/serving'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import { Copyable } from '@keelson/ui/copyable'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { EmptyState } from '@keelson/ui/empty-state'
import { TableSkeleton } from '@keelson/ui/skeleton'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Radio } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { kindSnippets, serveYaml } from '@/features/snippets.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { createdColumn, nameColumn, statusColumn } from '@/view/columns.tsx'
import { Commands } from '@/view/commands.tsx'
import { FilterBox, matches } from '@/view/filter-box.tsx'
import { KindNotice } from '@/view/kind-notice.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { MoreRows } from '@/view/more-rows.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { paths } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'
import { useUrlState } from '@/view/url-state.ts'

export function EndpointList({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const router = useRouter()
  const [filter] = useUrlState('q', '')
  const endpoints = useInfiniteQuery(
    trpc.endpoints.list.infiniteQueryOptions(
      { workspace },
      { getNextPageParam: (page) => page.nextCursor ?? undefined },
    ),
  )
  const columns: Column<Endpoint>[] = [
    statusColumn(),
    nameColumn((one) => paths.endpoint(workspace, one.name)),
    {
      id: 'model',
      header: 'Model',
      cell: (one) =>
        one.model && one.modelVersion !== null ? (
          <TextLink href={paths.version(workspace, one.model, one.modelVersion)}>
            {one.model} {one.modelVersion}
          </TextLink>
        ) : (
          '–'
        ),
    },
    { id: 'framework', header: 'Framework', cell: (one) => one.framework },
    { id: 'revision', header: 'Revision', cell: (one) => one.revision ?? '–' },
    { id: 'url', header: 'Address', cell: (one) => (one.url ? <Copyable text={one.url} /> : '–') },
    createdColumn(),
  ]
  return (
    <>
      <PageHead title="Endpoints" actions={<FilterBox />} />
      <KindNotice kind="InferenceService" />
      <Loaded query={endpoints} skeleton={<TableSkeleton />}>
        {(data) => {
          const all = data.pages.flatMap((page) => page.items)
          if (all.length === 0)
            return (
              <EmptyState icon={<Radio />} title="Nothing is served yet">
                <p>Deploy a model version from its page, or apply an InferenceService:</p>
                <CodeSnippet snippets={[{ label: 'YAML', code: serveYaml(workspace) }]} />
              </EmptyState>
            )
          return (
            <>
              {' '}
              <DataTable
                label="Endpoints"
                rows={all.filter((one) => matches(filter, one.name, one.model, one.status.status))}
                columns={columns}
                rowId={(one) => one.uid}
                onOpen={(one) => router.push(paths.endpoint(workspace, one.name))}
                footer={<MoreRows query={endpoints} count={all.length} what="endpoint" />}
              />
              <Commands
                snippets={kindSnippets(workspace, {
                  group: 'serving.kserve.io',
                  version: 'v1beta1',
                  plural: 'inferenceservices',
                })}
              />
            </>
          )
        }}
      </Loaded>
    </>
  )
}
