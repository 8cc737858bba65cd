'use client'
import type { WorkspaceUse } from '@keelson/contracts/workspaces'
import { Panel } from '@keelson/ui/card'
import { Meter } from '@keelson/ui/meter'
import { useQuery } from '@tanstack/react-query'
import { useTRPC } from '@/trpc/client.tsx'
import { Loaded } from '@/view/loaded.tsx'
import { resourceWords } from './resource-words.ts'

const shownCapacity = ['cpu', 'memory', 'pods']

function isShown(resource: string): boolean {
  return shownCapacity.includes(resource) || resource.includes('/')
}

/** What the workspace may use and uses, and what the machines have left for everybody. */
export function UsePanel({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const use = useQuery(trpc.workspaces.use.queryOptions({ workspace }))
  return (
    <Panel title="Quota and capacity">
      <Loaded query={use}>{(data) => <UseBars use={data} />}</Loaded>
    </Panel>
  )
}

function UseBars({ use }: { use: WorkspaceUse }) {
  return (
    <div className="grid gap-4">
      <section className="grid gap-2.5" aria-label="Quota of this workspace">
        <h3 className="text-xs font-medium text-fg-subtle">This workspace may use</h3>
        {use.quotas.length === 0 ? (
          <p className="text-[13px] text-fg-muted">No quota is set: only the machines set a limit.</p>
        ) : null}
        {use.quotas.map((line) => (
          <Meter
            key={`${line.quota}/${line.resource}`}
            label={resourceWords(line.resource)}
            value={line.ratio}
            figures={`${line.used} of ${line.hard}`}
          />
        ))}
      </section>
      <section className="grid gap-2.5" aria-label="Capacity of the cluster">
        <h3 className="text-xs font-medium text-fg-subtle">The cluster, all workspaces together</h3>
        {use.capacity.length === 0 ? (
          <p className="text-[13px] text-fg-muted">No machine takes pods at the moment.</p>
        ) : null}
        {use.capacity
          .filter((line) => isShown(line.resource))
          .map((line) => (
            <Meter
              key={line.resource}
              label={resourceWords(line.resource)}
              value={line.ratio}
              figures={`${line.requested} of ${line.allocatable}`}
            />
          ))}
      </section>
    </div>
  )
}

/** The same before one submits: the quota where there is one, else the machines. Quiet while it is not known. */
export function UseSummary({ workspace }: { workspace: string }) {
  const trpc = useTRPC()
  const { data } = useQuery(trpc.workspaces.use.queryOptions({ workspace }))
  if (!data) return null
  const quota = data.quotas.map((line) => ({ ...line, key: `${line.quota}/${line.resource}`, of: line.hard }))
  const capacity = data.capacity
    .filter((line) => isShown(line.resource))
    .map((line) => ({ ...line, key: line.resource, of: line.allocatable, used: line.requested }))
  const lines = quota.length > 0 ? quota : capacity
  if (lines.length === 0) return null
  return (
    <section aria-label="What is left" className="rounded-md border border-line px-3 py-2.5">
      <p className="mb-2 text-xs text-fg-subtle">
        {quota.length > 0 ? `Used of the quota of ${workspace}` : 'Asked of the machines so far'}
      </p>
      <div className="grid gap-x-6 gap-y-2 sm:grid-cols-2">
        {lines.map((line) => (
          <Meter
            key={line.key}
            label={resourceWords(line.resource)}
            value={line.ratio}
            figures={`${line.used} of ${line.of}`}
          />
        ))}
      </div>
    </section>
  )
}
