import type { JobPod, TrainingJobDetail } from '@keelson/contracts/training'
import { Badge } from '@keelson/ui/badge'
import { type Column, DataTable } from '@keelson/ui/data-table'
import { EmptyState } from '@keelson/ui/empty-state'
import { StatusBadge, statusOfRun } from '@keelson/ui/status-badge'
import { paths } from '@/view/paths.ts'
import { TextLink } from '@/view/text-link.tsx'

type JobRun = TrainingJobDetail['runs'][number]

/** The runs that a job's pods logged, with which try made each and which earlier one it repeats. */
export function JobRuns({
  workspace,
  runs,
  pods,
}: {
  workspace: string
  runs: readonly JobRun[]
  pods: readonly JobPod[]
}) {
  if (runs.length === 0)
    return (
      <EmptyState title="No run was logged">
        A run appears here by itself when the job’s code calls mlflow: the pod proves who it is.
      </EmptyState>
    )
  const name = (runId: string) => runs.find((run) => run.runId === runId)?.name ?? runId.slice(0, 8)
  const columns: Column<JobRun>[] = [
    { id: 'status', header: 'Status', cell: (run) => <StatusBadge status={statusOfRun(run.status)} /> },
    {
      id: 'name',
      header: 'Run',
      cell: (run) => (
        <TextLink href={paths.run(workspace, run.experimentId, run.runId)} className="font-medium">
          {run.name}
        </TextLink>
      ),
    },
    {
      id: 'attempt',
      header: 'Attempt',
      align: 'right',
      cell: (run) => pods.find((pod) => pod.uid === run.podUid)?.attempt ?? '–',
    },
    { id: 'retry', header: '', cell: (run) => (run.retryOf ? <Badge>again after {name(run.retryOf)}</Badge> : null) },
  ]
  return <DataTable label="Runs of this job" rows={runs} columns={columns} rowId={(run) => run.runId} />
}
