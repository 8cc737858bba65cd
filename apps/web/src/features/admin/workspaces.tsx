'use client'
import type { WorkspaceOverview } from '@keelson/contracts/workspaces'
import { Button } from '@keelson/ui/button'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { RelativeTime } from '@keelson/ui/relative-time'
import { StatusBadge } from '@keelson/ui/status-badge'
import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { resourceWords } from '@/features/use/index.ts'
import { useTRPC } from '@/trpc/client.tsx'
import { FilterBox, matches } from '@/view/filter-box.tsx'
import { KindNotice } from '@/view/kind-notice.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { objectPath, paths } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'
import { useUrlState } from '@/view/url-state.ts'

const QuotaDialog = dynamic(() => import('./quota-dialog.tsx').then((module) => module.QuotaDialog), { ssr: false })
const GiveDialog = dynamic(() => import('./give-dialog.tsx').then((module) => module.GiveDialog), { ssr: false })

export function Workspaces() {
  const trpc = useTRPC()
  const [filter] = useUrlState('q', '')
  const [limiting, setLimiting] = useState<WorkspaceOverview | null>(null)
  const [giving, setGiving] = useState(false)
  const workspaces = useQuery(trpc.admin.workspaces.queryOptions())
  return (
    <div className="grid gap-3">
      <KindNotice kind="Profile" />
      <div className="flex flex-wrap gap-2">
        <FilterBox placeholder="Filter workspaces" />
        <Button className="ml-auto" onClick={() => setGiving(true)}>
          <Plus />
          Workspace for somebody
        </Button>
      </div>
      <Loaded query={workspaces}>
        {(rows) => (
          <DataTable
            label="Workspaces"
            rows={rows.filter((one) => matches(filter, one.name, one.owner))}
            columns={columns(setLimiting)}
            rowId={(one) => one.name}
          />
        )}
      </Loaded>
      {limiting ? <QuotaDialog workspace={limiting} onClose={() => setLimiting(null)} /> : null}
      {giving ? <GiveDialog onClose={() => setGiving(false)} /> : null}
    </div>
  )
}

const profiles = { group: 'kubeflow.org', version: 'v1', plural: 'profiles' }

function columns(limit: (one: WorkspaceOverview) => void): Column<WorkspaceOverview>[] {
  return [
    {
      id: 'name',
      header: 'Workspace',
      sortValue: (one) => one.name,
      cell: (one) => <TextLink href={paths.home(one.name)}>{one.name}</TextLink>,
    },
    {
      id: 'status',
      header: 'Status',
      cell: (one) => <StatusBadge status={one.status.status} detail={one.status} />,
    },
    {
      id: 'owner',
      header: 'Owner',
      sortValue: (one) => one.owner,
      cell: (one) => (one.ownerKind === 'Group' ? `${one.owner} (group)` : one.owner),
    },
    {
      id: 'contributors',
      header: 'Others',
      align: 'right',
      sortValue: (one) => one.contributors,
      cell: (one) => one.contributors,
    },
    {
      id: 'quota',
      header: 'Quota in use',
      sortValue: (one) => Math.max(0, ...one.quotas.map((line) => line.ratio)),
      cell: (one) => <QuotaWords workspace={one} />,
    },
    {
      id: 'created',
      header: 'Created',
      align: 'right',
      sortValue: (one) => one.createdAt,
      cell: (one) => <RelativeTime at={one.createdAt} />,
    },
    {
      id: 'yaml',
      header: 'Object',
      cell: (one) => <TextLink href={objectPath(null, profiles, one.name)}>YAML</TextLink>,
    },
    {
      id: 'limit',
      header: '',
      align: 'right',
      cell: (one) => (
        <Button size="sm" aria-label={`Set the quota of ${one.name}`} onClick={() => limit(one)}>
          Quota…
        </Button>
      ),
    },
  ]
}

function QuotaWords({ workspace }: { workspace: WorkspaceOverview }) {
  if (workspace.quotas.length === 0) return <span className="text-fg-subtle">no quota</span>
  const words = workspace.quotas.map((line) => `${resourceWords(line.resource)} ${line.used} of ${line.hard}`)
  const isTight = workspace.quotas.some((line) => line.ratio >= 0.8)
  return (
    <span title={words.join('\n')} className={isTight ? 'text-warning' : 'text-fg-muted'}>
      {words.slice(0, 2).join(', ')}
      {words.length > 2 ? `, and ${words.length - 2} more` : ''}
    </span>
  )
}
