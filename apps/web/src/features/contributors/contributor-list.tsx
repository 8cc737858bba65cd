'use client'
import type { Contributor } from '@keelson/contracts/workspaces'
import { Badge } from '@keelson/ui/badge'
import { Panel } from '@keelson/ui/card'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { PermissionButton } from '@keelson/ui/permission-button'
import { TableSkeleton } from '@keelson/ui/skeleton'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import { useCan } from '@/view/can.ts'
import { Loaded } from '@/view/loaded.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { roleWords } from './role-words.ts'

const AddContributorDialog = dynamic(
  () => import('./add-contributor-dialog.tsx').then((module) => module.AddContributorDialog),
  { ssr: false },
)

export function ContributorList({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const can = useCan(workspace)
  const [adding, setAdding] = useState(false)
  const contributors = useQuery(trpc.workspaces.listContributors.queryOptions({ workspace }))
  const remove = useMutation(
    trpc.workspaces.removeContributor.mutationOptions({
      onSuccess: async () => {
        await touch(queryClient, ['workspaces', 'activity'])
        toast.success('Removed.')
      },
      onError: (error) => toast.error(errorBodyOf(error).message || 'That could not be done.'),
    }),
  )
  const columns: Column<Contributor>[] = [
    {
      id: 'subject',
      header: 'Who',
      sortValue: (one) => one.subject,
      cell: (one) => <span className="font-medium">{one.subject}</span>,
    },
    { id: 'kind', header: 'Kind', cell: (one) => (one.subjectKind === 'Group' ? 'group' : 'person') },
    {
      id: 'role',
      header: 'Role',
      sortValue: (one) => one.role,
      cell: (one) => <Badge tone={one.role === 'owner' ? 'accent' : 'neutral'}>{one.role}</Badge>,
    },
    {
      id: 'binding',
      header: 'RoleBinding',
      cell: (one) => <code className="font-mono text-xs text-fg-muted">{one.binding}</code>,
    },
    {
      id: 'remove',
      header: '',
      align: 'right',
      cell: (one) =>
        one.binding === 'namespaceAdmin' ? null : (
          <PermissionButton
            size="sm"
            decision={can('removeContributor')}
            disabled={remove.isPending}
            aria-label={`Remove ${one.subject}`}
            onClick={() => remove.mutate({ workspace, binding: one.binding })}
          >
            Remove
          </PermissionButton>
        ),
    },
  ]
  return (
    <>
      <PageHead
        title="Contributors"
        actions={
          <PermissionButton variant="primary" decision={can('addContributor')} onClick={() => setAdding(true)}>
            <Plus />
            Add
          </PermissionButton>
        }
      />
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_24rem]">
        <Loaded query={contributors} skeleton={<TableSkeleton rows={3} />}>
          {(items) => (
            <DataTable
              label="Contributors"
              rows={items}
              columns={columns}
              rowId={(one) => `${one.binding}/${one.subject}`}
            />
          )}
        </Loaded>
        <Panel title="What each role may do">
          <dl className="grid gap-3 text-[13px]">
            {roleWords.map(({ role, words, warning }) => (
              <div key={role}>
                <dt className="font-medium">{role}</dt>
                <dd className="text-fg-muted">{words}</dd>
                {warning ? <dd className="mt-0.5 text-warning">{warning}</dd> : null}
              </div>
            ))}
          </dl>
        </Panel>
      </div>
      {adding ? <AddContributorDialog workspace={workspace} onClose={() => setAdding(false)} /> : null}
    </>
  )
}
