import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '@keelson/embedded-postgres'
import pg from 'pg'
import { freePort } from './free-port.ts'

export type TestDatabase = {
  /** A database of its own, of the superuser. */
  url: string
  /** Drops it (and stops the server when it was started for this database alone). */
  stop(): Promise<void>
}

/** A server with a template that has every migration applied. */
export type TestPostgres = { adminUrl: string; stop(): Promise<void> }

/** Set for a whole test run by the global set-up, so that its files share one server. */
const sharedServerVariable = 'KEELSON_TEST_POSTGRES'
const templateName = 'keelson_template'
const folderPrefix = 'keelson-test-postgres-'
const ownerFile = 'owner.pid'
const migrationsDir = join(import.meta.dirname, '../../../prisma/migrations')

/** An empty database on the test run's server. */
export function withPostgres(): Promise<TestDatabase> {
  return freshDatabase('template1')
}

/** A database with all migrations applied, cloned from a template (some tens of milliseconds). */
export function withMigratedDatabase(): Promise<TestDatabase> {
  return freshDatabase(templateName)
}

async function freshDatabase(template: string): Promise<TestDatabase> {
  const shared = process.env[sharedServerVariable]
  const server = shared === undefined ? await startTestPostgres() : { adminUrl: shared, stop: async () => {} }
  const name = `test_${randomBytes(8).toString('hex')}`
  await runAsAdmin(server.adminUrl, `create database ${name} template ${template}`)
  return {
    url: withDatabase(server.adminUrl, name),
    stop: async () => {
      await runAsAdmin(server.adminUrl, `drop database if exists ${name} with (force)`)
      await server.stop()
    },
  }
}

/** Starts a server in a temporary folder and prepares the migrated template (unless told not to). */
export async function startTestPostgres(options: { template?: boolean } = {}): Promise<TestPostgres> {
  removeLeftServers()
  const folder = mkdtempSync(join(tmpdir(), folderPrefix))
  chmodSync(folder, 0o755)
  writeFileSync(join(folder, ownerFile), String(process.pid))
  const server = await startPostgres({
    dataDir: join(folder, 'data'),
    port: await freePort(),
    password: randomBytes(12).toString('hex'),
    logFile: join(folder, 'postgres.log'),
    settings: {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      max_connections: '200',
      shared_buffers: '64MB',
    },
  })
  const adminUrl = server.url('postgres')
  const stop = async () => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  if (options.template !== false) {
    await makeTemplate(adminUrl).catch(async (error) => {
      await stop()
      throw error
    })
  }
  return { adminUrl, stop }
}

/** A run that was killed leaves its server behind: the next one ends it. */
function removeLeftServers(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(folderPrefix))) {
    const folder = join(tmpdir(), name)
    try {
      if (isAlive(Number(readFileSync(join(folder, ownerFile), 'utf8')))) continue
      const pidFile = join(folder, 'data', 'postmaster.pid')
      if (existsSync(pidFile)) process.kill(Number(readFileSync(pidFile, 'utf8').split('\n')[0]), 'SIGQUIT')
      rmSync(folder, { recursive: true, force: true })
    } catch {
      // Another run's set-up is doing the same, or it is somebody else's folder.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function makeTemplate(adminUrl: string): Promise<void> {
  await runAsAdmin(adminUrl, `create database ${templateName}`)
  const files = readdirSync(migrationsDir).map((name) => join(migrationsDir, name, 'migration.sql'))
  for (const file of files.filter(existsSync).sort()) {
    await runAsAdmin(withDatabase(adminUrl, templateName), readFileSync(file, 'utf8'))
  }
}

async function runAsAdmin(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

function withDatabase(adminUrl: string, name: string): string {
  const url = new URL(adminUrl)
  url.pathname = `/${name}`
  return url.toString()
}

/** For the test runner's global set-up: one server for all files of the run. */
export async function sharePostgres(): Promise<() => Promise<void>> {
  if (process.env[sharedServerVariable] !== undefined) return async () => {}
  const server = await startTestPostgres()
  process.env[sharedServerVariable] = server.adminUrl
  return async () => {
    delete process.env[sharedServerVariable]
    await server.stop()
  }
}
