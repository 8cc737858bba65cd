'use client'
import type { Volume } from '@keelson/contracts/volumes'
import { Button } from '@keelson/ui/button'
import { Dialog } from '@keelson/ui/dialog'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { Field, Input } from '@keelson/ui/input'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
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
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Delete the volume ${name}?`}
      description="All files on it are lost."
      footer={
        <Button
          variant="danger"
          disabled={remove.isPending || typed !== name || pods.length > 0}
          onClick={() => remove.mutate({ workspace, name })}
        >
          Delete the volume
        </Button>
      }
    >
      <div className="grid gap-3 text-[13px]">
        {pods.length > 0 ? (
          <p role="note" className="rounded-md bg-warning-soft px-3 py-2 text-warning">
            It cannot be deleted now: {pods.length === 1 ? 'the pod' : 'the pods'} {names(pods)}{' '}
            {pods.length === 1 ? 'uses' : 'use'} it. Stop or delete what uses it first.
          </p>
        ) : null}
        {waiting.length > 0 ? <p>Without it {names(waiting)} cannot start any more.</p> : null}
        <Field id="volume-confirm" label={`Type ${name} to go on`}>
          <Input
            id="volume-confirm"
            value={typed}
            autoComplete="off"
            onChange={(event) => setTyped(event.target.value)}
          />
        </Field>
        {remove.error ? <ErrorPanel error={errorBodyOf(remove.error)} /> : null}
      </div>
    </Dialog>
  )
}
