'use client'
import type { StageTransition } from '@keelson/contracts/registry'
import { Button } from '@keelson/ui/button'
import { Dialog } from '@keelson/ui/dialog'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { Field, Textarea } from '@keelson/ui/input'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'

type Props = { workspace: string; transition: StageTransition; approve: boolean; onClose: () => void }

/** A decision, with its reason: both are kept for ever. */
export function DecideDialog({ workspace, transition, approve, onClose }: Props) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [reason, setReason] = useState('')
  const [fault, setFault] = useState<string>()
  const decide = useMutation(
    trpc.models.decideTransition.mutationOptions({
      onSuccess: async () => {
        await touch(queryClient, ['models', 'activity', 'lineage'])
        toast.success(
          approve ? `${transition.model} ${transition.version} is in ${transition.to}.` : 'The request was refused.',
        )
        onClose()
      },
    }),
  )
  const submit = () => {
    if (reason.trim() === '') return setFault('Say why: it is kept with the decision.')
    decide.mutate({ workspace, id: transition.id, approve, reason })
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`${approve ? 'Approve' : 'Refuse'} ${transition.model} ${transition.version} for ${transition.to}`}
      description={
        transition.reason
          ? `${transition.requestedBy} wrote: “${transition.reason}”`
          : `Asked by ${transition.requestedBy}.`
      }
      footer={
        <>
          <Button onClick={onClose}>Not now</Button>
          <Button variant={approve ? 'primary' : 'danger'} disabled={decide.isPending} onClick={submit}>
            {approve ? 'Approve' : 'Refuse'}
          </Button>
        </>
      }
    >
      <div className="grid gap-3">
        <Field id="decision-reason" label="Reason" fault={fault}>
          <Textarea
            id="decision-reason"
            rows={4}
            value={reason}
            aria-invalid={fault !== undefined}
            onChange={(event) => setReason(event.target.value)}
          />
        </Field>
        {decide.error ? <ErrorPanel error={errorBodyOf(decide.error)} /> : null}
      </div>
    </Dialog>
  )
}
