'use client'
import type { Contributor } from '@keelson/contracts/workspaces'
import { Badge } from '@keelson/ui/badge'
import { Panel } from '@keelson/ui/card'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { PermissionButton } from '@keelson/ui/permission-button'
import { RelativeTime } from '@keelson/ui/relative-time'
import { TableSkeleton } from '@keelson/ui/skeleton'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { contributorSnippets } from '@/features/snippets.ts'
import { useInstallation } from '@/shell/installation.tsx'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import { useCan } from '@/view/can.ts'
import { Commands } from '@/view/commands.tsx'
import { KindNotice } from '@/view/kind-notice.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { objectPath } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'
import { useUrlState } from '@/view/url-state.ts'
import { ContributorChanges } from './contributor-changes.tsx'
import { roleWords } from './role-words.ts'

const AddContributorDialog = dynamic(
  () => import('./add-contributor-dialog.tsx').then((module) => module.AddContributorDialog),
  { ssr: false },
)

const ChangeContributorDialog = dynamic(
  () => import('./change-contributor-dialog.tsx').then((module) => module.ChangeContributorDialog),
  { ssr: false },
)
const TransferDialog = dynamic(() => import('./hand-over-dialogs.tsx').then((module) => module.TransferDialog), {
  ssr: false,
})
const DeleteWorkspaceDialog = dynamic(
  () => import('./hand-over-dialogs.tsx').then((module) => module.DeleteWorkspaceDialog),
  { ssr: false },
)

const ownBinding = 'namespaceAdmin'
const roleBindings = { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'rolebindings' }

export function ContributorList({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const can = useCan(workspace)
  const { info } = useInstallation()
  const [adding, setAdding] = useUrlState('add', '')
  const [changing, setChanging] = useState<Contributor | null>(null)
  const [dialog, setDialog] = useState<'transfer' | 'delete' | null>(null)
  const owning = useOwning(workspace)
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
  const columns = useColumns({
    workspace,
    can,
    busy: remove.isPending,
    onChange: setChanging,
    onRemove: ({ binding }) => remove.mutate({ workspace, binding }),
  })
  const others = (contributors.data ?? []).filter((one) => one.binding !== ownBinding)
  return (
    <>
      <PageHead
        title="Contributors"
        actions={
          <PermissionButton variant="primary" decision={can('addContributor')} onClick={() => setAdding('1')}>
            <Plus />
            Add
          </PermissionButton>
        }
      />
      <KindNotice kind="Profile" />
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
        <div className="grid gap-4">
          <RolesPanel />
          <ContributorChanges workspace={workspace} />
          <Panel title="Ownership" bodyClassName="flex flex-wrap gap-2 p-4">
            <PermissionButton decision={owning} onClick={() => setDialog('transfer')}>
              Hand over…
            </PermissionButton>
            <PermissionButton decision={owning} onClick={() => setDialog('delete')}>
              Delete the workspace…
            </PermissionButton>
          </Panel>
        </div>
      </div>
      <Commands snippets={contributorSnippets(info.url, workspace)} />
      {adding && can('addContributor')?.allowed ? (
        <AddContributorDialog workspace={workspace} onClose={() => setAdding('')} />
      ) : null}
      {changing ? (
        <ChangeContributorDialog workspace={workspace} contributor={changing} onClose={() => setChanging(null)} />
      ) : null}
      {dialog === 'transfer' ? (
        <TransferDialog workspace={workspace} candidates={others} onClose={() => setDialog(null)} />
      ) : null}
      {dialog === 'delete' ? <DeleteWorkspaceDialog workspace={workspace} onClose={() => setDialog(null)} /> : null}
    </>
  )
}

/** Who owns the workspace, or runs the installation, hands it over and deletes it. The server decides again. */
function useOwning(workspace: string): { allowed: boolean; reason: string } | undefined {
  const trpc = useTRPC()
  const { me } = useInstallation()
  const { data } = useQuery(trpc.workspaces.get.queryOptions({ workspace }))
  if (!data) return undefined
  if (me.view) return { allowed: false, reason: `${me.view.by} only looks as ${me.username}.` }
  const allowed = me.isAdmin || data.owner === me.username || me.groups.includes(data.owner)
  return { allowed, reason: allowed ? '' : `Only ${data.owner}, who owns ${workspace}, or an operator may do this.` }
}

type ColumnParts = {
  workspace: string
  can: ReturnType<typeof useCan>
  busy: boolean
  onChange: (one: Contributor) => void
  onRemove: (one: Contributor) => void
}

function useColumns({ workspace, can, busy, onChange, onRemove }: ColumnParts): Column<Contributor>[] {
  return [
    {
      id: 'subject',
      header: 'Who',
      sortValue: (one) => one.subject,
      cell: (one) => (
        <TextLink href={objectPath(workspace, roleBindings, one.binding)} className="font-medium" title="Its YAML">
          {one.subject}
        </TextLink>
      ),
    },
    { id: 'kind', header: 'Kind', cell: (one) => (one.subjectKind === 'Group' ? 'group' : 'person') },
    {
      id: 'role',
      header: 'Role',
      sortValue: (one) => one.role,
      cell: (one) => <Badge tone={one.role === 'owner' ? 'accent' : 'neutral'}>{one.role}</Badge>,
    },
    {
      id: 'expires',
      header: 'Ends',
      sortValue: (one) => one.expiresAt ?? '9',
      cell: (one) =>
        one.expiresAt ? <RelativeTime at={one.expiresAt} /> : <span className="text-fg-subtle">never</span>,
    },
    {
      id: 'change',
      header: '',
      align: 'right',
      cell: (one) =>
        one.binding === ownBinding ? (
          <span className="text-xs text-fg-subtle">owns the workspace</span>
        ) : (
          <span className="inline-flex gap-1.5">
            <PermissionButton
              size="sm"
              decision={can('addContributor')}
              aria-label={`Change ${one.subject}`}
              onClick={() => onChange(one)}
            >
              Change
            </PermissionButton>
            <PermissionButton
              size="sm"
              decision={can('removeContributor')}
              disabled={busy}
              aria-label={`Remove ${one.subject}`}
              onClick={() => onRemove(one)}
            >
              Remove
            </PermissionButton>
          </span>
        ),
    },
  ]
}

function RolesPanel() {
  return (
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
  )
}
