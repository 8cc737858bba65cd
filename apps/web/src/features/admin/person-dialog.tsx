'use client'
import type { PersonDetail } from '@keelson/contracts/access'
import { Button } from '@keelson/ui/button'
import { Facts } from '@keelson/ui/card'
import { Dialog } from '@keelson/ui/dialog'
import { ErrorPanel } from '@keelson/ui/error-panel'
import { Field, Input } from '@keelson/ui/input'
import { PermissionButton } from '@keelson/ui/permission-button'
import { RelativeTime } from '@keelson/ui/relative-time'
import { toast } from '@keelson/ui/toast'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useInstallation } from '@/shell/installation.tsx'
import { useTRPC } from '@/trpc/client.tsx'
import { errorBodyOf } from '@/trpc/error-body.ts'
import { touch } from '@/trpc/topics.ts'
import { Loaded } from '@/view/loaded.tsx'

export function PersonDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const trpc = useTRPC()
  const detail = useQuery(trpc.admin.person.queryOptions({ id }))
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={detail.data?.person.username ?? 'Person'}
      className="w-[min(44rem,calc(100vw-2rem))]"
    >
      <Loaded query={detail}>{(data) => <PersonBody detail={data} />}</Loaded>
    </Dialog>
  )
}

function PersonBody({ detail }: { detail: PersonDetail }) {
  const { person, roles } = detail
  return (
    <div className="grid gap-5">
      <Facts
        items={[
          ['Name', person.name],
          ['E-mail', person.email || '–'],
          ['Groups', person.groups.join(', ') || '–'],
          ['First sign-in', <RelativeTime key="first" at={person.firstSeenAt} />],
          ['Last sign-in', <RelativeTime key="last" at={person.lastSeenAt} />],
          ['Disabled', person.disabledAt ? <RelativeTime key="off" at={person.disabledAt} /> : 'no'],
        ]}
      />
      <section className="grid gap-1.5 text-[13px]">
        <h3 className="font-medium">Roles</h3>
        {roles.length === 0 ? <p className="text-fg-muted">None anywhere.</p> : null}
        <ul className="grid gap-1">
          {roles.map((role) => (
            <li key={`${role.workspace} ${role.role} ${role.through}`}>
              {role.role} in {role.workspace ?? 'the whole cluster'}
              {role.through ? <span className="text-fg-muted"> through the group {role.through}</span> : null}
            </li>
          ))}
        </ul>
      </section>
      <OpenAccess detail={detail} />
      <Acts detail={detail} />
    </div>
  )
}

/** What works in this person's name now, each with the way to end it. */
function OpenAccess({ detail }: { detail: PersonDetail }) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const end = useMutation(
    trpc.admin.endAccess.mutationOptions({
      onSuccess: async () => {
        await touch(queryClient, ['access'])
        toast.success('It works no longer.')
      },
      onError: (error) => toast.error(errorBodyOf(error).message || 'That could not be done.'),
    }),
  )
  const entries = [
    ...detail.sessions.map((each) => ({
      kind: 'session' as const,
      name: 'Browser session',
      at: each.createdAt,
      id: each.id,
    })),
    ...detail.tokens.map((each) => ({
      kind: 'token' as const,
      name: `Token “${each.name}”`,
      at: each.createdAt,
      id: each.id,
    })),
  ]
  return (
    <section className="grid gap-1.5 text-[13px]">
      <h3 className="font-medium">Sessions and tokens</h3>
      {entries.length === 0 ? <p className="text-fg-muted">Nothing is open.</p> : null}
      <ul className="grid gap-1">
        {entries.map((entry) => (
          <li key={entry.id} className="flex items-center gap-2">
            <span className="min-w-0 truncate">{entry.name}</span>
            <RelativeTime at={entry.at} className="text-xs text-fg-subtle" />
            <Button
              size="sm"
              className="ml-auto"
              disabled={end.isPending}
              aria-label={`End ${entry.name}`}
              onClick={() => end.mutate({ personId: detail.person.id, kind: entry.kind, id: entry.id })}
            >
              End
            </Button>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Looking as this person, and shutting them out: both want a reason, which the audit trail keeps. */
function Acts({ detail: { person } }: { detail: PersonDetail }) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const { me } = useInstallation()
  const [reason, setReason] = useState('')
  const view = useMutation(
    trpc.admin.startView.mutationOptions({
      // A whole load: everything on the screen is the other's from now on.
      onSuccess: () => window.location.assign('/'),
    }),
  )
  const disable = useMutation(
    trpc.admin.setPersonDisabled.mutationOptions({
      onSuccess: async () => {
        await touch(queryClient, ['access'])
        toast.success(person.disabledAt ? `${person.username} may sign in again.` : `${person.username} is out.`)
      },
    }),
  )
  const isSelf = person.username === me.username
  const decision = { allowed: !isSelf, reason: 'That is you.' }
  const error = view.error ?? disable.error
  return (
    <section className="grid gap-3 border-t border-line pt-4">
      <Field id="person-reason" label="Reason" hint="Kept in the audit trail.">
        <Input id="person-reason" value={reason} onChange={(event) => setReason(event.target.value)} />
      </Field>
      <div className="flex flex-wrap gap-2">
        <PermissionButton
          decision={decision}
          disabled={view.isPending}
          onClick={() => view.mutate({ username: person.username, reason })}
        >
          Look as this person
        </PermissionButton>
        <PermissionButton
          variant={person.disabledAt ? 'secondary' : 'danger'}
          decision={decision}
          disabled={disable.isPending}
          onClick={() => disable.mutate({ id: person.id, disabled: person.disabledAt === null, reason })}
        >
          {person.disabledAt ? 'Let in again' : 'Disable'}
        </PermissionButton>
      </div>
      <p className="text-xs text-fg-subtle">
        Looking lasts a quarter of an hour, shows what they may see, and changes nothing. Who is disabled is signed out
        everywhere, and their tokens are revoked.
      </p>
      {error ? <ErrorPanel error={errorBodyOf(error)} /> : null}
    </section>
  )
}
