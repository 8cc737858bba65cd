import { Status, type StatusDetail } from '@keelson/contracts/status'
import type { JobPod, JobRun, TrainingJob } from '@keelson/contracts/training'
import type { Db, Prisma } from '@keelson/db'
import type { z } from 'zod'

const jobColumns = {
  uid: true,
  workspace: true,
  kind: true,
  name: true,
  status: true,
  reason: true,
  message: true,
  statusSince: true,
  createdBy: true,
  createdAt: true,
  startedAt: true,
  finishedAt: true,
  failedPods: true,
  backoffLimit: true,
  deletedAt: true,
} as const

type JobRecord = Prisma.JobGetPayload<{ select: typeof jobColumns }>

async function list(
  db: Db,
  workspace: string,
  after: { createdAt: string; uid: string } | null,
  limit: number,
): Promise<TrainingJob[]> {
  const older = after && {
    OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, uid: { gt: after.uid } }],
  }
  const rows = await db.prisma.job.findMany({
    where: { workspace, ...older },
    orderBy: [{ createdAt: 'desc' }, { uid: 'asc' }],
    take: limit,
    select: jobColumns,
  })
  return withRefusals(db, rows.map(toJob))
}

/**
 * A job that waits and has no pod to say why borrows the newest warning about itself: a quota that is used up or a policy
 * that forbids its pods is only told as an event.
 */
async function withRefusals(db: Db, jobs: TrainingJob[]): Promise<TrainingJob[]> {
  const silent = jobs.filter(({ exists, status }) => exists && status.status === 'pending' && status.message === null)
  if (silent.length === 0) return jobs
  const rows = await db.query<{ object_uid: string; reason: string; message: string; at: Date }>(
    `select distinct on (object_uid) object_uid, reason, message, at from kube_event
     where object_uid = any($1::text[]) and level = 'warning' order by object_uid, at desc`,
    silent.map((job) => job.uid),
  )
  const byUid = new Map(rows.map((row) => [row.object_uid, row]))
  return jobs.map((job) => {
    const event = byUid.get(job.uid)
    if (!event || !silent.includes(job)) return job
    const { reason, message, at } = event
    return { ...job, status: { status: 'pending', reason, message, since: new Date(at).toISOString() } }
  })
}

async function find(db: Db, workspace: string, uid: string): Promise<{ job: TrainingJob; manifest: unknown } | null> {
  const row = await db.prisma.job.findFirst({ where: { workspace, uid }, select: { ...jobColumns, manifest: true } })
  if (row === null) return null
  const [job = toJob(row)] = await withRefusals(db, [toJob(row)])
  return { job, manifest: row.manifest }
}

async function listPods(db: Db, jobUid: string): Promise<JobPod[]> {
  const rows = await db.prisma.jobPod.findMany({ where: { jobUid }, orderBy: { attempt: 'asc' } })
  return rows.map((row) => ({
    uid: row.uid,
    name: row.name,
    attempt: row.attempt,
    status: toStatus(row),
    node: row.node,
    startedAt: iso(row.startedAt),
    finishedAt: iso(row.finishedAt),
    exitCode: row.exitCode,
    exists: row.deletedAt === null,
  }))
}

/** Runs that pods of this job logged, in the order in which they began. */
async function listRuns(db: Db, workspace: string, jobUid: string): Promise<z.infer<typeof JobRun>[]> {
  const rows = await db.prisma.run.findMany({
    where: { workspace, jobUid },
    orderBy: { number: 'asc' },
    select: { id: true, experimentId: true, name: true, podUid: true, status: true, retryOf: true },
  })
  return rows.map(({ id, experimentId, podUid, ...row }) => ({
    ...row,
    runId: id,
    experimentId: String(experimentId),
    podUid: podUid ?? '',
  }))
}

function toJob(row: JobRecord): TrainingJob {
  const { uid, workspace, kind, name, createdBy, failedPods, backoffLimit } = row
  return {
    uid,
    workspace,
    kind,
    name,
    createdBy,
    failedPods,
    backoffLimit,
    status: toStatus(row),
    createdAt: row.createdAt.toISOString(),
    startedAt: iso(row.startedAt),
    finishedAt: iso(row.finishedAt),
    exists: row.deletedAt === null,
  }
}

function toStatus(row: {
  status: string
  reason: string | null
  message: string | null
  statusSince: Date | null
}): StatusDetail {
  const { reason, message } = row
  return { status: Status.catch('unknown').parse(row.status), reason, message, since: iso(row.statusSince) }
}

function iso(time: Date | null): string | null {
  return time === null ? null : time.toISOString()
}

export const history = { list, find, listPods, listRuns }
