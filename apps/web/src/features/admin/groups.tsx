'use client'
import type { GroupSummary } from '@keelson/contracts/access'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { EmptyState } from '@keelson/ui/empty-state'
import { useQuery } from '@tanstack/react-query'
import { UsersRound } from 'lucide-react'
import { useTRPC } from '@/trpc/client.tsx'
import { Loaded } from '@/view/loaded.tsx'

const columns: Column<GroupSummary>[] = [
  {
    id: 'name',
    header: 'Group',
    sortValue: (one) => one.name,
    cell: (one) => <span className="font-medium">{one.name}</span>,
  },
  {
    id: 'people',
    header: 'People seen with it',
    align: 'right',
    sortValue: (one) => one.people,
    cell: (one) => one.people,
  },
  {
    id: 'roles',
    header: 'Roles',
    cell: (one) => (
      <span className="text-fg-muted">
        {one.roles.map(({ workspace, role }) => `${role} in ${workspace ?? 'the whole cluster'}`).join(', ') || '–'}
      </span>
    ),
  },
]

/** The identity provider keeps groups; here is who was seen with them and what they open. */
export function Groups() {
  const trpc = useTRPC()
  const groups = useQuery(trpc.admin.groups.queryOptions())
  return (
    <Loaded query={groups}>
      {(rows) =>
        rows.length === 0 ? (
          <EmptyState icon={<UsersRound />} title="No groups">
            <p>The identity provider sent none, and no role names one. Groups come from its claim at each sign-in.</p>
          </EmptyState>
        ) : (
          <DataTable label="Groups" rows={rows} columns={columns} rowId={(one) => one.name} />
        )
      }
    </Loaded>
  )
}
