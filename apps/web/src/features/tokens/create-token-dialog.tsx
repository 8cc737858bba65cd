'use client'
import { Button } from '@keelson/ui/button'
import { CopyButton } from '@keelson/ui/copyable'
import { Dialog } from '@keelson/ui/dialog'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { Field, Input } from '@keelson/ui/input'
import { Select } from '@keelson/ui/select'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useInstallation } from '@/shell/installation.tsx'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import { parseForm } from '@/view/parse-form.ts'

const dayMs = 86_400_000
const spans = [
  { label: '1 hour', ms: dayMs / 24 },
  { label: '1 day', ms: dayMs },
  { label: '30 days', ms: 30 * dayMs },
  { label: '1 year', ms: 365 * dayMs },
]

export function CreateTokenDialog({ onClose }: { onClose: () => void }) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const { me } = useInstallation()
  const [values, setValues] = useState({ name: '', workspace: '', ttlMs: 30 * dayMs })
  const [faults, setFaults] = useState<Record<string, string>>({})
  const create = useMutation(
    trpc.access.createToken.mutationOptions({ onSuccess: () => touch(queryClient, ['access']) }),
  )
  const submit = async () => {
    const { CreateAccessToken } = await import('@keelson/contracts/access')
    const parsed = parseForm(CreateAccessToken, { ...values, workspace: values.workspace || null })
    setFaults(parsed.faults)
    if (parsed.value) create.mutate(parsed.value)
  }
  const secret = create.data?.secret
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={secret ? 'Your new token' : 'New access token'}
      description={secret ? 'It is shown this once. Keep it like a password.' : undefined}
      footer={
        secret ? (
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        ) : (
          <Button variant="primary" disabled={create.isPending} onClick={() => void submit()}>
            Create
          </Button>
        )
      }
    >
      {secret ? (
        <p className="flex items-center gap-2 rounded-md border border-line bg-code px-3 py-2">
          <code className="min-w-0 font-mono text-xs break-all" data-testid="token-secret">
            {secret}
          </code>
          <CopyButton text={secret} label="Copy the token" className="ml-auto" />
        </p>
      ) : (
        <form
          className="grid gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            void submit()
          }}
        >
          <Field id="token-name" label="Name" hint="Where it will be used." fault={faults.name}>
            <Input
              id="token-name"
              value={values.name}
              onChange={(event) => setValues({ ...values, name: event.target.value })}
            />
          </Field>
          <Field id="token-workspace" label="Workspace" hint="Narrowed to one workspace, a lost token does less harm.">
            <Select
              id="token-workspace"
              value={values.workspace}
              onChange={(event) => setValues({ ...values, workspace: event.target.value })}
            >
              <option value="">All of mine</option>
              {me.workspaces.map((one) => (
                <option key={one.name}>{one.name}</option>
              ))}
            </Select>
          </Field>
          <Field id="token-span" label="Works for">
            <Select
              id="token-span"
              value={values.ttlMs}
              onChange={(event) => setValues({ ...values, ttlMs: Number(event.target.value) })}
            >
              {spans.map((span) => (
                <option key={span.ms} value={span.ms}>
                  {span.label}
                </option>
              ))}
            </Select>
          </Field>
          {create.error ? <ErrorPanel error={errorBodyOf(create.error)} /> : null}
        </form>
      )}
    </Dialog>
  )
}
