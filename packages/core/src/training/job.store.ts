import type { StatusDetail } from '@keelson/contracts/status'
import type { EnvironmentEntry } from '@keelson/contracts/training'
import type { Db } from '@keelson/db'

export type JobRow = {
  uid: string
  workspace: string
  kind: string
  name: string
  status: StatusDetail
  createdBy: string | null
  createdAt: string
  startedAt: string | null
  finishedAt: string | null
  failedPods: number
  backoffLimit: number | null
  retries: number
  replicasReady: number
  replicasTotal: number
  progress: number | null
  resources: Record<string, string>
  manifest: unknown
}

export type PodRow = {
  uid: string
  name: string
  replicaType: string | null
  replicaIndex: number | null
  environment: readonly EnvironmentEntry[]
  status: StatusDetail
  node: string | null
  createdAt: string
  startedAt: string | null
  finishedAt: string | null
  exitCode: number | null
}

const jobFields = `workspace, kind, name, status, reason, message, status_since, created_by, created_at, started_at,
  finished_at, failed_pods, backoff_limit, manifest, retries, replicas_ready, replicas_total, progress, resources, deleted_at`

/** Writes the row; true when that changed it. Who made it is the caller's word, else the API server's; never forgotten. */
async function put(db: Db, row: JobRow): Promise<boolean> {
  const rows = await db.query(
    `insert into job (uid, ${jobFields})
     values ($1, $2, $3, $4, $5, $6, $7, $8::timestamptz,
       coalesce($9, (select username from object_creator where uid = $1)), $10::timestamptz, $11::timestamptz, $12::timestamptz, $13, $14, $15::jsonb,
       $16, $17, $18, $19, $20::jsonb, null)
     on conflict (uid) do update set
       status = excluded.status, reason = excluded.reason, message = excluded.message, status_since = excluded.status_since,
       created_by = coalesce(job.created_by, excluded.created_by), started_at = excluded.started_at,
       finished_at = excluded.finished_at, failed_pods = excluded.failed_pods, backoff_limit = excluded.backoff_limit,
       manifest = excluded.manifest, retries = greatest(job.retries, excluded.retries),
       replicas_ready = excluded.replicas_ready, replicas_total = excluded.replicas_total,
       progress = coalesce(excluded.progress, job.progress), resources = excluded.resources, deleted_at = null
     where (job.status, job.reason, job.message, job.started_at, job.finished_at, job.failed_pods, job.backoff_limit, job.manifest,
         job.retries, job.replicas_ready, job.replicas_total, job.progress, job.resources)
       is distinct from (excluded.status, excluded.reason, excluded.message, excluded.started_at, excluded.finished_at,
         excluded.failed_pods, excluded.backoff_limit, excluded.manifest, greatest(job.retries, excluded.retries),
         excluded.replicas_ready, excluded.replicas_total, coalesce(excluded.progress, job.progress), excluded.resources)
       or job.deleted_at is not null or (job.created_by is null and excluded.created_by is not null)
     returning uid`,
    row.uid,
    row.workspace,
    row.kind,
    row.name,
    row.status.status,
    row.status.reason,
    row.status.message,
    row.status.since,
    row.createdBy,
    row.createdAt,
    row.startedAt,
    row.finishedAt,
    row.failedPods,
    row.backoffLimit,
    JSON.stringify(row.manifest),
    row.retries,
    row.replicasReady,
    row.replicasTotal,
    row.progress,
    JSON.stringify(row.resources),
  )
  return rows.length > 0
}

/** Writes a pod of a job; a pod seen for the first time is the next attempt of its replica. True when that changed anything. */
/** `revive`: the pod is seen in the cluster now, so a row that says it is gone is wrong. A late look at an older copy knows no such thing. */
async function putPod(
  db: Db,
  jobUid: string,
  workspace: string,
  pod: PodRow,
  { revive }: { revive: boolean },
): Promise<boolean> {
  const rows = await db.query(
    `insert into job_pod (uid, job_uid, workspace, name, attempt, status, reason, message, status_since, node, created_at,
       started_at, finished_at, exit_code, replica_type, replica_index, environment)
     values ($1, $2, $3, $4, (select coalesce(max(attempt), 0) + 1 from job_pod where job_uid = $2
         and replica_type is not distinct from $15::text and replica_index is not distinct from $16::int), $5, $6, $7,
       $8::timestamptz, $9, $10::timestamptz, $11::timestamptz, $12::timestamptz, $13, $15::text, $16::int, $17::jsonb)
     on conflict (uid) do update set
       status = excluded.status, reason = excluded.reason, message = excluded.message, status_since = excluded.status_since,
       node = excluded.node, started_at = excluded.started_at, finished_at = excluded.finished_at,
       exit_code = excluded.exit_code, deleted_at = null
     where ($14 or job_pod.deleted_at is null) and (
       (job_pod.status, job_pod.reason, job_pod.message, job_pod.node, job_pod.started_at, job_pod.finished_at, job_pod.exit_code)
       is distinct from (excluded.status, excluded.reason, excluded.message, excluded.node, excluded.started_at,
         excluded.finished_at, excluded.exit_code) or job_pod.deleted_at is not null)
     returning uid`,
    pod.uid,
    jobUid,
    workspace,
    pod.name,
    pod.status.status,
    pod.status.reason,
    pod.status.message,
    pod.status.since,
    pod.node,
    pod.createdAt,
    pod.startedAt,
    pod.finishedAt,
    pod.exitCode,
    revive,
    pod.replicaType,
    pod.replicaIndex,
    JSON.stringify(pod.environment),
  )
  return rows.length > 0
}

