import type { WorkspaceRequest } from '@keelson/contracts/workspaces'
import type { Db } from '@keelson/db'

const mostShown = 500

const columns = {
  id: true,
  name: true,
  requestedBy: true,
  note: true,
  state: true,
  createdAt: true,
  decidedBy: true,
  decidedAt: true,
  reason: true,
} as const

type Row = Omit<WorkspaceRequest, 'createdAt' | 'decidedAt' | 'state'> & {
  state: string
  createdAt: Date
  decidedAt: Date | null
}

function toRequest(row: Row): WorkspaceRequest {
  return {
    ...row,
    state: row.state as WorkspaceRequest['state'],
    createdAt: row.createdAt.toISOString(),
    decidedAt: row.decidedAt?.toISOString() ?? null,
  }
}

/** One at a time for this name, until the transaction ends: two people who ask for it at once are told apart. */
async function lockName(db: Db, name: string): Promise<void> {
  await db.query(`select pg_advisory_xact_lock(hashtextextended($1, 0))::text as locked`, `workspace-request:${name}`)
}

async function create(
  db: Db,
  request: { name: string; requestedBy: string; note: string; createdAt: Date },
): Promise<WorkspaceRequest> {
  return toRequest(await db.prisma.workspaceRequest.create({ data: { ...request, state: 'pending' }, select: columns }))
}

async function find(db: Db, id: string): Promise<WorkspaceRequest | null> {
  const row = await db.prisma.workspaceRequest.findUnique({ where: { id }, select: columns })
  return row === null ? null : toRequest(row)
}

async function latestOf(db: Db, requestedBy: string): Promise<WorkspaceRequest | null> {
  const row = await db.prisma.workspaceRequest.findFirst({
    where: { requestedBy },
    orderBy: { createdAt: 'desc' },
    select: columns,
  })
  return row === null ? null : toRequest(row)
}

async function isAskedFor(db: Db, name: string): Promise<boolean> {
  return (await db.prisma.workspaceRequest.count({ where: { name, state: 'pending' } })) > 0
}

/** Those that wait first, the oldest of them on top; then what was decided, the latest first. */
async function list(db: Db): Promise<WorkspaceRequest[]> {
  const [pending, decided] = await Promise.all([
    db.prisma.workspaceRequest.findMany({
      where: { state: 'pending' },
      orderBy: { createdAt: 'asc' },
      take: mostShown,
      select: columns,
    }),
    db.prisma.workspaceRequest.findMany({
      where: { state: { not: 'pending' } },
      orderBy: { decidedAt: 'desc' },
      take: 50,
      select: columns,
    }),
  ])
  return [...pending, ...decided].map(toRequest)
}

/** False when it was decided in the meantime. */
async function decide(
  db: Db,
  id: string,
  decision: { state: 'approved' | 'refused' | 'withdrawn'; decidedBy: string; decidedAt: Date; reason: string | null },
): Promise<boolean> {
  const { count } = await db.prisma.workspaceRequest.updateMany({ where: { id, state: 'pending' }, data: decision })
  return count > 0
}

export const requests = { lockName, create, find, latestOf, isAskedFor, list, decide }
