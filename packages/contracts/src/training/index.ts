import { z } from 'zod'
import { Instant, pageOf, WorkspaceName } from '../ids/index.ts'
import { Status, StatusDetail } from '../status/index.ts'

/** A training job of any kind, as lists show it: a batch/v1 Job, or a kind of kubeflow.org/v1. */
export const TrainingJob = z.object({
  uid: z.string(),
  workspace: WorkspaceName,
  kind: z.string(),
  /** For people: `PyTorch`; null for a plain Job. */
  framework: z.string().nullable(),
  name: z.string(),
  status: StatusDetail,
  createdBy: z.string().nullable(),
  createdAt: Instant,
  startedAt: Instant.nullable(),
  finishedAt: Instant.nullable(),
  /** Pods that failed so far and the limit, as `1 of 4`. */
  failedPods: z.number().int(),
  backoffLimit: z.number().int().nullable(),
  /** How often a pod was made anew or a container was started again. */
  retries: z.number().int(),
  replicasReady: z.number().int(),
  replicasTotal: z.number().int(),
  /** From 0 to 100; null where neither the object nor a log line told. */
  progress: z.number().min(0).max(100).nullable(),
  /** What all replicas ask for together: `{ cpu: '2' }`. */
  resources: z.record(z.string(), z.string()),
  /** The object is still in the cluster; false = only its history is left. */
  exists: z.boolean(),
})
export type TrainingJob = z.infer<typeof TrainingJob>

/** A variable of a container. `from` says where a value comes from that is not in the pod; secrets are masked. */
export const EnvironmentEntry = z.object({
  container: z.string(),
  name: z.string(),
  value: z.string().nullable(),
  from: z.string().nullable(),
})
export type EnvironmentEntry = z.infer<typeof EnvironmentEntry>

/** One pod of a job: an attempt of one of its replicas. Its logs and exit state outlive it. */
export const JobPod = z.object({
  uid: z.string(),
  name: z.string(),
  /** `Worker`, and which of them; null where a job has no types or no numbers. */
  replicaType: z.string().nullable(),
  replicaIndex: z.number().int().nullable(),
  /** Counts the pods of this replica, from 1. */
  attempt: z.number().int(),
  environment: z.array(EnvironmentEntry),
  status: StatusDetail,
  node: z.string().nullable(),
  startedAt: Instant.nullable(),
  finishedAt: Instant.nullable(),
  exitCode: z.number().int().nullable(),
  /** How often its containers were started again in place. */
  restarts: z.number().int(),
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
  /** The same job as one would submit it again: without what the cluster wrote. */
  template: z.string(),
  /** True while it is held back by `suspend`. */
  suspended: z.boolean(),
  /** When the newest kept line of its logs was written. */
  lastLineAt: Instant.nullable(),
  /** The job that this one repeats, as it says itself; `parts` where it repeats only some of it. */
  retryOf: z.object({ uid: z.string(), name: z.string().nullable(), parts: z.string().nullable() }).nullable(),
  /** What did not succeed while something else did, in words: it can be run again alone. */
  failedPart: z.string().nullable(),
  /** What happened and what to do, where something is wrong. */
  advice: z.object({ what: z.string(), todo: z.string() }).nullable(),
})
export type TrainingJobDetail = z.infer<typeof TrainingJobDetail>

export const ListJobs = z.object({
  workspace: WorkspaceName,
  kind: z.string().max(63).optional(),
  status: Status.optional(),
  owner: z.string().max(320).optional(),
  /** Words that must be in the name, kind, status or owner. */
  search: z.string().max(200).optional(),
  cursor: z.string().optional(),
  limit: z.number().int().min(1).max(200).default(50),
})
export const JobPage = pageOf(TrainingJob)
export const GetJob = z.object({ workspace: WorkspaceName, uid: z.string() })

/** Numbers over time under one name: of a run, of a pod's log lines, or what a pod used (`cpu` in cores, `memory` in bytes). */
export const JobCurve = z.object({
  source: z.enum(['run', 'log', 'usage']),
  name: z.string(),
  /** The run's name, or the replica (`worker-1`), with its attempt where there were several. */
  label: z.string(),
  podUid: z.string().nullable(),
  runId: z.string().nullable(),
  /** `step` is null where the line named none. Thinned evenly; the newest is always among them. */
  points: z.array(z.object({ step: z.number().nullable(), timeMs: z.number(), value: z.number() })),
})
export type JobCurve = z.infer<typeof JobCurve>
export const JobCurves = z.object({
  curves: z.array(JobCurve),
  /** Series beyond what one answer holds. */
  leftOff: z.number().int(),
  /** The runs are there, and the actor may not read them. */
  runsHidden: z.boolean(),
  runsLeftOff: z.number().int(),
  /** The cluster has a metrics API: without one, nothing is known of what pods use. */
  isMeasured: z.boolean(),
})
export type JobCurves = z.infer<typeof JobCurves>

export const GetJobOffer = z.object({ workspace: WorkspaceName })
/** What a form for a job can offer. `resources` are those that machines can give. */
export const JobOffer = z.object({
  images: z.array(z.string()),
  claims: z.array(z.string()),
  resources: z.array(z.string()),
})
export type JobOffer = z.infer<typeof JobOffer>

/** One line of a pod's log. Kubernetes gives both streams as one, so that `stream` is only there where it is known. */
export const LogLine = z.object({
  podUid: z.string(),
  pod: z.string(),
  /** `worker-1`, or the pod's name where it is no numbered replica. */
  replica: z.string(),
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
  /** As lines have it: all attempts of one replica. */
  replica: z.string().max(253).optional(),
  after: z.string().optional(),
  limit: z.number().int().min(1).max(5000).default(1000),
})
export const LogPage = z.object({ lines: z.array(LogLine), cursor: z.string(), complete: z.boolean() })
export type LogPage = z.infer<typeof LogPage>

/** Creates a job of any kind from YAML, as the person; `dryRun` only asks the server whether it would be taken. */
export const SubmitJob = z.object({
  workspace: WorkspaceName,
  yaml: z.string().min(1).max(1_000_000),
  dryRun: z.boolean().default(false),
})
export type SubmitJob = z.infer<typeof SubmitJob>
/** `uid` is null after a dry run: nothing was made. */
export const SubmittedJob = z.object({ uid: z.string().nullable(), name: z.string(), dryRun: z.boolean() })
export type SubmittedJob = z.infer<typeof SubmittedJob>
/** Stops the pods of a job until it is resumed. */
export const SuspendJob = z.object({ workspace: WorkspaceName, uid: z.string(), suspend: z.boolean() })
/** Makes the same job again, under a new name; also of one that is only history. */
/** `onlyFailed`: the replicas, indexes or completions that did not succeed. */
export const RetryJob = z.object({ workspace: WorkspaceName, uid: z.string(), onlyFailed: z.boolean().default(false) })
/** Ends a job for good and keeps it, with its record, in the cluster. */
export const StopJob = GetJob
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
