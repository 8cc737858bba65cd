'use client'
import type { ListedKind } from '@keelson/contracts/objects'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { EmptyState } from '@keelson/ui/empty-state'
import { plural } from '@keelson/ui/format'
import { PermissionButton } from '@keelson/ui/permission-button'
import { TableSkeleton } from '@keelson/ui/skeleton'
import { Tooltip } from '@keelson/ui/tooltip'
import { useQuery } from '@tanstack/react-query'
import { Braces, Plus } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { kindsSnippets } from '@/features/snippets.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { Commands } from '@/view/commands.tsx'
import { FilterBox, matches } from '@/view/filter-box.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { newObjectPath, objectKindPath } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'
import { useUrlState } from '@/view/url-state.ts'
import { mayCreateAny } from './may-create.ts'
import { apiVersionOf } from './object-address.ts'

const columnsOf = (workspace: string | null): Column<ListedKind>[] => [
  {
    id: 'kind',
    header: 'Kind',
    sortValue: (kind) => kind.kind,
    cell: (kind) =>
      kind.list.allowed ? (
        <TextLink href={objectKindPath(workspace, kind)} className="font-medium">
          {kind.kind}
        </TextLink>
      ) : (
        <Tooltip text={kind.list.reason}>
          <button type="button" aria-disabled="true" className="rounded text-fg-subtle">
            {kind.kind}
          </button>
        </Tooltip>
      ),
  },
  {
    id: 'apiVersion',
    header: 'API',
    sortValue: (kind) => apiVersionOf(kind),
    cell: (kind) => <span className="font-mono text-xs">{apiVersionOf(kind)}</span>,
  },
  {
    id: 'plural',
    header: 'Resource',
    sortValue: (kind) => kind.plural,
    cell: (kind) => (
      <span className="font-mono text-xs">
        {kind.plural}
        {kind.shortNames.length > 0 ? <span className="text-fg-subtle"> ({kind.shortNames.join(', ')})</span> : null}
      </span>
    ),
  },
  {
    id: 'scope',
    header: 'Scope',
    sortValue: (kind) => String(kind.namespaced),
    cell: (kind) => <span className="text-fg-muted">{kind.namespaced ? 'in a namespace' : 'whole cluster'}</span>,
  },
]

/** Every kind of object that the cluster has, a user's own too. */
export function KindList({ workspace }: { workspace: string | null }) {
  const trpc = useTRPC()
  const router = useRouter()
  const [filter] = useUrlState('q', '')
  const kinds = useQuery(trpc.objects.kinds.queryOptions({ workspace }))
  return (
    <>
      <PageHead
        title="Objects"
        hint={
          workspace === null
            ? 'Every kind of the cluster, as its API server has it.'
            : 'Every kind that can be in this workspace, as the API server has it.'
        }
        actions={
          <>
            <FilterBox placeholder="Filter kinds" />
            <PermissionButton
              variant="primary"
              decision={kinds.data && mayCreateAny(kinds.data)}
              onClick={() => router.push(newObjectPath(workspace))}
            >
              <Plus />
              Create from YAML
            </PermissionButton>
          </>
        }
      />
      <Loaded query={kinds} skeleton={<TableSkeleton rows={12} />}>
        {(all) => {
          const shown = all.filter((kind) =>
            matches(filter, kind.kind, kind.plural, kind.group, ...kind.shortNames, ...kind.categories),
          )
          if (shown.length === 0)
            return (
              <EmptyState icon={<Braces />} title="No kind is called that">
                Filter by kind, resource, group or short name: deployment, cm, batch.
              </EmptyState>
            )
          return (
            <DataTable
              label="Kinds"
              rows={shown}
              columns={columnsOf(workspace)}
              hidden={workspace === null ? [] : ['scope']}
              rowId={(kind) => `${kind.plural}.${kind.group}`}
              onOpen={(kind) => kind.list.allowed && router.push(objectKindPath(workspace, kind))}
              footer={<span className="tabular">{plural(shown.length, 'kind')}</span>}
            />
          )
        }}
      </Loaded>
      <Commands snippets={kindsSnippets(workspace)} />
    </>
  )
}
