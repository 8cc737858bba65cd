'use client'
import type { TrainingJob } from '@keelson/contracts/training'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTRPC } from '@/trpc/client.tsx'
import { touch } from '@/trpc/topics.ts'
import { ConfirmDialog } from '@/view/confirm-dialog.tsx'

export function DeleteJobDialog({
  workspace,
  job,
  onClose,
}: {
  workspace: string
  job: TrainingJob
  onClose: () => void
}) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const remove = useMutation(
    trpc.jobs.delete.mutationOptions({
      onSuccess: async () => {
        await touch(queryClient, ['jobs', 'activity'])
        toast.success(`Job ${job.name} is being deleted.`)
        onClose()
      },
    }),
  )
  return (
    <ConfirmDialog
      title={`Delete ${job.name}?`}
      description="Its pods are stopped and it leaves the cluster. Its logs, exit states and runs are kept."
      deed="Delete the job"
      keep="Keep it"
      mutation={remove}
      onConfirm={() => remove.mutate({ workspace, uid: job.uid })}
      onClose={onClose}
    >
      {remove.error ? null : (
        <p className="text-fg-muted">
          This page stays, with what is known of the job. Stopping it instead would keep it in the cluster.
        </p>
      )}
    </ConfirmDialog>
  )
}
