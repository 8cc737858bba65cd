'use client'
import { Button } from '@keelson/ui/button'
import { Dialog } from '@keelson/ui/dialog'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { Field, Input } from '@keelson/ui/input'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { SubjectFields } from '@/features/contributors/index.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import { parseForm } from '@/view/parse-form.ts'

/** A workspace that an operator makes for a person or a group. */
export function GiveDialog({ onClose }: { onClose: () => void }) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [values, setValues] = useState({ name: '', subjectKind: 'User', subject: '' })
  const [faults, setFaults] = useState<Record<string, string>>({})
  const give = useMutation(
    trpc.admin.createWorkspaceFor.mutationOptions({
      onSuccess: async () => {
        await touch(queryClient, ['workspaces'])
        toast.success(`${values.subject} owns ${values.name}.`)
        onClose()
      },
    }),
  )
  const submit = async () => {
    const { CreateWorkspaceFor } = await import('@keelson/contracts/workspaces')
    const owner = { kind: values.subjectKind, name: values.subject }
    const parsed = parseForm(CreateWorkspaceFor, { name: values.name, owner })
    setFaults(parsed.faults)
    if (parsed.value) give.mutate(parsed.value)
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Workspace for somebody"
      footer={
        <Button variant="primary" disabled={give.isPending} onClick={() => void submit()}>
          Create
        </Button>
      }
    >
      <div className="grid gap-4">
        <Field id="give-name" label="Name" fault={faults.name}>
          <Input
            id="give-name"
            value={values.name}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setValues({ ...values, name: event.target.value })}
          />
        </Field>
        <SubjectFields
          label="Owned by"
          hint="They need not have signed in yet."
          values={values}
          fault={faults['owner.name']}
          onChange={(next) => setValues({ ...values, ...next })}
        />
        {give.error ? <ErrorPanel error={errorBodyOf(give.error)} /> : null}
      </div>
    </Dialog>
  )
}
