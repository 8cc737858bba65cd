'use client'
import type { TrainingJobDetail } from '@keelson/contracts/training'
import { PermissionButton } from '@keelson/ui/permission-button'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { CircleStop, Copy, Pause, Play, RotateCcw, RotateCwSquare, Trash2 } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import { useMayJob } from '@/view/can.ts'
import { paths } from '@/view/paths.ts'

type Props = {
  workspace: string
  detail: TrainingJobDetail
  onClone: () => void
  onStop: () => void
  onDelete: () => void
}

/** What can be done with a job; who may is the server's decision. */
export function JobActions({ workspace, detail, onClone, onStop, onDelete }: Props) {
  const { job, suspended, failedPart } = detail
  const trpc = useTRPC()
  const router = useRouter()
  const queryClient = useQueryClient()
  const mayCreate = useMayJob(workspace, job.kind, 'create')
  const mayPatch = useMayJob(workspace, job.kind, 'patch')
  const mayDelete = useMayJob(workspace, job.kind, 'delete')
  const onError = (error: unknown) => void toast.error(errorBodyOf(error).message)
  const suspend = useMutation(
    trpc.jobs.suspend.mutationOptions({
      onSuccess: async (_, input) => {
        await touch(queryClient, ['jobs', 'activity'])
        toast.success(input.suspend ? `Job ${job.name} is being suspended.` : `Job ${job.name} goes on.`)
      },
      onError,
    }),
  )
  const retry = useMutation(
    trpc.jobs.retry.mutationOptions({
      onSuccess: async (made) => {
        await touch(queryClient, ['jobs', 'activity'])
        toast.success(`Job ${made.name} was submitted.`)
        if (made.uid) router.push(paths.job(workspace, made.uid))
      },
      onError,
    }),
  )
  const over = job.finishedAt !== null || !job.exists
  return (
    <>
      {over ? (
        <PermissionButton
          decision={mayCreate}
          disabled={retry.isPending}
          onClick={() => retry.mutate({ workspace, uid: job.uid })}
        >
          <RotateCcw />
          Run again
        </PermissionButton>
      ) : null}
      {over && failedPart ? (
        <PermissionButton
          decision={mayCreate}
          disabled={retry.isPending}
          title={`Runs ${failedPart} again, as a new job`}
          onClick={() => retry.mutate({ workspace, uid: job.uid, onlyFailed: true })}
        >
          <RotateCwSquare />
          Run what failed
        </PermissionButton>
      ) : null}
      {over ? null : (
        <PermissionButton
          decision={mayPatch}
          disabled={suspend.isPending}
          onClick={() => suspend.mutate({ workspace, uid: job.uid, suspend: !suspended })}
        >
          {suspended ? <Play /> : <Pause />}
          {suspended ? 'Resume' : 'Suspend'}
        </PermissionButton>
      )}
      {over || suspended ? null : (
        <PermissionButton decision={mayPatch} onClick={onStop}>
          <CircleStop />
          Stop
        </PermissionButton>
      )}
      <PermissionButton decision={mayCreate} onClick={onClone}>
        <Copy />
        Clone and edit
      </PermissionButton>
      {job.exists ? (
        <PermissionButton decision={mayDelete} onClick={onDelete}>
          <Trash2 />
          Delete
        </PermissionButton>
      ) : null}
    </>
  )
}
