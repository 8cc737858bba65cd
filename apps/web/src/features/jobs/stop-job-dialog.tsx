'use client'
import type { TrainingJob } from '@keelson/contracts/training'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTRPC } from '@/trpc/client.tsx'
import { touch } from '@/trpc/topics.ts'
import { ConfirmDialog } from '@/view/confirm-dialog.tsx'

/** Says how stopping differs from suspending and from deleting before it is done. */
export function StopJobDialog({
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
  const stop = useMutation(
    trpc.jobs.stop.mutationOptions({
      onSuccess: async () => {
        await touch(queryClient, ['jobs', 'activity'])
        toast.success(`Job ${job.name} is being stopped.`)
        onClose()
      },
    }),
  )
  return (
    <ConfirmDialog
      title={`Stop ${job.name}?`}
      description="It ends for good: its pods are stopped, and it cannot be resumed."
      deed="Stop the job"
      keep="Let it run"
      mutation={stop}
      onConfirm={() => stop.mutate({ workspace, uid: job.uid })}
      onClose={onClose}
    >
      {stop.error ? null : (
        <ul className="grid list-disc gap-1 pl-5 text-fg-muted">
          <li>Stopping keeps the job in the cluster, as stopped, with its logs, attempts, metrics and YAML.</li>
          <li>Suspending ends its pods too, and lets you resume it later.</li>
          <li>Deleting takes it out of the cluster; its history stays here.</li>
        </ul>
      )}
    </ConfirmDialog>
  )
}
