'use client'
import type { PersonSummary } from '@keelson/contracts/access'
import { Badge } from '@keelson/ui/badge'
import { Button } from '@keelson/ui/button'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { RelativeTime } from '@keelson/ui/relative-time'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { useTRPC } from '@/trpc/client.tsx'
import { FilterBox } from '@/view/filter-box.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { useUrlState } from '@/view/url-state.ts'

const PersonDialog = dynamic(() => import('./person-dialog.tsx').then((module) => module.PersonDialog), { ssr: false })

export function People() {
  const trpc = useTRPC()
  const [search] = useUrlState('q', '')
  const [shown, setShown] = useState<string | null>(null)
  const people = useQuery({ ...trpc.admin.people.queryOptions({ search }), placeholderData: keepPreviousData })
  return (
    <div className="grid gap-3">
      <FilterBox placeholder="Filter people" />
      <Loaded query={people}>
        {(rows) => (
          <DataTable
            label="People"
            rows={rows}
            columns={columns(setShown)}
            rowId={(person) => person.id}
            onOpen={(person) => setShown(person.id)}
          />
        )}
      </Loaded>
      {shown ? <PersonDialog id={shown} onClose={() => setShown(null)} /> : null}
    </div>
  )
}

function columns(open: (id: string) => void): Column<PersonSummary>[] {
  return [
    {
      id: 'name',
      header: 'Person',
      sortValue: (one) => one.username,
      cell: (one) => (
        <Button variant="link" onClick={() => open(one.id)}>
          {one.username}
        </Button>
      ),
    },
    {
      id: 'state',
      header: 'State',
      sortValue: (one) => one.disabledAt ?? '',
      cell: (one) =>
        one.disabledAt ? <Badge tone="danger">disabled</Badge> : <Badge tone="success">may sign in</Badge>,
    },
    {
      id: 'groups',
      header: 'Groups',
      cell: (one) => <span className="block max-w-72 truncate text-fg-muted">{one.groups.join(', ') || '–'}</span>,
    },
    {
      id: 'sessions',
      header: 'Sessions',
      align: 'right',
      sortValue: (one) => one.sessions,
      cell: (one) => one.sessions,
    },
    { id: 'tokens', header: 'Tokens', align: 'right', sortValue: (one) => one.tokens, cell: (one) => one.tokens },
    {
      id: 'seen',
      header: 'Last sign-in',
      align: 'right',
      sortValue: (one) => one.lastSeenAt,
      cell: (one) => <RelativeTime at={one.lastSeenAt} />,
    },
  ]
}
