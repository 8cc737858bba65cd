'use client'
import type { NotebookServer } from '@keelson/contracts/notebooks'
import { Badge } from '@keelson/ui/badge'
import { Button } from '@keelson/ui/button'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import type { Column } from '@keelson/ui/data-table'
import { EmptyState } from '@keelson/ui/empty-state'
import { PermissionButton } from '@keelson/ui/permission-button'
import { RelativeTime } from '@keelson/ui/relative-time'
import { useQuery } from '@tanstack/react-query'
import { NotebookPen, Plus } from 'lucide-react'
import Link from 'next/link'
import { ListOfKind } from '@/features/objects/index.ts'
import { notebookSnippets } from '@/features/snippets.ts'
import { useInstallation } from '@/shell/installation.tsx'
import { useTRPC } from '@/trpc/client.tsx'
import { useCan } from '@/view/can.ts'
import { createdColumn, nameLink, statusColumn } from '@/view/columns.tsx'
import { KindNotice } from '@/view/kind-notice.tsx'
import { paths } from '@/view/paths.ts'
import { Who } from '@/view/who.tsx'
import { ConnectButton, StartStopButton } from './notebook-buttons.tsx'
import { notebookKind, shortImage } from './notebook-kind.ts'

const columnsOf = (workspace: string): Column<NotebookServer>[] => [
  statusColumn(),
  {
    id: 'name',
    header: 'Name',
    sortValue: (one) => one.name,
    cell: (one) => (
      <span className="inline-flex items-center gap-2">
        {nameLink(one, hrefOf(workspace))}
        {one.culling.at && !one.isStopped ? (
          <Badge tone="warning">
            stops <RelativeTime at={one.culling.at} />
          </Badge>
        ) : null}
      </span>
    ),
  },
  {
    id: 'actions',
    header: 'Actions',
    cell: (one) => (
      <span className="inline-flex gap-1.5">
        <ConnectButton notebook={one} size="sm" />
        <StartStopButton notebook={one} size="sm" />
      </span>
    ),
  },
  { id: 'image', header: 'Image', cell: (one) => <span title={one.image}>{shortImage(one.image)}</span> },
  { id: 'cpu', header: 'CPU', align: 'right', cell: (one) => one.cpu ?? '–' },
  { id: 'memory', header: 'Memory', align: 'right', cell: (one) => one.memory ?? '–' },
  {
    id: 'gpu',
    header: 'GPU',
    align: 'right',
    cell: (one) => one.gpus.map(({ key, count }) => `${count} ${key.split('/')[0]?.split('.')[0]}`).join(', ') || '–',
  },
  {
    id: 'volumes',
    header: 'Volumes',
    cell: (one) => one.volumes.flatMap(({ claim }) => claim ?? []).join(', ') || '–',
  },
  {
    id: 'active',
    header: 'Last activity',
    align: 'right',
    sortValue: (one) => one.lastActivityAt,
    cell: (one) => <RelativeTime at={one.lastActivityAt} />,
  },
  {
    id: 'by',
    header: 'By',
    sortValue: (one) => one.createdBy ?? '',
    cell: (one) => (one.createdBy ? <Who name={one.createdBy} /> : '–'),
  },
  createdColumn(),
]

const hrefOf = (workspace: string) => (one: NotebookServer) => paths.notebook(workspace, one.name)

export function NotebookList({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const notebooks = useQuery(trpc.notebooks.list.queryOptions({ workspace }))
  return (
    <ListOfKind
      workspace={workspace}
      kind={notebookKind}
      title="Notebooks"
      make={<NewButton workspace={workspace} />}
      notice={<KindNotice kind="Notebook" />}
      query={notebooks}
      columns={columnsOf(workspace)}
      wordsOf={(one) => [one.name, one.image, one.status.status, one.createdBy]}
      hrefOf={hrefOf(workspace)}
      none={<NoNotebooks workspace={workspace} />}
    />
  )
}

function NewButton({ workspace }: { workspace: string }) {
  const decision = useCan(workspace)('spawnNotebook')
  const label = (
    <>
      <Plus />
      New notebook
    </>
  )
  if (!decision?.allowed)
    return (
      <PermissionButton variant="primary" decision={decision}>
        {label}
      </PermissionButton>
    )
  return (
    <Button asChild variant="primary">
      <Link href={paths.newNotebook(workspace)}>{label}</Link>
    </Button>
  )
}

function NoNotebooks({ workspace }: { workspace: string }) {
  const { info } = useInstallation()
  return (
    <EmptyState icon={<NotebookPen />} title="No notebook here yet" action={<NewButton workspace={workspace} />}>
      <p>
        A notebook is a server to work in, such as JupyterLab. It keeps its volume when it is stopped, and its clients
        know this workspace. Make one with the form, or by command:
      </p>
      <CodeSnippet snippets={notebookSnippets(info.url, workspace, { name: 'lab' })} />
    </EmptyState>
  )
}
