import type { Db } from '@keelson/db'
import { hashSecret } from './secrets.rules.ts'

export type SessionRow = {
  id: string
  personId: string
  username: string
  groups: string[]
  expiresAt: Date
  revokedAt: Date | null
  disabled: boolean
  /** Whom an operator looks as with this session, and until when. */
  view: { person: { id: string; username: string; groups: string[] }; until: Date } | null
}

async function create(
  db: Db,
  session: { secret: string; personId: string; groups: string[]; createdAt: Date; expiresAt: Date },
): Promise<string> {
  const { secret, ...rest } = session
  const row = await db.prisma.session.create({
    data: { ...rest, secretHash: hashSecret(secret) },
    select: { id: true },
  })
  return row.id
}

/** With the groups of the person's latest sign-in anywhere: what the provider took away since is gone from older sessions too. */
async function findBySecret(db: Db, secret: string): Promise<SessionRow | null> {
  const row = await db.prisma.session.findUnique({
    where: { secretHash: hashSecret(secret) },
    select: {
      id: true,
      personId: true,
      expiresAt: true,
      revokedAt: true,
      viewUntil: true,
      person: { select: { username: true, groups: true, disabledAt: true } },
      viewAs: { select: { id: true, username: true, groups: true } },
    },
  })
  if (row === null) return null
  const { person, viewAs, viewUntil, ...rest } = row
  const view = viewAs === null || viewUntil === null ? null : { person: viewAs, until: viewUntil }
  return { ...rest, username: person.username, groups: person.groups, disabled: person.disabledAt !== null, view }
}

/** Begins (or with null ends) looking as somebody else. */
async function setView(db: Db, id: string, view: { personId: string; until: Date } | null): Promise<void> {
  await db.prisma.session.updateMany({
    where: { id },
    data: { viewAsId: view?.personId ?? null, viewUntil: view?.until ?? null },
  })
}

/** Ends all open sessions of a person; gives their ids. */
async function revokeAll(db: Db, personId: string, at: Date): Promise<string[]> {
  const rows = await db.prisma.session.updateManyAndReturn({
    where: { personId, revokedAt: null },
    data: { revokedAt: at },
    select: { id: true },
  })
  return rows.map((row) => row.id)
}

/** The sessions of a person that still work, newest first. */
function listActive(db: Db, personId: string, at: Date): Promise<{ id: string; createdAt: Date; expiresAt: Date }[]> {
  return db.prisma.session.findMany({
    where: { personId, revokedAt: null, expiresAt: { gt: at } },
    orderBy: { id: 'desc' },
    take: 100,
    select: { id: true, createdAt: true, expiresAt: true },
  })
}

/** True when it was open until now. */
async function revoke(db: Db, id: string, at: Date): Promise<boolean> {
  const { count } = await db.prisma.session.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: at } })
  return count > 0
}

async function deleteEndedBefore(db: Db, at: Date): Promise<number> {
  const { count } = await db.prisma.session.deleteMany({ where: { expiresAt: { lt: at } } })
  return count
}

export const sessions = { create, findBySecret, setView, revoke, revokeAll, listActive, deleteEndedBefore }
