import type { EnvironmentEntry, JobPod } from '@keelson/contracts/training'
import { Panel } from '@keelson/ui/card'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { EmptyState } from '@keelson/ui/empty-state'
import { replicaTitle } from './replica-words.ts'

const columns: Column<EnvironmentEntry>[] = [
  { id: 'name', header: 'Variable', sortValue: (entry) => entry.name, cell: (entry) => <code>{entry.name}</code> },
  {
    id: 'value',
    header: 'Value',
    className: 'max-w-2xl',
    cell: (entry) =>
      entry.from === null ? (
        <code className="break-all" title={entry.value ?? ''}>
          {entry.value}
        </code>
      ) : (
        <span className="text-fg-muted">from {entry.from}</span>
      ),
  },
  { id: 'container', header: 'Container', cell: (entry) => entry.container },
]

/** What the newest attempt of each replica was given. Secrets are not in it: they are never read. */
export function JobEnvironment({ pods }: { pods: readonly JobPod[] }) {
  const newest = new Map(pods.map((pod) => [`${pod.replicaType} ${pod.replicaIndex}`, pod]))
  if (newest.size === 0)
    return <EmptyState title="No pod yet">The environment is shown once a pod was made.</EmptyState>
  return (
    <div className="grid gap-4">
      {[...newest.values()].map((pod) => (
        <Panel key={pod.uid} title={replicaTitle(pod) ?? pod.name} hint={pod.name} bodyClassName="p-0">
          {pod.environment.length === 0 ? (
            <p className="p-4 text-[13px] text-fg-muted">Its containers set no variable.</p>
          ) : (
            <DataTable
              label={`Environment of ${pod.name}`}
              rows={pod.environment}
              columns={columns}
              rowId={(entry) => `${entry.container} ${entry.name} ${entry.from}`}
            />
          )}
        </Panel>
      ))}
    </div>
  )
}
