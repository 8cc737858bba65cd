import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { readEnvironment } from '@keelson/kubelite/environment'
import { z } from 'zod'

/** A process that cannot be mistaken for a later one with the same number. */
export const ProcessId = z.object({ pid: z.number().int().positive(), startedAt: z.string() })
export type ProcessId = z.infer<typeof ProcessId>

/** When the process started, in whatever form the system tells it; null when there is none (or only a zombie). */
export function startTimeOf(pid: number): string | null {
  if (process.platform === 'linux') {
    try {
      // Field 2 is the name in brackets and may hold anything: count from the last bracket. 22 = start time, 3 = state.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\)\s/s, '')
        .split(' ')
      return fields[0] === 'Z' ? null : (fields[19] ?? null)
    } catch {
      return null
    }
  }
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null
  } catch {
    return null
  }
}

export function identify(pid: number): ProcessId | null {
  const startedAt = startTimeOf(pid)
  return startedAt === null ? null : { pid, startedAt }
}

export function isRunning(id: ProcessId): boolean {
  return startTimeOf(id.pid) === id.startedAt
}

/** Sends the signal to the process if it is still that one. */
export function signalProcess(id: ProcessId, signal: NodeJS.Signals): void {
  if (!isRunning(id)) return
  try {
    process.kill(id.pid, signal)
  } catch {
    // It ended by itself meanwhile.
  }
}

/** Processes whose environment says `name=value` (Linux only; elsewhere none are found). */
export function findByEnvironment(name: string, value: string): { id: ProcessId; environment: string[] }[] {
  if (process.platform !== 'linux') return []
  // The kernel gives bytes; a folder's name may hold any.
  const wanted = Buffer.from(`${name}=${value}`).toString('latin1')
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((entry) => {
      const environment = readEnvironment(entry)?.split('\0') ?? []
      const id = environment.includes(wanted) ? identify(Number(entry)) : null
      return id === null ? [] : [{ id, environment }]
    })
}
