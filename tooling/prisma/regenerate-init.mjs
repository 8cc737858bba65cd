/**
 * Writes prisma/migrations/0001_init/migration.sql anew from prisma/schema. Only while nothing has been released: from
 * then on a change of the schema is a new migration (`pnpm prisma migrate dev --name …`).
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startTestPostgres } from '@keelson/testing'
import { prisma } from './prisma.mjs'

const migrations = join(import.meta.dirname, '../../prisma/migrations')

/** The SQL that makes the schema from nothing. The engine asks a database for its version before it writes. */
function initialSql(databaseUrl) {
  const diff = ['migrate', 'diff', '--from-empty', '--to-schema', 'prisma/schema', '--script']
  const options = { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', env: { DATABASE_URL: databaseUrl } }
  const { status, stdout, stderr } = prisma(diff, options)
  if (status !== 0 || stdout.trim() === '') throw new Error(`prisma migrate diff failed: ${stderr || stdout}`)
  return stdout
}

const postgres = await startTestPostgres({ template: false })
try {
  const sql = initialSql(postgres.adminUrl)
  const folder = join(migrations, '0001_init')
  mkdirSync(folder, { recursive: true })
  // Renamed when complete: a test may be reading it.
  writeFileSync(join(folder, 'migration.sql.new'), sql)
  renameSync(join(folder, 'migration.sql.new'), join(folder, 'migration.sql'))
  writeFileSync(join(migrations, 'migration_lock.toml'), 'provider = "postgresql"\n')
  console.log('prisma/migrations/0001_init/migration.sql written')
} finally {
  await postgres.stop()
}
