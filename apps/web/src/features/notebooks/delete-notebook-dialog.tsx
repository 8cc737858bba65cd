'use client'
import type { NotebookServer } from '@keelson/contracts/notebooks'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { touch } from '@/trpc/topics.ts'
import { ConfirmDialog, TypedName } from '@/view/confirm-dialog.tsx'
import { paths } from '@/view/paths.ts'

/** Without its volumes a notebook is quickly made again; with them work is lost, so that its name is typed. */
export function DeleteNotebookDialog({ notebook, onClose }: { notebook: NotebookServer; onClose: () => void }) {
  const { workspace, name, volumes } = notebook
  const trpc = useTRPC()
  const router = useRouter()
  const queryClient = useQueryClient()
  const [withVolumes, setWithVolumes] = useState(false)
  const [typed, setTyped] = useState('')
  const claims = volumes.flatMap(({ claim }) => claim ?? [])
  const remove = useMutation(
    trpc.notebooks.delete.mutationOptions({
      onSuccess: async () => {
        toast.success(`${name} is being deleted.`)
        onClose()
        router.push(paths.notebooks(workspace))
        await touch(queryClient, ['objects', 'activity'])
      },
    }),
  )
  return (
    <ConfirmDialog
      title={`Delete the notebook ${name}?`}
      description="Its server ends at once."
      deed="Delete the notebook"
      mutation={remove}
      isReady={!withVolumes || typed === name}
      onConfirm={() => remove.mutate({ workspace, name, volumes: withVolumes })}
      onClose={onClose}
    >
      {claims.length > 0 ? (
        <label className="flex items-start gap-2">
          <input
            type="checkbox"
            className="mt-0.5 size-3.5 accent-(--accent)"
            checked={withVolumes}
            onChange={(event) => setWithVolumes(event.target.checked)}
          />
          <span>Delete its volumes, too: {claims.join(', ')}. What another notebook or pod uses is kept.</span>
        </label>
      ) : null}
      {withVolumes ? (
        <TypedName
          id="notebook-confirm"
          label={`Type ${name} to go on: the files on these volumes are lost`}
          typed={typed}
          onType={setTyped}
        />
      ) : null}
    </ConfirmDialog>
  )
}
