'use client'
import type { Workload } from '@keelson/contracts/training'
import { frameworkOf } from '@keelson/contracts/training-frameworks'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { EmptyState } from '@keelson/ui/empty-state'
import { RelativeTime } from '@keelson/ui/relative-time'
import { StatusBadge } from '@keelson/ui/status-badge'
import { useQuery } from '@tanstack/react-query'
import { Cpu } from 'lucide-react'
import { useTRPC } from '@/trpc/client.tsx'
import { FilterBox, matches } from '@/view/filter-box.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { objectPath, paths } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'
import { useUrlState } from '@/view/url-state.ts'

const pods = { group: '', version: 'v1', plural: 'pods' }

const columns: Column<Workload>[] = [
  {
    id: 'pod',
    header: 'Pod',
    sortValue: (one) => one.pod,
    cell: (one) => (
      <TextLink className="font-medium" href={objectPath(one.workspace, pods, one.pod)}>
        {one.pod}
      </TextLink>
    ),
  },
  {
    id: 'status',
    header: 'Status',
    sortValue: (one) => one.status.status,
    cell: (one) => <StatusBadge status={one.status.status} detail={one.status} />,
  },
  {
    id: 'workspace',
    header: 'Workspace',
    sortValue: (one) => one.workspace,
    cell: (one) => <TextLink href={paths.home(one.workspace)}>{one.workspace}</TextLink>,
  },
  {
    id: 'owner',
    header: 'Belongs to',
    cell: ({ owner, workspace }) => {
      if (owner === null) return <span className="text-fg-subtle">nothing</span>
      const words = `${owner.kind} ${owner.name}`
      return owner.kind === 'Job' || frameworkOf(owner.kind) ? (
        <TextLink href={paths.job(workspace, owner.uid)}>{words}</TextLink>
      ) : (
        words
      )
    },
  },
  { id: 'cpu', header: 'CPU', align: 'right', cell: (one) => one.cpu },
  { id: 'memory', header: 'Memory', align: 'right', cell: (one) => one.memory },
  {
    id: 'created',
    header: 'Created',
    align: 'right',
    sortValue: (one) => one.createdAt,
    cell: (one) => <RelativeTime at={one.createdAt} />,
  },
]

export function Workloads() {
  const trpc = useTRPC()
  const [filter] = useUrlState('q', '')
  const workloads = useQuery(trpc.admin.workloads.queryOptions())
  return (
    <div className="grid gap-3">
      <FilterBox placeholder="Filter workloads" />
      <Loaded query={workloads}>
        {(rows) =>
          rows.length === 0 ? (
            <EmptyState icon={<Cpu />} title="Nothing runs">
              <p>Pods of all workspaces would be here: those of jobs, of endpoints, and those made by hand.</p>
            </EmptyState>
          ) : (
            <DataTable
              label="Workloads"
              rows={rows.filter((one) => matches(filter, one.pod, one.workspace, one.owner?.kind, one.owner?.name))}
              columns={columns}
              rowId={(one) => one.uid}
            />
          )
        }
      </Loaded>
    </div>
  )
}
