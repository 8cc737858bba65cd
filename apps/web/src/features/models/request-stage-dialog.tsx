'use client'
import type { ModelVersion, Stage } from '@keelson/contracts/registry'
import { Button } from '@keelson/ui/button'
import { Dialog } from '@keelson/ui/dialog'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { Field, Textarea } from '@keelson/ui/input'
import { Select } from '@keelson/ui/select'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'

const stages: readonly Stage[] = ['Staging', 'Production', 'Archived', 'None']

/** Asks to move a version. What happens then depends on the stage: its gate decides, or a person, or nobody need. */
export function RequestStageDialog({
  workspace,
  version,
  onClose,
}: {
  workspace: string
  version: ModelVersion
  onClose: () => void
}) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const choices = stages.filter((stage) => stage !== version.stage)
  const [to, setTo] = useState<Stage>(choices[0] ?? 'Staging')
  const [reason, setReason] = useState('')
  const request = useMutation(
    trpc.models.requestTransition.mutationOptions({
      onSuccess: async (transition) => {
        await touch(queryClient, ['models', 'activity', 'lineage'])
        if (transition.state === 'refused') toast.error(transition.gate?.reason ?? 'The gate refused it.')
        else
          toast.success(
            transition.state === 'requested'
              ? 'Asked for. An owner decides.'
              : `Version ${version.version} is in ${to}.`,
          )
        onClose()
      },
    }),
  )
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Move ${version.model} ${version.version}`}
      footer={
        <Button
          variant="primary"
          disabled={request.isPending}
          onClick={() => request.mutate({ workspace, name: version.model, version: version.version, to, reason })}
        >
          {to === 'Production' ? 'Ask for approval' : 'Move'}
        </Button>
      }
    >
      <div className="grid gap-4">
        <Field
          id="stage-to"
          label="To"
          hint={
            to === 'Production'
              ? 'Waits for an owner’s decision.'
              : 'A stage with a gate is decided by the gate at once.'
          }
        >
          <Select id="stage-to" value={to} onChange={(event) => setTo(event.target.value as Stage)}>
            {choices.map((stage) => (
              <option key={stage}>{stage}</option>
            ))}
          </Select>
        </Field>
        <Field id="stage-reason" label="Why" hint="Optional, but whoever decides will read it.">
          <Textarea id="stage-reason" rows={3} value={reason} onChange={(event) => setReason(event.target.value)} />
        </Field>
        {request.error ? <ErrorPanel error={errorBodyOf(request.error)} /> : null}
      </div>
    </Dialog>
  )
}
