'use client'
import type { Contributor } from '@keelson/contracts/workspaces'
import { Button } from '@keelson/ui/button'
import { Dialog } from '@keelson/ui/dialog'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { Field, Input } from '@keelson/ui/input'
import { Select } from '@keelson/ui/select'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'

type Props = { workspace: string; onClose: () => void }

export function TransferDialog({ workspace, candidates, onClose }: Props & { candidates: readonly Contributor[] }) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [binding, setBinding] = useState(candidates[0]?.binding ?? '')
  const [keep, setKeep] = useState('contributor')
  const transfer = useMutation(
    trpc.workspaces.transferOwnership.mutationOptions({
      onSuccess: async (space) => {
        await touch(queryClient, ['workspaces', 'activity'])
        toast.success(`${space.owner} owns ${workspace} now.`)
        onClose()
      },
    }),
  )
  const submit = () => transfer.mutate({ workspace, binding, keep: keep === 'none' ? null : (keep as 'contributor') })
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Hand ${workspace} over`}
      description="The new owner can take your role. Only they or an operator can hand it back."
      footer={
        <Button variant="danger" disabled={transfer.isPending || binding === ''} onClick={submit}>
          Hand over
        </Button>
      }
    >
      <div className="grid gap-4">
        <Field
          id="new-owner"
          label="New owner"
          hint={candidates.length === 0 ? 'Add the new owner as a contributor first.' : undefined}
        >
          <Select id="new-owner" value={binding} onChange={(event) => setBinding(event.target.value)}>
            {candidates.map((one) => (
              <option key={one.binding} value={one.binding}>
                {one.subject} ({one.subjectKind === 'Group' ? 'group' : one.role})
              </option>
            ))}
          </Select>
        </Field>
        <Field id="keep" label="The owner so far stays as">
          <Select id="keep" value={keep} onChange={(event) => setKeep(event.target.value)}>
            <option value="owner">co-owner</option>
            <option value="contributor">contributor</option>
            <option value="viewer">viewer</option>
            <option value="none">nothing</option>
          </Select>
        </Field>
        {transfer.error ? <ErrorPanel error={errorBodyOf(transfer.error)} /> : null}
      </div>
    </Dialog>
  )
}

export function DeleteWorkspaceDialog({ workspace, onClose }: Props) {
  const trpc = useTRPC()
  const [confirm, setConfirm] = useState('')
  const remove = useMutation(
    trpc.workspaces.delete.mutationOptions({
      // A whole load: menus and roles begin anew without it.
      onSuccess: () => window.location.assign('/'),
    }),
  )
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Delete ${workspace}`}
      description="Its namespace goes with all jobs, endpoints, volumes and secrets in it. What happened is kept."
      footer={
        <Button
          variant="danger"
          disabled={remove.isPending || confirm !== workspace}
          onClick={() => remove.mutate({ workspace, confirm })}
        >
          Delete the workspace
        </Button>
      }
    >
      <div className="grid gap-4">
        <Field id="confirm-workspace" label={`Type ${workspace} to confirm`}>
          <Input
            id="confirm-workspace"
            value={confirm}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setConfirm(event.target.value)}
          />
        </Field>
        {remove.error ? <ErrorPanel error={errorBodyOf(remove.error)} /> : null}
      </div>
    </Dialog>
  )
}
