'use client'
import type { AuditEvent } from '@keelson/contracts/access'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { RelativeTime } from '@keelson/ui/relative-time'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useTRPC } from '@/trpc/client.tsx'
import { FilterBox } from '@/view/filter-box.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { useUrlState } from '@/view/url-state.ts'
import { Who } from '@/view/who.tsx'

function wordsOf(value: unknown): string {
  return value === null || value === undefined ? '' : JSON.stringify(value)
}

const columns: Column<AuditEvent>[] = [
  { id: 'at', header: 'When', sortValue: (one) => one.at, cell: (one) => <RelativeTime at={one.at} /> },
  { id: 'actor', header: 'Who', sortValue: (one) => one.actor, cell: (one) => <Who name={one.actor} /> },
  {
    id: 'action',
    header: 'What',
    sortValue: (one) => one.action,
    cell: (one) => <code className="font-mono text-xs">{one.action}</code>,
  },
  { id: 'subject', header: 'On', cell: (one) => <span className="block max-w-80 truncate">{one.subject}</span> },
  { id: 'workspace', header: 'Workspace', cell: (one) => one.workspace ?? '–' },
  {
    id: 'after',
    header: 'Became',
    cell: (one) => (
      <span className="block max-w-96 truncate font-mono text-xs text-fg-muted" title={wordsOf(one.after)}>
        {wordsOf(one.after)}
      </span>
    ),
  },
]

/** The latest changes of the whole installation; the filter asks the server, so it finds older ones too. */
export function AuditTrail() {
  const trpc = useTRPC()
  const [search] = useUrlState('q', '')
  const audit = useQuery({ ...trpc.admin.audit.queryOptions({ search }), placeholderData: keepPreviousData })
  return (
    <div className="grid gap-3">
      <FilterBox placeholder="Filter the audit trail" />
      <Loaded query={audit}>
        {(rows) => <DataTable label="Audit trail" rows={rows} columns={columns} rowId={(one) => one.id} />}
      </Loaded>
    </div>
  )
}
