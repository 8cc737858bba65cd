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
  return rows.map(toJob)
}

async function find(db: Db, workspace: string, uid: string): Promise<{ job: TrainingJob; manifest: unknown } | null> {
  const row = await db.prisma.job.findFirst({ where: { workspace, uid }, select: { ...jobColumns, manifest: true } })
  return row && { job: toJob(row), manifest: row.manifest }
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
