'use client'
import type { ErrorBody } from '@keelson/contracts/errors'
import type { MadeObject } from '@keelson/contracts/objects'
import { type Decision, PermissionButton } from '@keelson/ui/permission-button'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import { objectPath } from '@/view/paths.ts'
import { ManifestEditor } from './manifest-editor.tsx'
import { ReviewPanel } from './review-panel.tsx'
import { useLeaveWarning } from './use-leave-warning.ts'

type Props = { workspace: string | null; skeleton: string; decision: Decision }

/** A new object of any kind: written, tried, looked at, made. */
export function CreateObject({ workspace, skeleton, decision }: Props) {
  const trpc = useTRPC()
  const router = useRouter()
  const queryClient = useQueryClient()
  const [text, setText] = useState(skeleton)
  const [tried, setTried] = useState<{ made: MadeObject; text: string } | null>(null)
  const [refused, setRefused] = useState<{ text: string; error: ErrorBody } | null>(null)
  useLeaveWarning(text !== skeleton)
  const create = useMutation(
    trpc.objects.create.mutationOptions({
      onSuccess: async (made, input) => {
        setRefused(null)
        if (made.dryRun) return setTried({ made, text: input.yaml })
        toast.success(`${made.kind.kind} ${made.name} was created.`)
        setText(skeleton)
        router.push(objectPath(made.namespace, made.kind, made.name))
        await touch(queryClient, ['objects', 'activity'])
      },
      onError: (error, input) => {
        if (input.dryRun) setRefused({ text: input.yaml, error: errorBodyOf(error) })
      },
    }),
  )
  const send = (yaml: string, dryRun: boolean) => create.mutate({ workspace, yaml, dryRun })
  if (tried !== null) {
    return (
      <ReviewPanel
        made={tried.made}
        applyLabel="Create"
        pending={create.isPending}
        error={create.error ? errorBodyOf(create.error) : null}
        onApply={() => send(tried.text, false)}
        onBack={() => setTried(null)}
      />
    )
  }
  return (
    <ManifestEditor
      label="YAML of the new object"
      text={text}
      revision={0}
      onChange={setText}
      onSave={() => send(text, true)}
      refused={refused}
      actions={
        <PermissionButton
          variant="primary"
          decision={decision}
          disabled={create.isPending || text.trim() === ''}
          onClick={() => send(text, true)}
        >
          Review
        </PermissionButton>
      }
    />
  )
}
