import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'

export type Postmaster = { pid: number; port: number }

/** What `postmaster.pid` says: line 1 the process, line 4 the port. Null when there is none or it is still being written. */
export function readPostmaster(dataDir: string): Postmaster | null {
  let lines: string[]
  try {
    lines = readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')
  } catch {
    return null
  }
  const pid = Number(lines[0])
  const port = Number(lines[3])
  return Number.isInteger(pid) && pid > 0 && Number.isInteger(port) && port > 0 ? { pid, port } : null
}

/** True while the process exists and is not merely waiting to be reaped. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}

/**
 * Removes a `postmaster.pid` whose process id now belongs to something else: Postgres itself cannot tell, and would
 * refuse to start for ever.
 */
export function dropStalePidFile(dataDir: string): void {
  const found = readPostmaster(dataDir)
  if (found === null || !isAlive(found.pid)) return
  const command = commandOf(found.pid)
  if (command !== null && !command.includes('postgres')) rmSync(join(dataDir, 'postmaster.pid'), { force: true })
}

function commandOf(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    try {
      return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
    } catch {
      return null
    }
  }
}

/** True when the server at the address takes our password and serves this very folder. */
export async function answersFrom(url: string, dataDir: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ folder: string }>(`select current_setting('data_directory') as folder`)
    return rows[0]?.folder === dataDir
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}
