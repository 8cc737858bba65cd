'use client'
import type { RegistrationSettings, WorkspaceRequest } from '@keelson/contracts/workspaces'
import { Badge } from '@keelson/ui/badge'
import { Button } from '@keelson/ui/button'
import { Panel } from '@keelson/ui/card'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { Field, Input } from '@keelson/ui/input'
import { RelativeTime } from '@keelson/ui/relative-time'
import { Select } from '@keelson/ui/select'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import { Loaded } from '@/view/loaded.tsx'
import { parseForm } from '@/view/parse-form.ts'
import { hardOf, limitsOf, QuotaFields } from './quota-fields.tsx'

export function Requests() {
  const trpc = useTRPC()
  const requests = useQuery(trpc.admin.requests.queryOptions())
  const registration = useQuery(trpc.workspaces.registration.queryOptions())
  return (
    <div className="grid items-start gap-4 xl:grid-cols-2">
      <Panel title="Requests" bodyClassName="p-0">
        <Loaded query={requests}>
          {(rows) => (
            <ul className="divide-y divide-line">
              {rows.map((request) => (
                <li key={request.id} className="grid gap-2 px-4 py-3 text-[13px]">
                  <RequestRow request={request} />
                </li>
              ))}
              {rows.length === 0 ? <li className="p-4 text-[13px] text-fg-muted">Nobody has asked yet.</li> : null}
            </ul>
          )}
        </Loaded>
      </Panel>
      <Panel title="How people come to a workspace">
        <Loaded query={registration}>
          {(data) => <SettingsForm settings={{ mode: data.mode, defaultQuota: data.defaultQuota }} />}
        </Loaded>
      </Panel>
    </div>
  )
}

const tones = { pending: 'warning', approved: 'success', refused: 'danger', withdrawn: 'neutral' } as const

function RequestRow({ request }: { request: WorkspaceRequest }) {
  return (
    <>
      <div className="flex items-baseline gap-2">
        <span className="font-medium">{request.name}</span>
        <span className="text-fg-muted">for {request.requestedBy}</span>
        <Badge tone={tones[request.state]}>{request.state}</Badge>
        <RelativeTime at={request.createdAt} className="ml-auto text-xs text-fg-subtle" />
      </div>
      {request.note ? <p className="break-words text-fg-muted">{request.note}</p> : null}
      {request.state === 'pending' ? <Decide request={request} /> : null}
      {request.decidedBy && request.state !== 'withdrawn' ? (
        <p className="text-xs text-fg-subtle">
          by {request.decidedBy}
          {request.reason ? `: ${request.reason}` : ''}
        </p>
      ) : null}
    </>
  )
}

function Decide({ request }: { request: WorkspaceRequest }) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [reason, setReason] = useState('')
  const [faults, setFaults] = useState<Record<string, string>>({})
  const decide = useMutation(
    trpc.admin.decideRequest.mutationOptions({
      onSuccess: async (decided) => {
        await touch(queryClient, ['platform', 'workspaces'])
        toast.success(`${decided.name} was ${decided.state}.`)
      },
    }),
  )
  const submit = async (decision: 'approve' | 'refuse') => {
    const { DecideRequest } = await import('@keelson/contracts/workspaces')
    const parsed = parseForm(DecideRequest, { id: request.id, decision, reason })
    setFaults(parsed.faults)
    if (parsed.value) decide.mutate(parsed.value)
  }
  return (
    <div className="grid gap-2">
      <Field
        id={`reason-${request.id}`}
        label="Reason"
        hint="Who asked reads it. A refusal needs one."
        fault={faults.reason}
      >
        <Input id={`reason-${request.id}`} value={reason} onChange={(event) => setReason(event.target.value)} />
      </Field>
      <div className="flex gap-2">
        <Button
          size="sm"
          variant="primary"
          disabled={decide.isPending}
          aria-label={`Approve ${request.name}`}
          onClick={() => void submit('approve')}
        >
          Approve
        </Button>
        <Button
          size="sm"
          disabled={decide.isPending}
          aria-label={`Refuse ${request.name}`}
          onClick={() => void submit('refuse')}
        >
          Refuse
        </Button>
      </div>
      {decide.error ? <ErrorPanel error={errorBodyOf(decide.error)} /> : null}
    </div>
  )
}

function SettingsForm({ settings }: { settings: RegistrationSettings }) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [mode, setMode] = useState<string>(settings.mode)
  const [limits, setLimits] = useState(() => limitsOf(settings.defaultQuota))
  const [faults, setFaults] = useState<Record<string, string>>({})
  const save = useMutation(
    trpc.admin.setRegistration.mutationOptions({
      onSuccess: async () => {
        await touch(queryClient, ['platform'])
        toast.success('Saved.')
      },
    }),
  )
  const submit = async () => {
    const { RegistrationSettings: Settings } = await import('@keelson/contracts/workspaces')
    const parsed = parseForm(Settings, { mode, defaultQuota: hardOf(limits) })
    setFaults(parsed.faults)
    if (parsed.value) save.mutate(parsed.value)
  }
  return (
    <div className="grid gap-4">
      <Field id="registration-mode" label="Who makes workspaces">
        <Select id="registration-mode" value={mode} onChange={(event) => setMode(event.target.value)}>
          <option value="self-service">Everybody makes their own</option>
          <option value="request">People ask, operators decide</option>
          <option value="closed">Only operators</option>
        </Select>
      </Field>
      <h3 className="text-[13px] font-medium">Quota of a new workspace</h3>
      <QuotaFields limits={limits} faults={faults} path="defaultQuota" onChange={setLimits} />
      {save.error ? <ErrorPanel error={errorBodyOf(save.error)} /> : null}
      <Button variant="primary" className="justify-self-start" disabled={save.isPending} onClick={() => void submit()}>
        Save
      </Button>
    </div>
  )
}
