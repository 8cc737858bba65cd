'use client'
import type { JobPod, TrainingJob } from '@keelson/contracts/training'
import { LogViewer } from '@keelson/ui/log-viewer'
import { Select } from '@keelson/ui/select'
import { Loaded } from '@/view/loaded.tsx'
import { useUrlState } from '@/view/url-state.ts'
import { replicaTitle, replicaWord } from './replica-words.ts'
import { useJobLogs } from './use-job-logs.ts'

/** A job's lines from its first pod to its last, merged over its replicas, growing while it runs. */
export function JobLogs({ workspace, job, pods }: { workspace: string; job: TrainingJob; pods: readonly JobPod[] }) {
  const [wanted, setWanted] = useUrlState('pod', '')
  const [wantedReplica, setReplica] = useUrlState('replica', '')
  const pod = pods.find((one) => one.uid === wanted)
  const replicas = [...new Map(pods.map((one) => [replicaWord(one), one])).values()].filter((one) => replicaWord(one))
  const replica = pod ? undefined : replicas.find((one) => replicaWord(one) === wantedReplica)
  const word = replica && replicaWord(replica)
  const logs = useJobLogs({ workspace, uid: job.uid, podUid: pod?.uid, replica: word ?? undefined })
  const query = new URLSearchParams({ ...(pod ? { pod: pod.uid } : {}), ...(word ? { replica: word } : {}) })
  return (
    <div className="grid gap-3">
      {pods.length > 1 ? (
        <Select
          aria-label="Replica"
          value={pod?.uid ?? (word ? `replica ${word}` : '')}
          onChange={({ target: { value } }) => {
            const isReplica = value.startsWith('replica ')
            setReplica(isReplica ? value.slice('replica '.length) : '')
            setWanted(isReplica ? '' : value)
          }}
          className="w-72"
        >
          <option value="">All replicas, merged</option>
          {replicas.map((one) => (
            <option key={`replica ${replicaWord(one)}`} value={`replica ${replicaWord(one)}`}>
              {replicaTitle(one)}, all attempts
            </option>
          ))}
          {pods.map((one) => (
            <option key={one.uid} value={one.uid}>
              {replicaTitle(one) ? `${replicaTitle(one)}, ` : ''}attempt {one.attempt}: {one.name}
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
            address={`/workspaces/${workspace}/jobs/${job.uid}/log?${query}`}
            showPod={pods.length > 1 && pod === undefined}
          />
        )}
      </Loaded>
    </div>
  )
}
