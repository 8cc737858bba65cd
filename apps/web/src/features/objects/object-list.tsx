'use client'
import type { ObjectPage } from '@keelson/contracts/objects'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { EmptyState } from '@keelson/ui/empty-state'
import { Input } from '@keelson/ui/input'
import { PermissionButton } from '@keelson/ui/permission-button'
import { RelativeTime } from '@keelson/ui/relative-time'
import { TableSkeleton } from '@keelson/ui/skeleton'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { Braces, Plus } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { kindSnippets } from '@/features/snippets.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { Commands } from '@/view/commands.tsx'
import { FilterBox, matches } from '@/view/filter-box.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { MoreRows } from '@/view/more-rows.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { type KindAddress, newObjectPath, objectPath } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'
import { useUrlState } from '@/view/url-state.ts'
import { apiVersionOf } from './object-address.ts'
import { useObjectWatch } from './use-object-watch.ts'

type Row = ObjectPage['items'][number]
type Props = { workspace: string | null; kind: KindAddress }

/** A namespaced object's page is in its namespace, whichever list it was found in. */
const hrefOf = (kind: KindAddress, row: Row) => objectPath(row.namespace, kind, row.name)

/** The objects of one kind in the columns that the API server has for it, as `kubectl get` shows them. */
export function ObjectList({ workspace, kind }: Props) {
  const trpc = useTRPC()
  const router = useRouter()
  const [filter] = useUrlState('q', '')
  const [labels, setLabels] = useUrlState('labels', '')
  useObjectWatch({ workspace, ...kind })
  const objects = useInfiniteQuery({
    ...trpc.objects.list.infiniteQueryOptions(
      { workspace, ...kind, ...(labels === '' ? {} : { labelSelector: labels }) },
      { getNextPageParam: (page) => page.nextCursor ?? undefined },
    ),
    placeholderData: keepPreviousData,
  })
  const first = objects.data?.pages[0]
  const name = first?.kind.kind ?? kind.plural
  return (
    <>
      <PageHead
        title={name}
        hint={<span className="font-mono text-xs">{apiVersionOf(kind)}</span>}
        actions={
          <>
            <FilterBox placeholder="Filter objects" />
            <LabelBox labels={labels} onChange={setLabels} />
            <PermissionButton
              variant="primary"
              decision={first?.create}
              onClick={() => router.push(newObjectPath(workspace, kind))}
            >
              <Plus />
              Create
            </PermissionButton>
          </>
        }
      />
      <Loaded query={objects} skeleton={<TableSkeleton />}>
        {(data) => {
          const all = data.pages.flatMap((page) => page.items)
          const [page] = data.pages
          if (!page || all.length === 0)
            return <NoObjects workspace={workspace} kind={kind} name={name} filtered={labels !== ''} />
          return (
            <>
              <DataTable
                label={name}
                rows={all.filter((row) => matches(filter, row.namespace, ...row.cells.map(String)))}
                columns={columnsOf(page, workspace)}
                rowId={(row) => row.uid || `${row.namespace}/${row.name}`}
                onOpen={(row) => router.push(hrefOf(kind, row))}
                footer={<MoreRows query={objects} count={all.length} what="object" />}
              />
              <Commands snippets={kindSnippets(workspace, kind)} />
            </>
          )
        }}
      </Loaded>
    </>
  )
}

function columnsOf(page: ObjectPage, workspace: string | null): Column<Row>[] {
  const columns = page.columns.flatMap(({ name, type, wide }, index): Column<Row>[] => {
    if (wide) return []
    // The server writes ages as of the moment of its answer: ours move on.
    if (name === 'Age' || (type === 'date' && name === 'Created At')) return []
    const isNumber = type === 'integer' || type === 'number'
    return [
      {
        id: `${index}`,
        header: name,
        sortValue: (row) => sortable(row.cells[index]),
        ...(isNumber ? { align: 'right' as const } : {}),
        cell: (row) =>
          name === 'Name' ? (
            <TextLink href={hrefOf(page.kind, row)} className="font-medium">
              {row.name}
            </TextLink>
          ) : (
            shown(row.cells[index])
          ),
      },
    ]
  })
  const namespace: Column<Row> = {
    id: 'namespace',
    header: 'Namespace',
    sortValue: (row) => row.namespace,
    cell: (row) => row.namespace,
  }
  const age: Column<Row> = {
    id: 'age',
    header: 'Created',
    align: 'right',
    sortValue: (row) => row.createdAt,
    cell: (row) => (row.createdAt ? <RelativeTime at={row.createdAt} /> : '–'),
  }
  return [...(workspace === null && page.kind.namespaced ? [namespace] : []), ...columns, age]
}

const sortable = (cell: Row['cells'][number] | undefined) => (typeof cell === 'boolean' ? String(cell) : (cell ?? null))
const shown = (cell: Row['cells'][number] | undefined) =>
  cell === null || cell === undefined || cell === '' ? '–' : String(cell)

/** `app=web,tier!=db`: asked of the server when it is left or Enter is pressed. */
function LabelBox({ labels, onChange }: { labels: string; onChange: (labels: string) => void }) {
  return (
    <Input
      type="search"
      aria-label="Label selector"
      placeholder="app=web,tier!=db"
      defaultValue={labels}
      className="w-44"
      onBlur={(event) => onChange(event.target.value.trim())}
      onKeyDown={(event) => event.key === 'Enter' && onChange(event.currentTarget.value.trim())}
    />
  )
}

function NoObjects({ workspace, kind, name, filtered }: Props & { name: string; filtered: boolean }) {
  if (filtered) return <EmptyState icon={<Braces />} title={`No ${name} has these labels`} />
  return (
    <EmptyState icon={<Braces />} title={`There is no ${name} here`}>
      <p>What is created appears here by itself, whoever creates it.</p>
      <CodeSnippet snippets={kindSnippets(workspace, kind)} />
    </EmptyState>
  )
}
