'use client'
import type { TensorboardRow } from '@keelson/contracts/tensorboards'
import { Button } from '@keelson/ui/button'
import { Dialog } from '@keelson/ui/dialog'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'

export function DeleteTensorboardDialog({ board, onClose }: { board: TensorboardRow; onClose: () => void }) {
  const { workspace, name } = board
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const remove = useMutation(
    trpc.tensorboards.delete.mutationOptions({
      onSuccess: async () => {
        toast.success(`${name} is being deleted.`)
        onClose()
        await touch(queryClient, ['objects', 'activity'])
      },
    }),
  )
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Delete the TensorBoard ${name}?`}
      description="The files that it reads stay."
      footer={
        <Button variant="danger" disabled={remove.isPending} onClick={() => remove.mutate({ workspace, name })}>
          Delete the TensorBoard
        </Button>
      }
    >
      {remove.error ? <ErrorPanel error={errorBodyOf(remove.error)} /> : null}
    </Dialog>
  )
}
