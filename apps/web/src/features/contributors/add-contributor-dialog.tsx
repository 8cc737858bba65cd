'use client'
import { Button } from '@keelson/ui/button'
import { Dialog } from '@keelson/ui/dialog'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import { parseForm } from '@/view/parse-form.ts'
import { endOf, noEnd, RoleFields } from './role-fields.tsx'
import { SubjectFields } from './subject-fields.tsx'

export function AddContributorDialog({ workspace, onClose }: { workspace: string; onClose: () => void }) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [values, setValues] = useState({ subjectKind: 'User', subject: '', ...noEnd })
  const [faults, setFaults] = useState<Record<string, string>>({})
  const add = useMutation(
    trpc.workspaces.addContributor.mutationOptions({
      onSuccess: async () => {
        await touch(queryClient, ['workspaces', 'activity'])
        toast.success(`${values.subject} was added as ${values.role}.`)
        onClose()
      },
    }),
  )
  const submit = async () => {
    const { AddContributor } = await import('@keelson/contracts/workspaces')
    const parsed = parseForm(AddContributor, { workspace, ...values, expiresAt: endOf(values) })
    setFaults(parsed.faults)
    if (parsed.value) add.mutate(parsed.value)
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Add to ${workspace}`}
      footer={
        <Button variant="primary" disabled={add.isPending} onClick={() => void submit()}>
          Add
        </Button>
      }
    >
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <SubjectFields
          label="Kind"
          values={values}
          fault={faults.subject}
          onChange={(next) => setValues({ ...values, ...next })}
        />
        <RoleFields values={values} fault={faults.expiresAt} onChange={(next) => setValues({ ...values, ...next })} />
        {add.error ? <ErrorPanel error={errorBodyOf(add.error)} /> : null}
      </form>
    </Dialog>
  )
}
