'use client'
import type { TensorboardRow } from '@keelson/contracts/tensorboards'
import { Button } from '@keelson/ui/button'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { EmptyState } from '@keelson/ui/empty-state'
import { PermissionButton } from '@keelson/ui/permission-button'
import { RelativeTime } from '@keelson/ui/relative-time'
import { TableSkeleton } from '@keelson/ui/skeleton'
import { StatusBadge } from '@keelson/ui/status-badge'
import { useQuery } from '@tanstack/react-query'
import { ChartLine, ExternalLink, Plus, Trash2 } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { useObjectWatch } from '@/features/objects/index.ts'
import { kindSnippets, tensorboardSnippets } from '@/features/snippets.ts'
import { useInstallation } from '@/shell/installation.tsx'
import { useTRPC } from '@/trpc/client.tsx'
import { useCan } from '@/view/can.ts'
import { Commands } from '@/view/commands.tsx'
import { FilterBox, matches } from '@/view/filter-box.tsx'
import { KindNotice } from '@/view/kind-notice.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { objectPath, paths } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'
import { useUrlState } from '@/view/url-state.ts'

const CreateTensorboardDialog = dynamic(
  () => import('./create-tensorboard-dialog.tsx').then((module) => module.CreateTensorboardDialog),
  { ssr: false },
)
const DeleteTensorboardDialog = dynamic(
  () => import('./delete-tensorboard-dialog.tsx').then((module) => module.DeleteTensorboardDialog),
  { ssr: false },
)

const tensorboardKind = { group: 'tensorboard.kubeflow.org', version: 'v1alpha1', plural: 'tensorboards' } as const

const columnsOf = (workspace: string): Column<TensorboardRow>[] => [
  {
    id: 'status',
    header: 'Status',
    sortValue: (one) => one.status.status,
    cell: (one) => <StatusBadge status={one.status.status} detail={one.status} />,
  },
  {
    id: 'name',
    header: 'Name',
    sortValue: (one) => one.name,
    cell: (one) => (
      <TextLink href={objectPath(workspace, tensorboardKind, one.name)} className="font-medium">
        {one.name}
      </TextLink>
    ),
  },
  { id: 'actions', header: 'Actions', cell: (one) => <RowActions board={one} /> },
  {
    id: 'logs',
    header: 'Reads',
    sortValue: (one) => one.logspath,
    cell: (one) =>
      one.claim === null ? (
        one.logspath
      ) : (
        <TextLink href={paths.volume(workspace, one.claim)}>{one.logspath.slice('pvc://'.length)}</TextLink>
      ),
  },
  {
    id: 'created',
    header: 'Created',
    align: 'right',
    sortValue: (one) => one.createdAt,
    cell: (one) => <RelativeTime at={one.createdAt} />,
  },
]

export function TensorboardList({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const [filter] = useUrlState('q', '')
  useObjectWatch({ workspace, ...tensorboardKind })
  const boards = useQuery(trpc.tensorboards.list.queryOptions({ workspace }))
  return (
    <>
      <PageHead
        title="TensorBoards"
        actions={
          <>
            <FilterBox />
            <NewButton workspace={workspace} />
          </>
        }
      />
      <KindNotice kind="Tensorboard" />
      <Loaded query={boards} skeleton={<TableSkeleton />}>
        {(all) =>
          all.length === 0 ? (
            <NoTensorboards workspace={workspace} />
          ) : (
            <>
              <DataTable
                label="TensorBoards"
                rows={all.filter((one) => matches(filter, one.name, one.logspath, one.status.status))}
                columns={columnsOf(workspace)}
                rowId={(one) => one.uid}
              />
              {all
                .filter(({ status }) => status.status === 'failed')
                .map((one) => (
                  <p key={one.uid} role="status" className="mt-3 text-[13px] text-danger">
                    {one.name}: {one.status.message}
                  </p>
                ))}
              <Commands snippets={kindSnippets(workspace, tensorboardKind)} />
            </>
          )
        }
      </Loaded>
    </>
  )
}

/** Opens it in a tab of its own, on the notebooks' site. */
function RowActions({ board }: { board: TensorboardRow }) {
  const { workspace, name, status } = board
  const can = useCan(workspace)
  const [isDeleting, setIsDeleting] = useState(false)
  const open = can('openTensorboard')
  const label = (
    <>
      <ExternalLink />
      Open
    </>
  )
  return (
    <span className="inline-flex gap-1.5">
      {open?.allowed && status.status === 'ready' ? (
        <Button asChild size="sm">
          <a
            href={`/workspaces/${encodeURIComponent(workspace)}/tensorboards/${encodeURIComponent(name)}/open`}
            target="_blank"
            rel="noopener"
            aria-label={`Open ${name}`}
          >
            {label}
          </a>
        </Button>
      ) : (
        <PermissionButton
          size="sm"
          decision={open?.allowed ? { allowed: false, reason: status.message ?? `${name} is not ready yet.` } : open}
          aria-label={`Open ${name}`}
        >
          {label}
        </PermissionButton>
      )}
      <PermissionButton
        size="sm"
        decision={can('deleteTensorboard')}
        onClick={() => setIsDeleting(true)}
        aria-label={`Delete ${name}`}
      >
        <Trash2 />
      </PermissionButton>
      {isDeleting ? <DeleteTensorboardDialog board={board} onClose={() => setIsDeleting(false)} /> : null}
    </span>
  )
}

function NewButton({ workspace }: { workspace: string }) {
  const decision = useCan(workspace)('createTensorboard')
  const [isOpen, setIsOpen] = useState(false)
  return (
    <>
      <PermissionButton variant="primary" decision={decision} onClick={() => setIsOpen(true)}>
        <Plus />
        New TensorBoard
      </PermissionButton>
      {isOpen ? <CreateTensorboardDialog workspace={workspace} onClose={() => setIsOpen(false)} /> : null}
    </>
  )
}

function NoTensorboards({ workspace }: { workspace: string }) {
  const { info } = useInstallation()
  return (
    <EmptyState icon={<ChartLine />} title="No TensorBoard here yet" action={<NewButton workspace={workspace} />}>
      <p>
        A TensorBoard draws the curves, histograms and graphs that a training writes into a folder of a volume. Make one
        with the form, or by command:
      </p>
      <CodeSnippet snippets={tensorboardSnippets(info.url, workspace, 'curves', 'pvc://data/runs')} />
    </EmptyState>
  )
}
