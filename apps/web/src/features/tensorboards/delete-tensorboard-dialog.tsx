'use client'
import type { TensorboardRow } from '@keelson/contracts/tensorboards'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTRPC } from '@/trpc/client.tsx'
import { touch } from '@/trpc/topics.ts'
import { ConfirmDialog } from '@/view/confirm-dialog.tsx'

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
    <ConfirmDialog
      title={`Delete the TensorBoard ${name}?`}
      description="The files that it reads stay."
      deed="Delete the TensorBoard"
      mutation={remove}
      onConfirm={() => remove.mutate({ workspace, name })}
      onClose={onClose}
    />
  )
}
