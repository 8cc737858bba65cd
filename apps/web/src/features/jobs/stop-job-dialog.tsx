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
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Stop ${job.name}?`}
      description="It ends for good: its pods are stopped, and it cannot be resumed."
      footer={
        <>
          <Button onClick={onClose}>Let it run</Button>
          <Button variant="danger" disabled={stop.isPending} onClick={() => stop.mutate({ workspace, uid: job.uid })}>
            Stop the job
          </Button>
        </>
      }
    >
      {stop.error ? (
        <ErrorPanel error={errorBodyOf(stop.error)} />
      ) : (
        <ul className="grid list-disc gap-1 pl-5 text-[13px] text-fg-muted">
          <li>Stopping keeps the job in the cluster, as stopped, with its logs, attempts, metrics and YAML.</li>
          <li>Suspending ends its pods too, and lets you resume it later.</li>
          <li>Deleting takes it out of the cluster; its history stays here.</li>
        </ul>
      )}
    </Dialog>
  )
}
