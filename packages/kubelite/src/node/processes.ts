import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { readEnvironment } from './environ.mjs'

/** A process that a recycled pid cannot be taken for: pid and the time at which the kernel started it. */
export type ProcessRef = { pid: number; startTime: string }

type Stat = { pid: number; state: string; ppid: number; pgid: number; session: number; startTime: string }

/**
 * The kernel's start time of a process, an opaque text; null when there is no such process (a zombie counts as gone).
 * On Linux it is field 22 of /proc/PID/stat together with the boot id, elsewhere what `ps` says.
 */
export async function processStartTime(pid: number): Promise<string | null> {
  if (process.platform !== 'linux') return startTimeByPs(pid)
  const stat = await readStat(pid)
  return stat === null || stat.state === 'Z' || stat.state === 'X' ? null : `${await bootId()}:${stat.startTime}`
}

/** True while exactly that process runs. */
export async function isAlive(ref: ProcessRef): Promise<boolean> {
  return (await processStartTime(ref.pid)) === ref.startTime
}

/** Sends a signal to the process if it is still the same one. */
export async function signalProcess(ref: ProcessRef, signal: NodeJS.Signals): Promise<boolean> {
  return (await isAlive(ref)) && send(ref.pid, signal)
}

/** A process in uninterruptible sleep cannot be killed: after so many looks it is left to the next try. */
const mostRounds = 200
const roundMs = 10

/**
 * Kills (SIGKILL) all that a container started: its process group and, on Linux, every process that carries the container's
 * mark in its environment (daemons that left the group). Resolves when none is left, those included that were forked
 * meanwhile: what is started in the container's place finds its ports free. Returns how many were signalled.
 */
export async function killContainerProcesses(leader: ProcessRef | null, mark: string): Promise<number> {
  const killed = new Set<number>()
  // The group outlives its leader; while it has members the kernel gives its id to no new process.
  if (leader !== null && (await groupIsOurs(leader)) && send(-leader.pid, 'SIGKILL')) killed.add(leader.pid)
  for (let round = 0; round < mostRounds; round += 1) {
    const left = await markedProcesses(mark)
    if (left.length === 0) break
    for (const pid of left) if (send(pid, 'SIGKILL')) killed.add(pid)
    await sleep(roundMs)
  }
  return killed.size
}

async function groupIsOurs(leader: ProcessRef): Promise<boolean> {
  if (await isAlive(leader)) return true
  if (process.platform !== 'linux') return false
  // After a reboot, or when the pid now leads another group, the numbers are someone else's.
  if (!leader.startTime.startsWith(`${await bootId()}:`)) return false
  return (await readStat(leader.pid)) === null
}

/** Pids of the processes whose environment has `KEELSON_CONTAINER=<mark>`. Other people's processes are not readable. */
export async function markedProcesses(mark: string): Promise<number[]> {
  return (await processesByMark()).get(mark) ?? []
}

/** The same for every container at once: mark → pids. Empty where environments cannot be read (not Linux). */
export async function processesByMark(): Promise<Map<string, number[]>> {
  const byMark = new Map<string, number[]>()
  if (process.platform !== 'linux') return byMark
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  await Promise.all(
    pids.map(async (pid) => {
      // The first look leaves the event loop free; most processes need no other.
      const seen = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => null)
      const environment = seen === '' ? readEnvironment(pid) : seen
      const mark = /(?:^|\0)KEELSON_CONTAINER=([^\0]*)/.exec(environment ?? '')?.[1]
      if (mark !== undefined) byMark.set(mark, [...(byMark.get(mark) ?? []), pid])
    }),
  )
  return byMark
}

function send(target: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(target, signal)
    return true
  } catch {
    return false
  }
}

async function readStat(pid: number): Promise<Stat | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  return text === null ? null : parseStat(text)
}

/** The second field is the program's name in parentheses, which may itself hold spaces and parentheses. */
export function parseStat(text: string): Stat | null {
  const end = text.lastIndexOf(')')
  const fields = text.slice(end + 2).split(' ')
  const [state, ppid, pgid, session] = fields
  const startTime = fields[19]
  if (end < 0 || state === undefined || startTime === undefined) return null
  return {
    pid: Number.parseInt(text, 10),
    state,
    ppid: Number(ppid),
    pgid: Number(pgid),
    session: Number(session),
    startTime,
  }
}

let knownBootId: Promise<string> | undefined
function bootId(): Promise<string> {
  knownBootId ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim().slice(0, 8),
    () => 'boot',
  )
  return knownBootId
}

function startTimeByPs(pid: number): Promise<string | null> {
  return new Promise((resolve) => {
    execFile('ps', ['-o', 'lstart=,stat=', '-p', String(pid)], (error, stdout) => {
      const text = stdout.trim()
      resolve(error || text === '' || /\sZ\S*$/.test(text) ? null : text.replace(/\s+\S+$/, ''))
    })
  })
}
