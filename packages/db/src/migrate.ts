/**
 * Applies prisma/migrations at start and in tests: no CLI, some tens of milliseconds. Keeps the same `_prisma_migrations`
 * table as Prisma, so that `pnpm prisma migrate status` agrees. Each file runs in one transaction together with its row:
 * it is applied whole or not at all.
 */
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '@keelson/process/app-error'
import pg from 'pg'

export type MigrateOptions = {
  url: string
  /** Default: the migrations of this repository. */
  migrationsDir?: string
}

export type MigrateResult = { applied: string[]; alreadyApplied: number }

type Migration = { name: string; sql: string; checksum: string }
type Row = { migration_name: string; checksum: string; finished_at: Date | null; rolled_back_at: Date | null }

/** Any number that no other part of the platform takes as an advisory lock. */
const lockKey = 7_700_001
const lockWaitMs = 60_000

const defaultMigrationsDir = join(import.meta.dirname, '../../../prisma/migrations')

/**
 * Brings the database to this version's schema; callers at the same time wait for each other. Throws `precondition` with
 * one sentence when the database was written by a newer version, when an applied file was changed since, or when a
 * migration failed before; `unavailable` when the database cannot be reached.
 */
export async function migrate(options: MigrateOptions): Promise<MigrateResult> {
  const migrations = readMigrations(options.migrationsDir ?? defaultMigrationsDir)
  const client = new pg.Client({ connectionString: options.url, application_name: 'keelson-migrate' })
  client.on('error', () => {})
  await client.connect().catch((cause) => {
    throw new AppError('unavailable', `The database cannot be reached: ${(cause as Error).message}.`, { cause })
  })
  try {
    await useSchema(client, options.url)
    await client.query(`set lock_timeout = ${lockWaitMs}`)
    await client.query('select pg_advisory_lock($1)', [lockKey])
    await client.query(tableSql)
    const pending = findPending(migrations, await readRows(client))
    for (const migration of pending) await applyMigration(client, migration)
    return { applied: pending.map(({ name }) => name), alreadyApplied: migrations.length - pending.length }
  } finally {
    await client.end()
  }
}

/** The migrations on disk, in order. */
export function readMigrations(folder: string): Migration[] {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'migration.sql')))
    .map((entry) => entry.name)
  return names.sort().map((name) => {
    const bytes = readFileSync(join(folder, name, 'migration.sql'))
    return { name, sql: bytes.toString('utf8'), checksum: createHash('sha256').update(bytes).digest('hex') }
  })
}

function findPending(migrations: readonly Migration[], rows: readonly Row[]): Migration[] {
  const byName = new Map(migrations.map((migration) => [migration.name, migration]))
  for (const row of rows) {
    const migration = byName.get(row.migration_name)
    if (row.finished_at === null) {
      throw refuse(
        `The migration ${row.migration_name} failed before: repair the database, then mark it with "pnpm prisma migrate resolve".`,
      )
    }
    if (migration === undefined) {
      throw refuse(
        `The database was written by a newer version of Keelson (it has the migration ${row.migration_name}): start that version, or use another database.`,
      )
    }
    if (migration.checksum !== row.checksum) {
      throw refuse(
        `The migration ${row.migration_name} was changed after it had been applied: restore the file, or use another database.`,
      )
    }
  }
  const applied = new Set(rows.map((row) => row.migration_name))
  return migrations.filter(({ name }) => !applied.has(name))
}

async function applyMigration(client: pg.Client, migration: Migration): Promise<void> {
  try {
    await client.query('begin')
    await client.query(migration.sql)
    await client.query(
      `insert into _prisma_migrations (id, checksum, finished_at, migration_name, started_at, applied_steps_count)
       values ($1, $2, clock_timestamp(), $3, now(), 1)`,
      [randomUUID(), migration.checksum, migration.name],
    )
    await client.query('commit')
  } catch (cause) {
    await client.query('rollback').catch(() => {})
    throw new AppError(
      'precondition',
      `The migration ${migration.name} failed and was undone: ${(cause as Error).message}.`,
      { cause },
    )
  }
}

/** Rows that `prisma migrate resolve --rolled-back` marked do not count. */
async function readRows(client: pg.Client): Promise<Row[]> {
  const { rows } = await client.query<Row>('select * from _prisma_migrations where rolled_back_at is null')
  return rows
}

/** Prisma's `?schema=`: the driver does not know it. */
async function useSchema(client: pg.Client, url: string): Promise<void> {
  const schema = new URL(url).searchParams.get('schema')
  if (schema === null) return
  await client.query(`create schema if not exists ${client.escapeIdentifier(schema)}`)
  await client.query(`set search_path to ${client.escapeIdentifier(schema)}`)
}

function refuse(sentence: string): AppError {
  return new AppError('precondition', sentence)
}

/** As Prisma makes it. */
const tableSql = `create table if not exists _prisma_migrations (
  id varchar(36) primary key not null,
  checksum varchar(64) not null,
  finished_at timestamptz,
  migration_name varchar(255) not null,
  logs text,
  rolled_back_at timestamptz,
  started_at timestamptz not null default now(),
  applied_steps_count integer not null default 0
)`
