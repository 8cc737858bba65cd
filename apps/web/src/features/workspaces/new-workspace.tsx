'use client'
import type { Registration, WorkspaceRequest } from '@keelson/contracts/workspaces'
import { Button } from '@keelson/ui/button'
import { Card } from '@keelson/ui/card'
import { Copyable } from '@keelson/ui/copyable'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { Field, Input, Textarea } from '@keelson/ui/input'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { resourceWords } from '@/features/use/index.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import { Loaded } from '@/view/loaded.tsx'
import { PageHead } from '@/view/page-head.tsx'
import { parseForm } from '@/view/parse-form.ts'
import { paths } from '@/view/paths.ts'
import { RequestState } from './request-state.tsx'

/** The way to a workspace of one's own, as the installation allows: make it, ask for it, or whom to ask. */
export function NewWorkspace({ username }: { username: string }) {
  const trpc = useTRPC()
  const registration = useQuery(trpc.workspaces.registration.queryOptions())
  return (
    <div className="mx-auto max-w-lg pt-6">
      <PageHead title={registration.data?.mayCreate === false ? 'Ask for a workspace' : 'New workspace'} />
      <Loaded query={registration}>
        {(data) => (
          <div className="grid gap-4">
            {data.request && !data.mayCreate ? <RequestState request={data.request} /> : null}
            <Offer registration={data} username={username} />
          </div>
        )}
      </Loaded>
    </div>
  )
}

function Offer({ registration, username }: { registration: Registration; username: string }) {
  if (registration.mayCreate) return <CreateForm registration={registration} username={username} />
  if (registration.mode === 'closed') return <Closed username={username} />
  const waits = (request: WorkspaceRequest | null) => request?.state === 'pending'
  return waits(registration.request) ? null : <RequestForm registration={registration} username={username} />
}

function Closed({ username }: { username: string }) {
  return (
    <Card className="grid gap-3 p-5 text-[13px]">
      <p>
        Only operators make workspaces here. Ask one of them, or an owner of a workspace to add you under Contributors
        with this name:
      </p>
      <Copyable text={username} />
    </Card>
  )
}

const nameHint =
  'Small letters, digits and hyphens. It is the namespace’s name in the cluster, too, and cannot be changed.'

function NameField({
  name,
  fault,
  onChange,
}: {
  name: string
  fault: string | undefined
  onChange: (name: string) => void
}) {
  return (
    <Field id="workspace-name" label="Name" fault={fault} hint={nameHint}>
      <Input
        id="workspace-name"
        value={name}
        autoComplete="off"
        spellCheck={false}
        aria-invalid={fault !== undefined}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  )
}

function QuotaWords({ registration }: { registration: Registration }) {
  const limits = Object.entries(registration.defaultQuota)
  if (limits.length === 0) return null
  return (
    <p className="text-[13px] text-fg-muted">
      It may use {limits.map(([resource, hard]) => `${hard} (${resourceWords(resource)})`).join(', ')}.
    </p>
  )
}

type FormProps = { registration: Registration; username: string }

function CreateForm({ registration, username }: FormProps) {
  const trpc = useTRPC()
  const [name, setName] = useState(registration.suggestion)
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
  const isBusy = create.isPending || create.isSuccess
  return (
    <Card className="p-5">
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <NameField name={name} fault={fault} onChange={setName} />
        <p className="text-[13px] text-fg-muted">You ({username}) will own it and can add others.</p>
        <QuotaWords registration={registration} />
        {create.error ? <ErrorPanel error={errorBodyOf(create.error)} /> : null}
        <Button type="submit" variant="primary" disabled={isBusy} className="justify-self-start">
          {isBusy ? 'Creating…' : 'Create the workspace'}
        </Button>
      </form>
    </Card>
  )
}

function RequestForm({ registration, username }: FormProps) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [values, setValues] = useState({ name: registration.suggestion, note: '' })
  const [faults, setFaults] = useState<Record<string, string>>({})
  const request = useMutation(
    trpc.workspaces.request.mutationOptions({ onSuccess: () => touch(queryClient, ['platform']) }),
  )
  const submit = async () => {
    const { RequestWorkspace } = await import('@keelson/contracts/workspaces')
    const parsed = parseForm(RequestWorkspace, values)
    setFaults(parsed.faults)
    if (parsed.value) request.mutate(parsed.value)
  }
  return (
    <Card className="p-5">
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <NameField name={values.name} fault={faults.name} onChange={(name) => setValues({ ...values, name })} />
        <Field id="workspace-note" label="What is it for?" hint="The operators read this." fault={faults.note}>
          <Textarea
            id="workspace-note"
            rows={3}
            value={values.note}
            onChange={(event) => setValues({ ...values, note: event.target.value })}
          />
        </Field>
        <p className="text-[13px] text-fg-muted">An operator decides. You ({username}) will own it.</p>
        <QuotaWords registration={registration} />
        {request.error ? <ErrorPanel error={errorBodyOf(request.error)} /> : null}
        <Button type="submit" variant="primary" disabled={request.isPending} className="justify-self-start">
          Ask for it
        </Button>
      </form>
    </Card>
  )
}
