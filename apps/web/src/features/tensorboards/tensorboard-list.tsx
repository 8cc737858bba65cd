'use client'
import type { TensorboardRow } from '@keelson/contracts/tensorboards'
import { Button } from '@keelson/ui/button'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import type { Column } from '@keelson/ui/data-table'
import { EmptyState } from '@keelson/ui/empty-state'
import { PermissionButton } from '@keelson/ui/permission-button'
import { useQuery } from '@tanstack/react-query'
import { ChartLine, ExternalLink, Plus, Trash2 } from 'lucide-react'
import dynamic from 'next/dynamic'
import { ListOfKind } from '@/features/objects/index.ts'
import { tensorboardSnippets } from '@/features/snippets.ts'
import { useInstallation } from '@/shell/installation.tsx'
import { useTRPC } from '@/trpc/client.tsx'
import { useCan } from '@/view/can.ts'
import { createdColumn, nameColumn, statusColumn } from '@/view/columns.tsx'
import { DialogButton } from '@/view/dialog-button.tsx'
import { KindNotice } from '@/view/kind-notice.tsx'
import { objectPath, paths } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'

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
  statusColumn(),
  nameColumn((one) => objectPath(workspace, tensorboardKind, one.name)),
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
  createdColumn(),
]

export function TensorboardList({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const boards = useQuery(trpc.tensorboards.list.queryOptions({ workspace }))
  return (
    <ListOfKind
      workspace={workspace}
      kind={tensorboardKind}
      title="TensorBoards"
      make={<NewButton workspace={workspace} />}
      notice={<KindNotice kind="Tensorboard" />}
      query={boards}
      columns={columnsOf(workspace)}
      wordsOf={(one) => [one.name, one.logspath, one.status.status]}
      none={<NoTensorboards workspace={workspace} />}
      below={(all) => <Failures boards={all} />}
    />
  )
}

/** There is no page of each: why one does not run is said below the list. */
function Failures({ boards }: { boards: readonly TensorboardRow[] }) {
  return boards
    .filter(({ status }) => status.status === 'failed')
    .map((one) => (
      <p key={one.uid} role="status" className="mt-3 text-[13px] text-danger">
        {one.name}: {one.status.message}
      </p>
    ))
}

/** Opens it in a tab of its own, on the notebooks' site. */
function RowActions({ board }: { board: TensorboardRow }) {
  const { workspace, name, status } = board
  const can = useCan(workspace)
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
      <DialogButton
        size="sm"
        decision={can('deleteTensorboard')}
        aria-label={`Delete ${name}`}
        dialog={(close) => <DeleteTensorboardDialog board={board} onClose={close} />}
      >
        <Trash2 />
      </DialogButton>
    </span>
  )
}

function NewButton({ workspace }: { workspace: string }) {
  return (
    <DialogButton
      variant="primary"
      decision={useCan(workspace)('createTensorboard')}
      dialog={(close) => <CreateTensorboardDialog workspace={workspace} onClose={close} />}
    >
      <Plus />
      New TensorBoard
    </DialogButton>
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
