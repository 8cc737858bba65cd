import type { Db, Prisma } from '@keelson/db'

async function find(db: Db, key: string): Promise<unknown> {
  const row = await db.prisma.setting.findUnique({ where: { key }, select: { value: true } })
  return row?.value
}

async function listByPrefix(db: Db, prefix: string): Promise<{ key: string; value: unknown }[]> {
  return db.prisma.setting.findMany({
    where: { key: { startsWith: prefix } },
    orderBy: { updatedAt: 'desc' },
    take: 100,
    select: { key: true, value: true },
  })
}

async function set(db: Db, key: string, value: object, at: Date): Promise<void> {
  const json = value as Prisma.InputJsonValue
  await db.prisma.setting.upsert({
    where: { key },
    create: { key, value: json, updatedAt: at },
    update: { value: json, updatedAt: at },
    select: { key: true },
  })
}

export const settings = { find, listByPrefix, set }
