import type { Db } from '@keelson/db'
import { hashSecret } from './secrets.rules.ts'

export type SessionRow = {
  id: string
  personId: string
  username: string
  groups: string[]
  expiresAt: Date
  revokedAt: Date | null
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
      person: { select: { username: true, groups: true } },
    },
  })
  return row === null ? null : { ...row, ...row.person }
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

export const sessions = { create, findBySecret, revoke, deleteEndedBefore }
