'use client'
import type { TrainingJob } from '@keelson/contracts/training'
import { Button } from '@keelson/ui/button'
import { Dialog } from '@keelson/ui/dialog'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'

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
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Delete ${job.name}?`}
      description="Its pods are stopped and it leaves the cluster. Its logs, exit states and runs are kept."
      footer={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button
            variant="danger"
            disabled={remove.isPending}
            onClick={() => remove.mutate({ workspace, uid: job.uid })}
          >
            Delete the job
          </Button>
        </>
      }
    >
      {remove.error ? (
        <ErrorPanel error={errorBodyOf(remove.error)} />
      ) : (
        <p className="text-[13px] text-fg-muted">
          This page stays, with what is known of the job. Stopping it instead would keep it in the cluster.
        </p>
      )}
    </Dialog>
  )
}
