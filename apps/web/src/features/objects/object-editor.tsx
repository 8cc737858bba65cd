'use client'
import type { ErrorBody } from '@keelson/contracts/errors'
import type { MadeObject, ObjectDetail } from '@keelson/contracts/objects'
import { Button } from '@keelson/ui/button'
import { PermissionButton } from '@keelson/ui/permission-button'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import { ManifestEditor } from './manifest-editor.tsx'
import type { ObjectAddress } from './object-address.ts'
import { ReviewPanel, Warnings } from './review-panel.tsx'
import { StalePanel } from './stale-panel.tsx'
import { useLeaveWarning } from './use-leave-warning.ts'

type Base = { yaml: string; etag: string }
type Step =
  | { name: 'edit' }
  | { name: 'review'; made: MadeObject; text: string }
  | { name: 'stale'; live: Base; by: string | null }

type Props = { address: ObjectAddress; detail: ObjectDetail; reveal: boolean }

/** Edit, review what the cluster would make of it, apply. What others write meanwhile is shown and never overwritten. */
export function ObjectEditor({ address, detail, reveal }: Props) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [base, setBase] = useState<Base>(detail)
  const [text, setText] = useState(detail.yaml)
  const [revision, setRevision] = useState(0)
  const [step, setStep] = useState<Step>({ name: 'edit' })
  const [refused, setRefused] = useState<{ text: string; error: ErrorBody } | null>(null)
  const [clashes, setClashes] = useState<readonly string[]>([])
  const isChanged = text !== base.yaml
  useLeaveWarning(isChanged)

  const start = (from: Base, mine = from.yaml) => {
    setBase({ yaml: from.yaml, etag: from.etag })
    setText(mine)
    setRevision((count) => count + 1)
    setStep({ name: 'edit' })
    setRefused(null)
  }
  // Who has changed nothing sees the object as it is now.
  useEffect(() => {
    if (!isChanged && detail.etag !== base.etag && step.name === 'edit') start(detail)
  }, [detail, isChanged, base.etag, step.name])

  const update = useMutation(
    trpc.objects.update.mutationOptions({
      onSuccess: async (outcome, input) => {
        setRefused(null)
        if (outcome.outcome === 'stale')
          return setStep({ name: 'stale', live: { yaml: outcome.live, etag: outcome.etag }, by: outcome.by })
        if (outcome.dryRun) return setStep({ name: 'review', made: outcome, text: input.yaml })
        toast.success(`${detail.kind.kind} ${detail.name} was written.`)
        setClashes([])
        start({ yaml: outcome.after, etag: outcome.etag })
        await touch(queryClient, ['objects', 'activity'])
      },
      onError: (error, input) => {
        if (step.name === 'edit') setRefused({ text: input.yaml, error: errorBodyOf(error) })
      },
    }),
  )
  const rebase = useMutation(
    trpc.objects.rebase.mutationOptions({
      onSuccess: ({ yaml, live, etag, clashes: both }) => {
        setClashes(both)
        start({ yaml: live, etag }, yaml)
      },
    }),
  )
  const send = (yaml: string, dryRun: boolean) => update.mutate({ ...address, reveal, yaml, etag: base.etag, dryRun })
  const review = () => {
    if (isChanged && detail.update.allowed && !update.isPending) send(text, true)
  }

  if (step.name === 'review') {
    return (
      <ReviewPanel
        made={step.made}
        applyLabel="Apply"
        pending={update.isPending}
        error={update.error ? errorBodyOf(update.error) : null}
        onApply={() => send(step.text, false)}
        onBack={() => setStep({ name: 'edit' })}
      />
    )
  }
  if (step.name === 'stale') {
    return (
      <StalePanel
        by={step.by}
        base={base.yaml}
        live={step.live.yaml}
        pending={rebase.isPending}
        error={rebase.error ? errorBodyOf(rebase.error) : null}
        onTakeOver={() => rebase.mutate({ ...address, reveal, base: base.yaml, yaml: text })}
        onDiscard={() => start(step.live)}
        onBack={() => setStep({ name: 'edit' })}
      />
    )
  }
  const isBehind = isChanged && detail.etag !== base.etag
  return (
    <div className="grid gap-3">
      {isBehind ? (
        <div
          role="status"
          className="flex flex-wrap items-center gap-3 rounded-lg bg-warning-soft px-4 py-2 text-[13px] text-warning"
        >
          Somebody changed it since you opened it.
          <Button size="sm" onClick={() => setStep({ name: 'stale', live: detail, by: null })}>
            Show what changed
          </Button>
        </div>
      ) : null}
      <Warnings
        texts={clashes.map((path) => `${path}: both of you changed it. The text has your value; theirs is gone.`)}
      />
      <ManifestEditor
        label={`YAML of ${detail.kind.kind} ${detail.name}`}
        text={text}
        revision={revision}
        onChange={setText}
        onSave={review}
        refused={refused}
        readOnly={!detail.update.allowed}
        actions={
          <>
            {isChanged ? <Button onClick={() => start(detail)}>Discard changes</Button> : null}
            <PermissionButton
              variant="primary"
              decision={detail.update}
              disabled={!isChanged || update.isPending}
              onClick={review}
            >
              Review changes
            </PermissionButton>
          </>
        }
      />
    </div>
  )
}
