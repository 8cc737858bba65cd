'use client'
import type { Volume } from '@keelson/contracts/volumes'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { touch } from '@/trpc/topics.ts'
import { ConfirmDialog, TypedName } from '@/view/confirm-dialog.tsx'
import { paths } from '@/view/paths.ts'

/** The files go with it, so that its name is typed; refused while pods use it. */
export function DeleteVolumeDialog({ volume, onClose }: { volume: Volume; onClose: () => void }) {
  const { workspace, name, usedBy } = volume
  const trpc = useTRPC()
  const router = useRouter()
  const queryClient = useQueryClient()
  const [typed, setTyped] = useState('')
  const pods = usedBy.filter(({ kind }) => kind === 'Pod')
  const waiting = usedBy.filter(({ kind }) => kind !== 'Pod')
  const remove = useMutation(
    trpc.volumes.delete.mutationOptions({
      onSuccess: async () => {
        toast.success(`${name} is being deleted.`)
        onClose()
        router.push(paths.volumes(workspace))
        await touch(queryClient, ['objects', 'activity'])
      },
    }),
  )
  const names = (users: typeof usedBy) => users.map((user) => user.name).join(', ')
  return (
    <ConfirmDialog
      title={`Delete the volume ${name}?`}
      description="All files on it are lost."
      deed="Delete the volume"
      mutation={remove}
      isReady={typed === name && pods.length === 0}
      onConfirm={() => remove.mutate({ workspace, name })}
      onClose={onClose}
    >
      {pods.length > 0 ? (
        <p role="note" className="rounded-md bg-warning-soft px-3 py-2 text-warning">
          It cannot be deleted now: {pods.length === 1 ? 'the pod' : 'the pods'} {names(pods)}{' '}
          {pods.length === 1 ? 'uses' : 'use'} it. Stop or delete what uses it first.
        </p>
      ) : null}
      {waiting.length > 0 ? <p>Without it {names(waiting)} cannot start any more.</p> : null}
      <TypedName id="volume-confirm" label={`Type ${name} to go on`} typed={typed} onType={setTyped} />
    </ConfirmDialog>
  )
}
