'use client'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { TableSkeleton } from '@keelson/ui/skeleton'
import { useRouter } from 'next/navigation'
import type { ComponentProps, ReactNode } from 'react'
import { kindSnippets } from '@/features/snippets.ts'
import { Commands } from '@/view/commands.tsx'
import { FilterBox, matches } from '@/view/filter-box.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { PageHead } from '@/view/page-head.tsx'
import type { KindAddress } from '@/view/paths.ts'
import { useUrlState } from '@/view/url-state.ts'
import { useObjectWatch } from './use-object-watch.ts'

/** The page of all objects of a kind that has more to say of them than the cluster's own table: live, filtered, with its commands. */
export function ListOfKind<Row extends { uid: string }>({
  workspace,
  kind,
  title,
  make,
  notice,
  query,
  columns,
  wordsOf,
  hrefOf,
  none,
  below,
}: {
  workspace: string
  kind: KindAddress
  title: string
  /** What makes another one. */
  make: ReactNode
  notice?: ReactNode
  query: ComponentProps<typeof Loaded<readonly Row[]>>['query']
  columns: Column<Row>[]
  /** Where the filter looks. */
  wordsOf: (row: Row) => (string | null | undefined)[]
  /** Its own page; rows of kinds without one do not open. */
  hrefOf?: (row: Row) => string
  none: ReactNode
  below?: (rows: readonly Row[]) => ReactNode
}) {
  const router = useRouter()
  const [filter] = useUrlState('q', '')
  useObjectWatch({ workspace, ...kind })
  return (
    <>
      <PageHead
        title={title}
        actions={
          <>
            <FilterBox />
            {make}
          </>
        }
      />
      {notice}
      <Loaded query={query} skeleton={<TableSkeleton />}>
        {(all) =>
          all.length === 0 ? (
            none
          ) : (
            <>
              <DataTable
                label={title}
                rows={all.filter((row) => matches(filter, ...wordsOf(row)))}
                columns={columns}
                rowId={(row) => row.uid}
                {...(hrefOf === undefined ? {} : { onOpen: (row: Row) => router.push(hrefOf(row)) })}
              />
              {below?.(all)}
              <Commands snippets={kindSnippets(workspace, kind)} />
            </>
          )
        }
      </Loaded>
    </>
  )
}
