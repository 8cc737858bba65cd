'use client'
import { Button } from '@keelson/ui/button'
import { Card } from '@keelson/ui/card'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { Field, Input } from '@keelson/ui/input'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { PageHead } from '@/view/page-head.tsx'
import { parseForm } from '@/view/parse-form.ts'
import { paths } from '@/view/paths.ts'

export function NewWorkspace({ username }: { username: string }) {
  const trpc = useTRPC()
  const [name, setName] = useState('')
  const [fault, setFault] = useState<string>()
  const create = useMutation(
    trpc.workspaces.create.mutationOptions({
      // A whole load: the menus, the roles and the live stream begin anew with the new workspace.
      onSuccess: (workspace) => window.location.assign(paths.home(workspace.name)),
    }),
  )
  const submit = async () => {
    const { CreateWorkspace } = await import('@keelson/contracts/workspaces')
    const parsed = parseForm(CreateWorkspace, { name })
    setFault(parsed.faults.name)
    if (parsed.value) create.mutate(parsed.value)
  }
  return (
    <div className="mx-auto max-w-lg pt-6">
      <PageHead title="New workspace" />
      <Card className="p-5">
        <form
          className="grid gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            void submit()
          }}
        >
          <Field
            id="workspace-name"
            label="Name"
            fault={fault}
            hint="Small letters, digits and hyphens. It is the namespace’s name in the cluster, too, and cannot be changed."
          >
            <Input
              id="workspace-name"
              value={name}
              autoComplete="off"
              spellCheck={false}
              aria-invalid={fault !== undefined}
              onChange={(event) => setName(event.target.value)}
            />
          </Field>
          <p className="text-[13px] text-fg-muted">You ({username}) will own it and can add others.</p>
          {create.error ? <ErrorPanel error={errorBodyOf(create.error)} /> : null}
          <Button
            type="submit"
            variant="primary"
            disabled={create.isPending || create.isSuccess}
            className="justify-self-start"
          >
            {create.isPending || create.isSuccess ? 'Creating…' : 'Create the workspace'}
          </Button>
        </form>
      </Card>
    </div>
  )
}
