import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestDatabase, withPostgres } from '@keelson/testing'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate, readMigrations } from './migrate.ts'

let database: TestDatabase
let folder: string
beforeEach(async () => {
  database = await withPostgres()
  folder = mkdtempSync(join(tmpdir(), 'keelson-migrations-'))
})
afterEach(() => database.stop())

function addMigration(name: string, sql: string): void {
  mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, name, 'migration.sql'), sql)
}

const run = () => migrate({ url: database.url, migrationsDir: folder })

async function query<T extends pg.QueryResultRow>(sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  try {
    return (await client.query<T>(sql)).rows
  } finally {
    await client.end()
  }
}

test('the repository’s own migrations apply, and a second time there is nothing to do', async () => {
  const real = readMigrations(join(import.meta.dirname, '../../../prisma/migrations'))
  expect(await migrate({ url: database.url })).toEqual({ applied: real.map(({ name }) => name), alreadyApplied: 0 })
  expect(await migrate({ url: database.url })).toEqual({ applied: [], alreadyApplied: real.length })
})

test('five at once on an empty database: each migration is applied once', async () => {
  addMigration('0001_a', 'create table a (id int primary key); insert into a values (1);')
  addMigration('0002_b', 'insert into a values (2);')
  const results = await Promise.all(Array.from({ length: 5 }, run))
  expect(results.flatMap(({ applied }) => applied).sort()).toEqual(['0001_a', '0002_b'])
  expect(await query('select id from a order by id')).toEqual([{ id: 1 }, { id: 2 }])
})

test('a migration that fails is undone whole, and runs again when it is mended', async () => {
  addMigration('0001_a', 'create table a (id int); select nonsense;')
  await expect(run()).rejects.toThrow('The migration 0001_a failed and was undone: column "nonsense" does not exist.')
  expect(await query(`select to_regclass('a')::text as a`)).toEqual([{ a: null }])
  addMigration('0001_a', 'create table a (id int);')
  expect((await run()).applied).toEqual(['0001_a'])
})

test('a database of a newer version is refused, and left alone', async () => {
  addMigration('0001_a', 'create table a (id int);')
  const older = mkdtempSync(join(tmpdir(), 'keelson-migrations-'))
  cpSync(folder, older, { recursive: true })
  addMigration('0002_b', 'create table b (id int);')
  await run()
  await expect(migrate({ url: database.url, migrationsDir: older })).rejects.toThrow(
    /newer version of Keelson \(it has the migration 0002_b\)/,
  )
})

test('a changed file is refused', async () => {
  addMigration('0001_a', 'create table a (id int);')
  await run()
  addMigration('0001_a', 'create table a (id bigint);')
  await expect(run()).rejects.toThrow('The migration 0001_a was changed after it had been applied')
})

test('a migration that Prisma left failed is refused until it is resolved', async () => {
  addMigration('0001_a', 'create table a (id int);')
  await run()
  await query(`update _prisma_migrations set finished_at = null`)
  addMigration('0002_b', 'create table b (id int);')
  await expect(run()).rejects.toThrow('The migration 0001_a failed before')
  await query(`update _prisma_migrations set rolled_back_at = now()`)
  await query('drop table a')
  expect((await run()).applied).toEqual(['0001_a', '0002_b'])
})

test('no database: one sentence', async () => {
  await expect(migrate({ url: 'postgresql://postgres:x@127.0.0.1:1/none', migrationsDir: folder })).rejects.toThrow(
    /^The database cannot be reached: .+\.$/,
  )
})

test('the schema parameter puts the tables there', async () => {
  addMigration('0001_a', 'create table a (id int);')
  await migrate({ url: `${database.url}?schema=other`, migrationsDir: folder })
  expect(await query(`select to_regclass('other.a')::text as a`)).toEqual([{ a: 'other.a' }])
})
