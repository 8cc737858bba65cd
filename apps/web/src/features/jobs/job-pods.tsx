import type { JobPod } from '@keelson/contracts/training'
import { Copyable } from '@keelson/ui/copyable'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { EmptyState } from '@keelson/ui/empty-state'
import { Duration, RelativeTime } from '@keelson/ui/relative-time'
import { StatusBadge } from '@keelson/ui/status-badge'
import { objectPath } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'
import { replicaTitle } from './replica-words.ts'

const pods = { group: '', version: 'v1', plural: 'pods' }

const columnsOf = (workspace: string): Column<JobPod>[] => [
  {
    id: 'replica',
    header: 'Replica',
    cell: (pod) => (pod.attempt === 1 ? (replicaTitle(pod) ?? '–') : <span className="pl-4 text-fg-muted">again</span>),
  },
  { id: 'attempt', header: 'Attempt', align: 'right', sortValue: (pod) => pod.attempt, cell: (pod) => pod.attempt },
  { id: 'status', header: 'Status', cell: (pod) => <StatusBadge status={pod.status.status} detail={pod.status} /> },
  { id: 'name', header: 'Pod', cell: (pod) => <Copyable text={pod.name} /> },
  { id: 'exit', header: 'Exit code', align: 'right', cell: (pod) => pod.exitCode ?? '–' },
  {
    id: 'message',
    header: 'Reason',
    className: 'max-w-md',
    cell: (pod) => <span title={pod.status.message ?? ''}>{pod.status.message ?? pod.status.reason ?? '–'}</span>,
  },
  { id: 'node', header: 'Node', cell: (pod) => pod.node ?? '–' },
  { id: 'took', header: 'Took', align: 'right', cell: (pod) => <Duration from={pod.startedAt} to={pod.finishedAt} /> },
  {
    id: 'started',
    header: 'Started',
    align: 'right',
    sortValue: (pod) => pod.startedAt,
    cell: (pod) => <RelativeTime at={pod.startedAt} />,
  },
  {
    id: 'logs',
    header: 'Logs',
    cell: (pod) => <TextLink href={`?tab=logs&pod=${encodeURIComponent(pod.uid)}`}>logs</TextLink>,
  },
  {
    id: 'yaml',
    header: 'Object',
    cell: (pod) => (pod.exists ? <TextLink href={objectPath(workspace, pods, pod.name)}>YAML</TextLink> : 'history'),
  },
]

/** A job's replicas and their tries, each with how it ended. They stay after the cluster forgot them. */
export function JobPods({ workspace, pods }: { workspace: string; pods: readonly JobPod[] }) {
  if (pods.length === 0)
    return (
      <EmptyState title="No pod yet">
        The cluster has not made one for this job. The events say why, if something is in the way.
      </EmptyState>
    )
  // A job of one replica after the other has no names for them: only its attempts count.
  const columns = columnsOf(workspace).filter(({ id }) => id !== 'replica' || pods.some((pod) => replicaTitle(pod)))
  return <DataTable label="Pods" rows={pods} columns={columns} rowId={(pod) => pod.uid} />
}
