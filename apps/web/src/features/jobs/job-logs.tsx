'use client'
import type { JobPod, TrainingJob } from '@keelson/contracts/training'
import { LogViewer } from '@keelson/ui/log-viewer'
import { Select } from '@keelson/ui/select'
import { Loaded } from '@/view/loaded.tsx'
import { useUrlState } from '@/view/url-state.ts'
import { useJobLogs } from './use-job-logs.ts'

/** A job's lines from its first pod to its last, merged, growing while it runs. */
export function JobLogs({ workspace, job, pods }: { workspace: string; job: TrainingJob; pods: readonly JobPod[] }) {
  const [wanted, setWanted] = useUrlState('pod', '')
  const pod = pods.find((one) => one.uid === wanted)
  const logs = useJobLogs({ workspace, uid: job.uid, podUid: pod?.uid })
  return (
    <div className="grid gap-3">
      {pods.length > 1 ? (
        <Select
          aria-label="Pod"
          value={pod?.uid ?? ''}
          onChange={(event) => setWanted(event.target.value)}
          className="w-72"
        >
          <option value="">All pods, merged</option>
          {pods.map((one) => (
            <option key={one.uid} value={one.uid}>
              attempt {one.attempt}: {one.name}
            </option>
          ))}
        </Select>
      ) : null}
      <Loaded query={logs}>
        {(tail) => (
          <LogViewer
            lines={tail.lines}
            live={!tail.complete}
            fileName={`${job.name}.log`}
            showPod={pods.length > 1 && pod === undefined}
          />
        )}
      </Loaded>
    </div>
  )
}
