'use client'
import type { Volume } from '@keelson/contracts/volumes'
import { Card, Facts } from '@keelson/ui/card'
import { RelativeTime } from '@keelson/ui/relative-time'
import { StatusBadge } from '@keelson/ui/status-badge'
import { Tabs } from '@keelson/ui/tabs'
import { useQuery } from '@tanstack/react-query'
import { Trash2 } from 'lucide-react'
import dynamic from 'next/dynamic'
import { ObjectActivity } from '@/features/activity/index.ts'
import { ObjectYaml, useObjectWatch } from '@/features/objects/index.ts'
import { objectSnippets } from '@/features/snippets.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { useCan } from '@/view/can.ts'
import { Commands } from '@/view/commands.tsx'
import { DialogButton } from '@/view/dialog-button.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { Reason } from '@/view/reason.tsx'
import { useUrlState } from '@/view/url-state.ts'
import { UsedFigure } from './used-bar.tsx'
import { claimKind, modeWords } from './volume-kind.ts'
import { VolumeUsers } from './volume-users.tsx'

const FilesTab = dynamic(() => import('./files-tab.tsx').then((module) => module.FilesTab), { ssr: false })
const DeleteVolumeDialog = dynamic(
  () => import('./delete-volume-dialog.tsx').then((module) => module.DeleteVolumeDialog),
  { ssr: false },
)

type Where = { workspace: string; name: string }

export function VolumeView(where: Where) {
  const trpc = useTRPC()
  useObjectWatch({ ...claimKind, ...where })
  const volume = useQuery(trpc.volumes.get.queryOptions(where))
  return <Loaded query={volume}>{(data) => <VolumePage volume={data} />}</Loaded>
}

function VolumePage({ volume }: { volume: Volume }) {
  const { workspace, name, status } = volume
  const [tab, setTab] = useUrlState('tab', 'overview')
  const address = { workspace, ...claimKind, name }
  return (
    <>
      <PageHead
        title={name}
        status={<StatusBadge status={status.status} detail={status} />}
        actions={<DeleteButton volume={volume} />}
      />
      <Reason status={status} />
      <Tabs
        label="Volume"
        value={tab}
        onChange={setTab}
        tabs={[
          {
            id: 'overview',
            label: 'Overview',
            content: (
              <>
                <VolumeFacts volume={volume} />
                <Commands snippets={objectSnippets(address, 'PersistentVolumeClaim')} />
              </>
            ),
          },
          { id: 'files', label: 'Files', content: <FilesTab volume={volume} /> },
          { id: 'events', label: 'Events', content: <ObjectActivity workspace={workspace} objectUid={volume.uid} /> },
          { id: 'yaml', label: 'YAML', content: <ObjectYaml address={address} /> },
        ]}
      />
    </>
  )
}

function VolumeFacts({ volume }: { volume: Volume }) {
  const { size, capacity, storageClass, modes, hasFiles, createdAt } = volume
  return (
    <Card className="grid gap-x-10 gap-y-2 p-4 lg:grid-cols-2">
      <Facts
        items={[
          ['Size', capacity !== null && capacity !== size ? `${capacity}, ${size} asked for` : size],
          ['Used', <UsedFigure key="used" volume={volume} />],
          ['Class', storageClass ?? 'none'],
          ['Kind', hasFiles ? 'files' : 'block device'],
        ]}
      />
      <Facts
        items={[
          ['Access', modes.map((mode) => `${modeWords(mode)} (${mode})`).join(', ')],
          ['Used by', <VolumeUsers key="users" volume={volume} />],
          ['Created', <RelativeTime key="created" at={createdAt} />],
        ]}
      />
    </Card>
  )
}

function DeleteButton({ volume }: { volume: Volume }) {
  return (
    <DialogButton
      decision={useCan(volume.workspace)('deleteVolume')}
      dialog={(close) => <DeleteVolumeDialog volume={volume} onClose={close} />}
    >
      <Trash2 /> Delete
    </DialogButton>
  )
}
