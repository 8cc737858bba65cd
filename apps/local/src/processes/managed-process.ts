/**
 * A process that is kept running: started with a channel that tells it when we are gone, its output in a file of its own
 * (which outlives us), restarted with back-off when it ends, stopped with a grace period.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@keelson/process/logger'
import { Fault } from '../fault.ts'
import { type Home, writeWhole } from '../home/home.ts'
import { identify, type ProcessId, signalProcess } from './process-id.ts'

export type ProcessSpec = {
  name: string
  /** Arguments of this same Node. */
  args: readonly string[]
  env: Readonly<Record<string, string>>
  cwd: string
  /** True once it serves. Asked again and again until then; may throw. */
  isReady: () => Promise<boolean>
}

export type ManagedProcess = {
  readonly name: string
  /** Resolves when it serves; throws one sentence when it keeps ending, or takes too long. */
  ready(): Promise<void>
  readonly restarts: number
  readonly pid: number | null
  stop(): Promise<void>
}

const firstBackOffMs = 200
const longestBackOffMs = 5_000
const stableMs = 30_000
const graceMs = 12_000
const readyWithinMs = 60_000
const triesBeforeReady = 4
const largestLogBytes = 20 * 1024 * 1024

export function keepRunning(spec: ProcessSpec, home: Home, log: Logger): ManagedProcess {
  const logFile = home.file('logs', `${spec.name}.log`)
  const stopping = new AbortController()
  let current: { child: ChildProcess; id: ProcessId | null; ended: Promise<string> } | null = null
  let restarts = 0

  const run = async () => {
    let backOffMs = firstBackOffMs
    while (!stopping.signal.aborted) {
      const startedAt = Date.now()
      let reason: string
      try {
        current = launch(spec, home, logFile)
        reason = await current.ended
      } catch (error) {
        // A full disk or too many open files: as passing as any other reason to end.
        reason = String(error)
      }
      current = null
      rmSync(pidFileOf(home, spec.name), { force: true })
      if (stopping.signal.aborted) return
      if (Date.now() - startedAt > stableMs) backOffMs = firstBackOffMs
      restarts += 1
      log.warn('process ended, starting it again', { name: spec.name, reason, restarts, waitMs: backOffMs })
      await sleep(backOffMs, undefined, { signal: stopping.signal }).catch(() => {})
      backOffMs = Math.min(backOffMs * 2, longestBackOffMs)
    }
  }
  const finished = run()

  return {
    name: spec.name,
    ready: async () => {
      const deadline = Date.now() + readyWithinMs
      while (!(await spec.isReady().catch(() => false))) {
        if (stopping.signal.aborted) throw new Fault(`Keelson was stopped while the ${spec.name} was starting.`)
        if (restarts >= triesBeforeReady || Date.now() > deadline) throw cannotStart(spec.name, logFile, restarts)
        await sleep(50)
      }
    },
    get restarts() {
      return restarts
    },
    get pid() {
      return current?.child.pid ?? null
    },
    stop: async () => {
      stopping.abort()
      const last = current
      if (last !== null) {
        last.child.kill('SIGTERM')
        const gone = await Promise.race([last.ended.then(() => true), sleep(graceMs, false, { ref: false })])
        if (!gone && last.id !== null) signalProcess(last.id, 'SIGKILL')
      }
      await finished
    },
  }
}

export function pidFileOf(home: Home, name: string): string {
  return home.file('run', `${name}.pid.json`)
}

function launch(spec: ProcessSpec, home: Home, logFile: string) {
  keepLogSmall(logFile)
  const output = openSync(logFile, 'a', 0o600)
  try {
    const child = spawn(process.execPath, spec.args, {
      cwd: spec.cwd,
      // The marker by which a later start finds what an earlier one left.
      env: {
        ...spec.env,
        KEELSON_HOME: home.path,
        KEELSON_PROCESS: spec.name,
        KEELSON_PARENT_PID: String(process.pid),
      },
      stdio: ['ignore', output, output, 'ipc'],
      // A group of its own: Ctrl-C on the terminal is ours to pass on, in order.
      detached: true,
    })
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message))
      child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`))
    })
    const id = child.pid === undefined ? null : identify(child.pid)
    if (id !== null) writeWhole(pidFileOf(home, spec.name), JSON.stringify(id))
    return { child, id, ended }
  } finally {
    closeSync(output)
  }
}

function keepLogSmall(file: string): void {
  if (existsSync(file) && statSync(file).size > largestLogBytes) renameSync(file, `${file}.1`)
}

/** Says why, with the last error that the process itself logged. */
function cannotStart(name: string, logFile: string, restarts: number): Fault {
  const lines = readFileSync(logFile, 'utf8').slice(-20_000).split('\n')
  const reason = lines.map(readReason).findLast((text) => text !== null)
  const what = restarts > 0 ? 'does not start' : 'does not become ready'
  return new Fault(`The ${name} ${what}${reason ? ` (${reason.replace(/\.$/, '')})` : ''}: see ${logFile}.`)
}

function readReason(line: string): string | null {
  try {
    const entry = JSON.parse(line) as { level?: string; message?: string; error?: string }
    return entry.level === 'error' || entry.level === 'warn' ? (entry.error ?? entry.message ?? null) : null
  } catch {
    // Not JSON: what Node prints of an uncaught error, or a sentence of ours.
    return /^\w*Error\b.*: |^[A-Z][^{]*\.$/.test(line) ? line : null
  }
}
