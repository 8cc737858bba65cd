import { z } from 'zod'
import { Instant, pageOf, WorkspaceName } from '../ids/index.ts'
import { StatusDetail } from '../status/index.ts'

/** A training job of any kind, as lists show it. For now the kind is `Job`; the Training Operator's kinds follow. */
export const TrainingJob = z.object({
  uid: z.string(),
  workspace: WorkspaceName,
  kind: z.string(),
  name: z.string(),
  status: StatusDetail,
  createdBy: z.string().nullable(),
  createdAt: Instant,
  startedAt: Instant.nullable(),
  finishedAt: Instant.nullable(),
  /** Pods that failed so far and the limit, as `1 of 4`. */
  failedPods: z.number().int(),
  backoffLimit: z.number().int().nullable(),
  /** The object is still in the cluster; false = only its history is left. */
  exists: z.boolean(),
})
export type TrainingJob = z.infer<typeof TrainingJob>

/** One pod of a job: an attempt. Its logs and exit state outlive it. */
export const JobPod = z.object({
  uid: z.string(),
  name: z.string(),
  attempt: z.number().int(),
  status: StatusDetail,
  node: z.string().nullable(),
  startedAt: Instant.nullable(),
  finishedAt: Instant.nullable(),
  exitCode: z.number().int().nullable(),
  exists: z.boolean(),
})
export type JobPod = z.infer<typeof JobPod>

export const JobRun = z.object({
  runId: z.string(),
  experimentId: z.string(),
  name: z.string(),
  podUid: z.string(),
  status: z.string(),
  retryOf: z.string().nullable(),
})

export const TrainingJobDetail = z.object({
  job: TrainingJob,
  pods: z.array(JobPod),
  runs: z.array(JobRun),
  /** The object as it stands (or as last seen), as YAML. */
  yaml: z.string(),
})
export type TrainingJobDetail = z.infer<typeof TrainingJobDetail>

export const ListJobs = z.object({
  workspace: WorkspaceName,
  cursor: z.string().optional(),
  limit: z.number().int().min(1).max(200).default(50),
})
export const JobPage = pageOf(TrainingJob)
export const GetJob = z.object({ workspace: WorkspaceName, uid: z.string() })

/** One line of a pod's log. Kubernetes gives both streams as one, so that `stream` is only there where it is known. */
export const LogLine = z.object({
  podUid: z.string(),
  pod: z.string(),
  container: z.string(),
  at: Instant,
  stream: z.enum(['stdout', 'stderr']).optional(),
  text: z.string(),
})
export type LogLine = z.infer<typeof LogLine>

/** Reads a job's kept log lines, oldest first, merged over its pods. `after` is the cursor of the last answer. */
export const ReadJobLogs = z.object({
  workspace: WorkspaceName,
  uid: z.string(),
  podUid: z.string().optional(),
  after: z.string().optional(),
  limit: z.number().int().min(1).max(5000).default(1000),
})
export const LogPage = z.object({ lines: z.array(LogLine), cursor: z.string(), complete: z.boolean() })
export type LogPage = z.infer<typeof LogPage>

/** Creates a Job from YAML, as the person; `dryRun` only asks the server whether it would be taken. */
export const SubmitJob = z.object({
  workspace: WorkspaceName,
  yaml: z.string().min(1).max(1_000_000),
  dryRun: z.boolean().default(false),
})
export type SubmitJob = z.infer<typeof SubmitJob>
/** `uid` is null after a dry run: nothing was made. */
export const SubmittedJob = z.object({ uid: z.string().nullable(), name: z.string(), dryRun: z.boolean() })
export type SubmittedJob = z.infer<typeof SubmittedJob>
export const DeleteJob = z.object({ workspace: WorkspaceName, uid: z.string() })

/** A pod of any workspace as operators see it, with what made it and what it asks of the machines. */
export const Workload = z.object({
  uid: z.string(),
  workspace: z.string(),
  pod: z.string(),
  owner: z.object({ kind: z.string(), name: z.string(), uid: z.string() }).nullable(),
  status: StatusDetail,
  cpu: z.string(),
  memory: z.string(),
  createdAt: Instant,
})
export type Workload = z.infer<typeof Workload>
