import { frameworkOf } from '@keelson/contracts/kinds'
import { Status, type StatusDetail } from '@keelson/contracts/status'
import { EnvironmentEntry, type JobPod, type JobRun, type TrainingJob } from '@keelson/contracts/training'
import type { Db, Prisma } from '@keelson/db'
import { z } from 'zod'

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
  retries: true,
  replicasReady: true,
  replicasTotal: true,
  progress: true,
  resources: true,
  deletedAt: true,
} as const

type JobRecord = Prisma.JobGetPayload<{ select: typeof jobColumns }>

export type JobFilter = {
  workspace: string
  kind?: string | undefined
  status?: string | undefined
  owner?: string | undefined
  search?: string | undefined
}

function conditionsOf({ workspace, kind, status, owner, search = '' }: JobFilter): Prisma.JobWhereInput {
  const words = search.split(/\s+/).filter((word) => word !== '')
  const has = (contains: string) => ({ contains, mode: 'insensitive' as const })
  return {
    workspace,
    ...(kind === undefined ? {} : { kind }),
    ...(status === undefined ? {} : { status }),
    ...(owner === undefined ? {} : { createdBy: owner }),
    AND: words.map((word) => ({
      OR: [{ name: has(word) }, { kind: has(word) }, { status: has(word) }, { createdBy: has(word) }],
    })),
  }
}

async function list(
  db: Db,
  wanted: JobFilter,
  after: { createdAt: string; uid: string } | null,
  limit: number,
): Promise<TrainingJob[]> {
  const older = after && {
    OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, uid: { gt: after.uid } }],
  }
  const rows = await db.prisma.job.findMany({
    where: { ...conditionsOf(wanted), ...older },
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

/** Pods by replica and attempt, with types as the kind writes them (`Worker`) and in its order. */
async function listPods(db: Db, jobUid: string, kind: string): Promise<JobPod[]> {
  const rows = await db.prisma.jobPod.findMany({
    where: { jobUid },
    orderBy: [{ replicaType: 'asc' }, { replicaIndex: 'asc' }, { attempt: 'asc' }],
  })
  const restarts = new Map(
    (
      await db.query<{ pod_uid: string; restarts: number }>(
        'select pod_uid, max(restart)::int as restarts from log_stream where pod_uid = any($1::text[]) group by pod_uid',
        rows.map(({ uid }) => uid),
      )
    ).map((row) => [row.pod_uid, row.restarts]),
  )
  const types = frameworkOf(kind)?.replicaTypes ?? []
  const place = ({ replicaType }: { replicaType: string | null }) =>
    types.findIndex((type) => type.toLowerCase() === replicaType)
  return rows
    .sort((one, other) => place(one) - place(other))
    .map((row) => ({
      uid: row.uid,
      name: row.name,
      replicaType: types[place(row)] ?? row.replicaType,
      replicaIndex: row.replicaIndex,
      attempt: row.attempt,
      environment: z.array(EnvironmentEntry).catch([]).parse(row.environment),
      status: toStatus(row),
      node: row.node,
      startedAt: iso(row.startedAt),
      finishedAt: iso(row.finishedAt),
      exitCode: row.exitCode,
      restarts: restarts.get(row.uid) ?? 0,
      exists: row.deletedAt === null,
    }))
}

/** When the newest kept line of a job's logs was written. By each pod's own index, so that long logs cost nothing. */
async function lastLineAt(db: Db, jobUid: string): Promise<string | null> {
  const rows = await db.query<{ at: Date | null }>(
    `select max(line.at) as at from job_pod pod cross join lateral
       (select at from log_line where pod_uid = pod.uid order by id desc limit 1) line where pod.job_uid = $1`,
    jobUid,
  )
  return iso(rows[0]?.at ?? null)
}

const lookedAtForImages = 200
const mostImages = 50

/** The images of a workspace's newest jobs, the newest first. */
async function imagesUsed(db: Db, workspace: string): Promise<string[]> {
  const rows = await db.query<{ image: string }>(
    `with newest as (
       select manifest, created_at from job where workspace = $1 order by created_at desc, uid limit ${lookedAtForImages}),
     used as (
       select jsonb_path_query(manifest->'spec', 'strict $.**.containers[*].image') #>> '{}' as image, created_at from newest)
     select image from used where image is not null group by image order by max(created_at) desc limit ${mostImages}`,
    workspace,
  )
  return rows.map(({ image }) => image)
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
  const { retries, replicasReady, replicasTotal, progress } = row
  return {
    uid,
    workspace,
    kind,
    name,
    createdBy,
    failedPods,
    backoffLimit,
    retries,
    replicasReady,
    replicasTotal,
    progress,
    framework: frameworkOf(kind)?.title ?? null,
    resources: z.record(z.string(), z.string()).catch({}).parse(row.resources),
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

export const history = { list, find, listPods, listRuns, lastLineAt, imagesUsed }
