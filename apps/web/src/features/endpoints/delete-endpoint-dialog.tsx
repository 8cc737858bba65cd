'use client'
import { Button } from '@keelson/ui/button'
import { Dialog } from '@keelson/ui/dialog'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { Field, Input } from '@keelson/ui/input'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'

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
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Delete the endpoint ${name}?`}
      description="It stops answering at once. Its logged predictions are kept."
      footer={
        <Button
          variant="danger"
          disabled={typed !== name || remove.isPending}
          onClick={() => remove.mutate({ workspace, name })}
        >
          Delete the endpoint
        </Button>
      }
    >
      <div className="grid gap-3">
        <Field id="endpoint-confirm" label={`Type ${name} to go on`}>
          <Input
            id="endpoint-confirm"
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
