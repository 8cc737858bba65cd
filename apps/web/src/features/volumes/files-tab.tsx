'use client'
import type { Volume } from '@keelson/contracts/volumes'
import { EmptyState } from '@keelson/ui/empty-state'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { PermissionButton } from '@keelson/ui/permission-button'
import { TableSkeleton } from '@keelson/ui/skeleton'
import { useMutation, useQuery } from '@tanstack/react-query'
import { FolderOpen } from 'lucide-react'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { useCan } from '@/view/can.ts'
import { Reason } from '@/view/reason.tsx'
import { FileBrowser } from './file-browser.tsx'

const askEveryMs = 1_000

/** Looking at files takes a pod that has the volume mounted: it is asked for here, and waited for. */
export function FilesTab({ volume }: { volume: Volume }) {
  const { workspace, name } = volume
  const where = { workspace, name }
  const trpc = useTRPC()
  const decision = useCan(workspace)('openFiles')
  const state = useQuery({
    ...trpc.volumes.filesState.queryOptions(where),
    enabled: decision?.allowed === true && volume.hasFiles,
    // Once it is there it stays for half an hour after the last question; the list itself says when it went.
    refetchInterval: ({ state: { data } }) =>
      data?.status === 'pending' || data?.status === 'failed' ? askEveryMs : 30_000,
  })
  const open = useMutation(trpc.volumes.openFiles.mutationOptions({ onSuccess: () => void state.refetch() }))
  if (!volume.hasFiles)
    return <EmptyState title="A block device has no files">Whatever mounts it decides what is on it.</EmptyState>
  if (state.data?.status === 'ready') return <FileBrowser volume={volume} />
  const isAsked = open.isPending || state.data?.status === 'pending' || state.data?.status === 'failed'
  if (isAsked && !open.error)
    return (
      <>
        {state.data ? <Reason status={state.data} /> : null}
        <p role="status" className="mb-3 text-[13px] text-fg-muted">
          The file browser is being started: a small pod mounts the volume.
        </p>
        <TableSkeleton />
      </>
    )
  return (
    <EmptyState
      icon={<FolderOpen />}
      title="Look at the files"
      action={
        <PermissionButton variant="primary" decision={decision} onClick={() => open.mutate(where)}>
          <FolderOpen /> Open the files
        </PermissionButton>
      }
    >
      <p>A small pod mounts the volume and shows what is on it. It ends half an hour after it was last used.</p>
      {open.error ? <ErrorPanel error={errorBodyOf(open.error)} /> : null}
      {state.error ? <ErrorPanel error={errorBodyOf(state.error)} /> : null}
    </EmptyState>
  )
}
