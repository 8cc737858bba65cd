'use client'
import type { Volume } from '@keelson/contracts/volumes'
import { CodeSnippet } from '@keelson/ui/code-snippet'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { EmptyState } from '@keelson/ui/empty-state'
import { PermissionButton } from '@keelson/ui/permission-button'
import { RelativeTime } from '@keelson/ui/relative-time'
import { TableSkeleton } from '@keelson/ui/skeleton'
import { StatusBadge } from '@keelson/ui/status-badge'
import { useQuery } from '@tanstack/react-query'
import { HardDrive, Plus } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { useObjectWatch } from '@/features/objects/index.ts'
import { kindSnippets, volumeSnippets } from '@/features/snippets.ts'
import { useInstallation } from '@/shell/installation.tsx'
import { useTRPC } from '@/trpc/client.tsx'
import { useCan } from '@/view/can.ts'
import { Commands } from '@/view/commands.tsx'
import { FilterBox, matches } from '@/view/filter-box.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { paths } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'
import { useUrlState } from '@/view/url-state.ts'
import { UsedFigure } from './used-bar.tsx'
import { claimKind, modeWords, podKind } from './volume-kind.ts'
import { VolumeUsers } from './volume-users.tsx'

const CreateVolumeDialog = dynamic(
  () => import('./create-volume-dialog.tsx').then((module) => module.CreateVolumeDialog),
  { ssr: false },
)

const columnsOf = (workspace: string): Column<Volume>[] => [
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
      <TextLink href={paths.volume(workspace, one.name)} className="font-medium">
        {one.name}
      </TextLink>
    ),
  },
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
  {
    id: 'created',
    header: 'Created',
    align: 'right',
    sortValue: (one) => one.createdAt,
    cell: (one) => <RelativeTime at={one.createdAt} />,
  },
]

export function VolumeList({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const router = useRouter()
  const [filter] = useUrlState('q', '')
  useObjectWatch({ workspace, ...claimKind })
  // Who uses a volume changes with the pods.
  useObjectWatch({ workspace, ...podKind })
  const volumes = useQuery(trpc.volumes.list.queryOptions({ workspace }))
  return (
    <>
      <PageHead
        title="Volumes"
        actions={
          <>
            <FilterBox />
            <NewButton workspace={workspace} />
          </>
        }
      />
      <Loaded query={volumes} skeleton={<TableSkeleton />}>
        {(all) =>
          all.length === 0 ? (
            <NoVolumes workspace={workspace} />
          ) : (
            <>
              <DataTable
                label="Volumes"
                rows={all.filter((one) =>
                  matches(filter, one.name, one.storageClass, one.status.status, ...one.usedBy.map(({ name }) => name)),
                )}
                columns={columnsOf(workspace)}
                rowId={(one) => one.uid}
                onOpen={(one) => router.push(paths.volume(workspace, one.name))}
              />
              <Commands snippets={kindSnippets(workspace, claimKind)} />
            </>
          )
        }
      </Loaded>
    </>
  )
}

function NewButton({ workspace }: { workspace: string }) {
  const decision = useCan(workspace)('createVolume')
  const [isOpen, setIsOpen] = useState(false)
  return (
    <>
      <PermissionButton variant="primary" decision={decision} onClick={() => setIsOpen(true)}>
        <Plus />
        New volume
      </PermissionButton>
      {isOpen ? <CreateVolumeDialog workspace={workspace} onClose={() => setIsOpen(false)} /> : null}
    </>
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
