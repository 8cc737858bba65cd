'use client'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { touch } from '@/trpc/topics.ts'
import { ConfirmDialog, TypedName } from '@/view/confirm-dialog.tsx'

/** Deleting an endpoint ends traffic, so its name is typed. */
export function DeleteEndpointDialog({
  workspace,
  name,
  onClose,
}: {
  workspace: string
  name: string
  onClose: () => void
}) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [typed, setTyped] = useState('')
  const remove = useMutation(
    trpc.endpoints.delete.mutationOptions({
      onSuccess: async () => {
        await touch(queryClient, ['endpoints', 'models', 'lineage', 'activity'])
        toast.success(`${name} is being deleted.`)
        onClose()
      },
    }),
  )
  return (
    <ConfirmDialog
      title={`Delete the endpoint ${name}?`}
      description="It stops answering at once. Its logged predictions are kept."
      deed="Delete the endpoint"
      mutation={remove}
      isReady={typed === name}
      onConfirm={() => remove.mutate({ workspace, name })}
      onClose={onClose}
    >
      <TypedName id="endpoint-confirm" label={`Type ${name} to go on`} typed={typed} onType={setTyped} />
    </ConfirmDialog>
  )
}
