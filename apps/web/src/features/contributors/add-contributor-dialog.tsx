'use client'
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
import { parseForm } from '@/view/parse-form.ts'
import { endOf, noEnd, RoleFields } from './role-fields.tsx'

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
        <Field id="subject-kind" label="Kind">
          <Select
            id="subject-kind"
            value={values.subjectKind}
            onChange={(event) => setValues({ ...values, subjectKind: event.target.value })}
          >
            <option value="User">A person</option>
            <option value="Group">A group of the identity provider</option>
          </Select>
        </Field>
        <Field
          id="subject"
          label={values.subjectKind === 'Group' ? 'Group' : 'User name'}
          hint={values.subjectKind === 'Group' ? undefined : 'By default the verified e-mail.'}
          fault={faults.subject}
        >
          <Input
            id="subject"
            value={values.subject}
            autoComplete="off"
            onChange={(event) => setValues({ ...values, subject: event.target.value })}
          />
        </Field>
        <RoleFields values={values} fault={faults.expiresAt} onChange={(next) => setValues({ ...values, ...next })} />
        {add.error ? <ErrorPanel error={errorBodyOf(add.error)} /> : null}
      </form>
    </Dialog>
  )
}