/** What ended is as it was; what was still at work when it vanished has been stopped. */
const goneSet = `deleted_at = $2::timestamptz, finished_at = coalesce(finished_at, $2::timestamptz),
  reason = case when status in ('succeeded', 'failed', 'stopped') then reason else 'Deleted' end,
  message = case when status in ('succeeded', 'failed', 'stopped') then message else 'It was deleted while it was at work.' end,
  status_since = case when status in ('succeeded', 'failed', 'stopped') then status_since else $2::timestamptz end,
  status = case when status in ('succeeded', 'failed', 'stopped') then status else 'stopped' end`

/** Marks a job that is no longer in the cluster. True when that was news. */
async function markGone(db: Db, uid: string, at: Date): Promise<boolean> {
  const rows = await db.query(
    `update job set ${goneSet} where uid = $1 and deleted_at is null returning uid`,
    uid,
    at.toISOString(),
  )
  return rows.length > 0
}

/**
 * A job of one pod whose pod succeeded has succeeded, also where its own end was never seen: it ended and was deleted while
 * no controller ran.
 */
async function concludeFromPods(db: Db, uid: string): Promise<void> {
  await db.query(
    `update job set status = 'succeeded', reason = 'Completed', message = 'Its pod had completed before it was deleted.',
       status_since = pod.finished_at, started_at = coalesce(job.started_at, pod.started_at), finished_at = pod.finished_at
     from job_pod pod
     where job.uid = $1 and pod.job_uid = job.uid and pod.status = 'succeeded' and job.deleted_at is null
       and job.status not in ('succeeded', 'failed') and job.kind = 'Job'
       and coalesce((job.manifest->'spec'->>'completions')::int, 1) = 1
     returning job.uid`,
    uid,
  )
}

/** Keeps what the job's own lines say of its progress, from 0 to 100. True when that was news. */
async function setProgress(db: Db, uid: string, progress: number): Promise<boolean> {
  const rows = await db.query(
    `update job set progress = $2 where uid = $1 and progress is distinct from $2::float8 returning uid`,
    uid,
    progress,
  )
  return rows.length > 0
}

async function findWorkspace(db: Db, uid: string): Promise<string | null> {
  const row = await db.prisma.job.findUnique({ where: { uid }, select: { workspace: true } })
  return row?.workspace ?? null
}

/** Marks the pods of a job that are not among `present`. Gives how many. */
async function markPodsGone(db: Db, jobUid: string, at: Date, present: readonly string[]): Promise<number> {
  const rows = await db.query(
    `update job_pod set ${goneSet} where job_uid = $1 and deleted_at is null and not (uid = any($3::text[])) returning uid`,
    jobUid,
    at.toISOString(),
    [...present],
  )
  return rows.length
}

/** Jobs that are, as far as history knows, still in the cluster. */
function listPresent(db: Db): Promise<{ uid: string; workspace: string }[]> {
  return db.prisma.job.findMany({ where: { deletedAt: null }, select: { uid: true, workspace: true } })
}

/** Pods with runs that were not ended by their client. */
async function podsWithOpenRuns(db: Db): Promise<string[]> {
  const rows = await db.query<{ pod_uid: string }>(
    `select distinct pod_uid from run where status in ('RUNNING', 'SCHEDULED') and pod_uid is not null`,
  )
  return rows.map((row) => row.pod_uid)
}

export const jobs = {
  put,
  putPod,
  markGone,
  concludeFromPods,
  setProgress,
  findWorkspace,
  markPodsGone,
  listPresent,
  podsWithOpenRuns,
}
