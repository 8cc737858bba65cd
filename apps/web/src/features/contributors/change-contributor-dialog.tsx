'use client'
import type { Contributor } from '@keelson/contracts/workspaces'
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
import { endOf, RoleFields, toLocalField } from './role-fields.tsx'

type Props = { workspace: string; contributor: Contributor; onClose: () => void }

export function ChangeContributorDialog({ workspace, contributor, onClose }: Props) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [faults, setFaults] = useState<Record<string, string>>({})
  const [values, setValues] = useState({
    role: contributor.role as string,
    span: contributor.expiresAt === null ? 'ever' : 'until',
    until: contributor.expiresAt === null ? '' : toLocalField(contributor.expiresAt),
  })
  const update = useMutation(
    trpc.workspaces.updateContributor.mutationOptions({
      onSuccess: async () => {
        await touch(queryClient, ['workspaces', 'activity'])
        toast.success(`${contributor.subject} is ${values.role} now.`)
        onClose()
      },
    }),
  )
  const submit = async () => {
    const { UpdateContributor } = await import('@keelson/contracts/workspaces')
    const wanted = { workspace, binding: contributor.binding, role: values.role, expiresAt: endOf(values) }
    const parsed = parseForm(UpdateContributor, wanted)
    setFaults(parsed.faults)
    if (parsed.value) update.mutate(parsed.value)
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Change ${contributor.subject}`}
      footer={
        <Button variant="primary" disabled={update.isPending} onClick={() => void submit()}>
          Change
        </Button>
      }
    >
      <div className="grid gap-4">
        <RoleFields values={values} fault={faults.expiresAt} onChange={setValues} />
        {update.error ? <ErrorPanel error={errorBodyOf(update.error)} /> : null}
      </div>
    </Dialog>
  )
}
