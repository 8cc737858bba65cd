'use client'
import type { Volume } from '@keelson/contracts/volumes'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import type { Column } from '@keelson/ui/data-table'
import { EmptyState } from '@keelson/ui/empty-state'
import { useQuery } from '@tanstack/react-query'
import { HardDrive, Plus } from 'lucide-react'
import dynamic from 'next/dynamic'
import { ListOfKind, useObjectWatch } from '@/features/objects/index.ts'
import { volumeSnippets } from '@/features/snippets.ts'
import { useInstallation } from '@/shell/installation.tsx'
import { useTRPC } from '@/trpc/client.tsx'
import { useCan } from '@/view/can.ts'
import { createdColumn, nameColumn, statusColumn } from '@/view/columns.tsx'
import { DialogButton } from '@/view/dialog-button.tsx'
import { paths } from '@/view/paths.ts'
import { UsedFigure } from './used-bar.tsx'
import { claimKind, modeWords, podKind } from './volume-kind.ts'
import { VolumeUsers } from './volume-users.tsx'

const CreateVolumeDialog = dynamic(
  () => import('./create-volume-dialog.tsx').then((module) => module.CreateVolumeDialog),
  { ssr: false },
)

const columnsOf = (workspace: string): Column<Volume>[] => [
  statusColumn(),
  nameColumn((one) => paths.volume(workspace, one.name)),
  {
    id: 'size',
    header: 'Size',
    align: 'right',
    sortValue: (one) => one.sizeBytes,
    cell: (one) => one.capacity ?? one.size,
  },
  {
    id: 'used',
    header: 'Used',
    align: 'right',
    sortValue: (one) => one.used?.bytes ?? null,
    cell: (one) => <UsedFigure volume={one} />,
  },
  {
    id: 'mode',
    header: 'Access',
    cell: (one) => <span title={one.modes.join(', ')}>{one.modes.map(modeWords).join(', ')}</span>,
  },
  { id: 'class', header: 'Class', sortValue: (one) => one.storageClass, cell: (one) => one.storageClass ?? '–' },
  { id: 'users', header: 'Used by', cell: (one) => <VolumeUsers volume={one} /> },
  createdColumn(),
]

export function VolumeList({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  // Who uses a volume changes with the pods.
  useObjectWatch({ workspace, ...podKind })
  const volumes = useQuery(trpc.volumes.list.queryOptions({ workspace }))
  return (
    <ListOfKind
      workspace={workspace}
      kind={claimKind}
      title="Volumes"
      make={<NewButton workspace={workspace} />}
      query={volumes}
      columns={columnsOf(workspace)}
      wordsOf={(one) => [one.name, one.storageClass, one.status.status, ...one.usedBy.map(({ name }) => name)]}
      hrefOf={(one) => paths.volume(workspace, one.name)}
      none={<NoVolumes workspace={workspace} />}
    />
  )
}

function NewButton({ workspace }: { workspace: string }) {
  return (
    <DialogButton
      variant="primary"
      decision={useCan(workspace)('createVolume')}
      dialog={(close) => <CreateVolumeDialog workspace={workspace} onClose={close} />}
    >
      <Plus />
      New volume
    </DialogButton>
  )
}

function NoVolumes({ workspace }: { workspace: string }) {
  const { info } = useInstallation()
  return (
    <EmptyState icon={<HardDrive />} title="No volume here yet" action={<NewButton workspace={workspace} />}>
      <p>
        A volume keeps files when the pods and notebooks that use it are gone. Its files can be looked at, uploaded and
        downloaded here. Make one with the form, or by command:
      </p>
      <CodeSnippet snippets={volumeSnippets(info.url, workspace, 'data')} />
    </EmptyState>
  )
}
