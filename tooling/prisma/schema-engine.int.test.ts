import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '@keelson/db/migrate'
import { type TestDatabase, withPostgres } from '@keelson/testing'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { prisma } from './prisma.mjs'

let database: TestDatabase
let folder: string
beforeAll(async () => {
  database = await withPostgres()
  folder = mkdtempSync(join(tmpdir(), 'keelson-prisma-'))
  writeFileSync(
    join(folder, 'prisma.config.ts'),
    `export default { schema: 'schema.prisma', migrations: { path: 'migrations' }, datasource: { url: process.env.DATABASE_URL } }`,
  )
})
afterAll(() => database.stop())

function writeSchema(models: string): void {
  writeFileSync(join(folder, 'schema.prisma'), `datasource db {\n  provider = "postgresql"\n}\n${models}`)
}

function cli(args: string[], url = database.url): { status: number | null; output: string } {
  const result = prisma(args, {
    cwd: folder,
    env: { DATABASE_URL: url },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return { status: result.status, output: `${result.stdout}${result.stderr}` }
}

async function databases(): Promise<string[]> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  const { rows } = await client.query<{ datname: string }>(
    `select datname from pg_database where datname like 'prisma%'`,
  )
  await client.end()
  return rows.map((row) => row.datname)
}

test('migrate dev writes and applies, deploy and our own runner agree, diff tells a change', async () => {
  writeSchema('model Thing {\n  id Int @id\n  name String @unique\n}\n')
  const dev = cli(['migrate', 'dev', '--name', 'first'])
  expect(dev, dev.output).toMatchObject({ status: 0 })
  const [name = ''] = readdirSync(join(folder, 'migrations'))
  expect(readFileSync(join(folder, 'migrations', name, 'migration.sql'), 'utf8')).toContain('CREATE TABLE "Thing"')
  expect(cli(['migrate', 'deploy']).output).toContain('No pending migrations to apply')
  expect(await migrate({ url: database.url, migrationsDir: join(folder, 'migrations') })).toEqual({
    applied: [],
    alreadyApplied: 1,
  })

  const diff = ['migrate', 'diff', '--from-config-datasource', '--to-schema', 'schema.prisma', '--exit-code']
  expect(cli(diff).status).toBe(0)
  writeSchema('model Thing {\n  id Int @id\n}\n')
  const changed = cli(diff)
  expect(changed.status).toBe(2)
  expect(changed.output).toContain('name')
  expect(await databases()).toEqual([])
}, 60_000)

test('deploy on a fresh database, and status on one that our runner migrated', async () => {
  const fresh = await withPostgres()
  try {
    const deploy = cli(['migrate', 'deploy'], fresh.url)
    expect(deploy, deploy.output).toMatchObject({ status: 0 })
  } finally {
    await fresh.stop()
  }
  const ours = await withPostgres()
  try {
    await migrate({ url: ours.url, migrationsDir: join(folder, 'migrations') })
    expect(cli(['migrate', 'status'], ours.url).output).toContain('Database schema is up to date')
  } finally {
    await ours.stop()
  }
}, 60_000)

test('a wrong password and a closed port have Prisma’s own codes', () => {
  const wrong = new URL(database.url)
  wrong.password = 'wrong'
  expect(cli(['migrate', 'deploy'], wrong.toString()).output).toContain('P1000')
  expect(cli(['migrate', 'deploy'], 'postgresql://postgres:x@127.0.0.1:1/none').output).toContain('P1001')
}, 60_000)

test('the committed migrations make exactly the schema', async () => {
  const migrated = await withPostgres()
  try {
    await migrate({ url: migrated.url })
    const diff = ['migrate', 'diff', '--from-config-datasource', '--to-schema', 'prisma/schema', '--exit-code']
    const result = prisma(diff, {
      env: { DATABASE_URL: migrated.url },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    expect(result.status, `prisma/schema and prisma/migrations differ: ${result.stdout}${result.stderr}`).toBe(0)
  } finally {
    await migrated.stop()
  }
}, 60_000)
