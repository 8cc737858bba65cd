import type { AccessToken } from '@keelson/contracts/access'
import type { Db } from '@keelson/db'
import { hashSecret } from './secrets.rules.ts'

export type TokenRow = {
  id: string
  personId: string
  username: string
  groups: string[]
  workspace: string | null
  expiresAt: Date | null
  lastUsedAt: Date | null
  revokedAt: Date | null
  disabled: boolean
}

const columns = { id: true, name: true, workspace: true, createdAt: true, expiresAt: true, lastUsedAt: true } as const
type Columns = {
  id: string
  name: string
  workspace: string | null
  createdAt: Date
  expiresAt: Date | null
  lastUsedAt: Date | null
}

function toAccessToken(row: Columns): AccessToken {
  return {
    ...row,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  }
}

export type NewToken = {
  secret: string
  personId: string
  name: string
  workspace: string | null
  createdAt: Date
  expiresAt: Date
}

async function create(db: Db, token: NewToken): Promise<AccessToken> {
  const { secret, ...rest } = token
  return toAccessToken(
    await db.prisma.accessToken.create({ data: { ...rest, secretHash: hashSecret(secret) }, select: columns }),
  )
}

async function findBySecret(db: Db, secret: string): Promise<TokenRow | null> {
  const row = await db.prisma.accessToken.findUnique({
    where: { secretHash: hashSecret(secret) },
    select: {
      id: true,
      personId: true,
      workspace: true,
      expiresAt: true,
      lastUsedAt: true,
      revokedAt: true,
      person: { select: { username: true, groups: true, disabledAt: true } },
    },
  })
  if (row === null) return null
  const { person, ...rest } = row
  return { ...rest, username: person.username, groups: person.groups, disabled: person.disabledAt !== null }
}

/** The tokens that still work, newest first. */
async function listActive(db: Db, personId: string, at: Date): Promise<AccessToken[]> {
  const rows = await db.prisma.accessToken.findMany({
    where: { personId, revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: at } }] },
    orderBy: { id: 'desc' },
    select: columns,
  })
  return rows.map(toAccessToken)
}

/** The token as it was; null when this person has no such token that is still good. */
async function revoke(db: Db, personId: string, id: string, at: Date): Promise<AccessToken | null> {
  const rows = await db.prisma.accessToken.updateManyAndReturn({
    where: { id, personId, revokedAt: null },
    data: { revokedAt: at },
    select: columns,
  })
  return rows[0] === undefined ? null : toAccessToken(rows[0])
}

/** Revokes all tokens of a person; gives their ids. */
async function revokeAll(db: Db, personId: string, at: Date): Promise<string[]> {
  const rows = await db.prisma.accessToken.updateManyAndReturn({
    where: { personId, revokedAt: null },
    data: { revokedAt: at },
    select: { id: true },
  })
  return rows.map((row) => row.id)
}

async function markUsed(db: Db, id: string, at: Date): Promise<void> {
  await db.prisma.accessToken.updateMany({ where: { id }, data: { lastUsedAt: at } })
}

export const tokens = { create, findBySecret, listActive, revoke, revokeAll, markUsed }
