import { setTimeout as sleep } from 'node:timers/promises'
import { migrate } from '@keelson/db/migrate'
import { type RunningPostgres, startPostgres } from '@keelson/embedded-postgres'
import type { Logger } from '@keelson/process/logger'
import pg from 'pg'
import { Fault } from '../fault.ts'
import type { Home } from '../home/home.ts'
import { pickPort } from '../processes/ports.ts'

export type PlatformDatabase = {
  url: string
  embedded: boolean
  port: number | null
  pid(): number | null
  stop(): Promise<void>
}

const databaseName = 'keelson'
const longestBackOffMs = 5_000

/** The database of `DATABASE_URL`, with the migrations applied. */
export async function useOwnDatabase(url: string): Promise<PlatformDatabase> {
  await migrate({ url })
  return { url, embedded: false, port: null, pid: () => null, stop: async () => {} }
}

export type EmbeddedOptions = {
  home: Home
  password: string
  port: number | undefined
  avoid: readonly number[]
  log: Logger
}

/** Starts (or adopts) the embedded Postgres, keeps it running, and applies the migrations. */
export async function startEmbeddedDatabase(options: EmbeddedOptions): Promise<PlatformDatabase> {
  const { home, log } = options
  let running = await startOnFreePort(options)
  const port = Number(new URL(running.url(databaseName)).port)
  const stopping = new AbortController()
  await ensureDatabase(running)
  await migrate({ url: running.url(databaseName) })
  if (running.adopted) log.warn('adopted the database server of an earlier run', { pid: running.pid })

  const keep = async () => {
    let backOffMs = 200
    for (;;) {
      await running.exited
      if (stopping.signal.aborted) return
      log.warn('the database server ended, starting it again', { pid: running.pid, waitMs: backOffMs })
      await sleep(backOffMs, undefined, { signal: stopping.signal }).catch(() => {})
      if (stopping.signal.aborted) return
      try {
        running = await startPostgres(serverOptions(home, options.password, port))
        backOffMs = 200
      } catch (error) {
        log.error('the database server does not start', { error })
        backOffMs = Math.min(backOffMs * 2, longestBackOffMs)
      }
    }
  }
  const kept = keep()
  return {
    url: running.url(databaseName),
    embedded: true,
    port,
    pid: () => running.pid,
    stop: async () => {
      stopping.abort()
      await running.stop()
      await kept
    },
  }
}

/** On the remembered port, so that clients' addresses stay; an adopted server has its own already. */
async function startOnFreePort(options: EmbeddedOptions): Promise<RunningPostgres> {
  const remembered = options.port ?? (await pickPort(undefined, options.avoid))
  try {
    return await startPostgres(serverOptions(options.home, options.password, remembered))
  } catch (error) {
    const other = await pickPort(remembered, options.avoid)
    if (other === remembered) throw new Fault((error as Error).message, { cause: error })
    return startPostgres(serverOptions(options.home, options.password, other))
  }
}

function serverOptions(home: Home, password: string, port: number) {
  return {
    dataDir: home.file('postgres'),
    logFile: home.file('logs', 'postgres.log'),
    password,
    port,
    // Sized for a laptop: the whole platform is to fit beside a browser.
    settings: { max_connections: '120', shared_buffers: '64MB', jit: 'off', log_min_duration_statement: '1000' },
  }
}

async function ensureDatabase(server: RunningPostgres): Promise<void> {
  const client = new pg.Client({ connectionString: server.url('postgres') })
  await client.connect()
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [databaseName])
    if (rowCount === 0) await client.query(`create database ${databaseName}`)
  } finally {
    await client.end()
  }
}
