import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { cpus, freemem, totalmem } from 'node:os'
import type { Clock } from '@keelson/process/clock'
import type { NodeUsage, PodRef, Usage } from '../client.ts'
import type { Attempt } from './attempt.ts'
import { processesByMark } from './processes.ts'

export type MeteredPod = { pod: PodRef; containers: { name: string; attempt: Attempt }[] }

/** CPU seconds so far and bytes of memory now. */
type Reading = { cpuSeconds: number; memory: number }
type Sample = { atMs: number; node: Reading; containers: Map<string, Reading> }

/** A window is at least this long, and an older sample says nothing of now. */
const shortestWindowMs = 1_000
const longestWindowMs = 60_000
/** Ticks of the kernel's CPU times: 100 a second on every Linux that Node runs on (USER_HZ). */
const ticksPerSecond = 100

/**
 * Measures containers by their processes, when it is asked. CPU is the mean since the last question, or over a second when
 * that was long ago. Memory is what processes hold with shared pages counted once (PSS), elsewhere their resident size.
 */
export function createMeter(clock: Clock, nodeName: string): (listPods: () => MeteredPod[]) => Promise<NodeUsage> {
  let last: Sample | null = null
  let present: Promise<NodeUsage> | null = null
  const sample = async (pods: MeteredPod[]): Promise<Sample> => ({
    atMs: clock.now().getTime(),
    node: { cpuSeconds: machineCpuSeconds(), memory: totalmem() - freemem() },
    containers: await readContainers(pods),
  })
  async function measure(listPods: () => MeteredPod[]): Promise<NodeUsage> {
    const ageMs = last === null ? Number.POSITIVE_INFINITY : clock.now().getTime() - last.atMs
    const before = last === null || ageMs > longestWindowMs ? await sample(listPods()) : last
    const missing = shortestWindowMs - (clock.now().getTime() - before.atMs)
    if (missing > 0) await clock.sleep(missing)
    const pods = listPods()
    const now = await sample(pods)
    last = now
    return { nodeName, ...usageBetween(before, now, pods) }
  }
  // Those that ask together get one answer: each would else wait for the window of the one before.
  return (listPods) => {
    present ??= measure(listPods).finally(() => {
      present = null
    })
    return present
  }
}

function usageBetween(before: Sample, now: Sample, pods: readonly MeteredPod[]): Omit<NodeUsage, 'nodeName'> {
  const windowMs = Math.max(1, now.atMs - before.atMs)
  // Processes that ended took their time with them: never less than nothing.
  const usage = (from: Reading | undefined, to: Reading): Usage => ({
    cpu: from === undefined ? 0 : Math.max(0, (to.cpuSeconds - from.cpuSeconds) / (windowMs / 1000)),
    memory: to.memory,
  })
  return {
    at: new Date(now.atMs),
    windowMs,
    node: usage(before.node, now.node),
    pods: pods.flatMap(({ pod, containers }) => {
      const measured = containers.flatMap(({ name, attempt }) => {
        const to = now.containers.get(attempt.spec.id)
        return to === undefined ? [] : [{ name, ...usage(before.containers.get(attempt.spec.id), to) }]
      })
      return measured.length === 0 ? [] : [{ pod, containers: measured }]
    }),
  }
}

function machineCpuSeconds(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000
}

async function readContainers(pods: readonly MeteredPod[]): Promise<Map<string, Reading>> {
  const attempts = pods.flatMap(({ containers }) => containers.map(({ attempt }) => attempt))
  if (attempts.length === 0) return new Map()
  if (process.platform !== 'linux') return readByPs(attempts)
  const byMark = await processesByMark()
  const readings = attempts.map(async ({ spec }) => {
    const each = await Promise.all((byMark.get(spec.id) ?? []).map(readProcess))
    return [spec.id, sum(each)] as const
  })
  return new Map(await Promise.all(readings))
}

const sum = (readings: readonly Reading[]): Reading => ({
  cpuSeconds: readings.reduce((total, each) => total + each.cpuSeconds, 0),
  memory: readings.reduce((total, each) => total + each.memory, 0),
})

async function readProcess(pid: number): Promise<Reading> {
  const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')
  const [stat, rollup, status] = await Promise.all([read('stat'), read('smaps_rollup'), read('status')])
  const kib = /^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? /^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? '0'
  return { cpuSeconds: cpuSecondsOf(stat), memory: Number(kib) * 1024 }
}

/** utime, stime, and those of children that were waited for (proc_pid_stat(5), fields 14 to 17). */
export function cpuSecondsOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields.slice(11, 15).reduce((total, ticks) => total + Number(ticks), 0) / ticksPerSecond
}

/** Without marks that can be read, a container is its main process's group. */
function readByPs(attempts: readonly Attempt[]): Promise<Map<string, Reading>> {
  return new Promise((resolve) => {
    execFile('ps', ['-axo', 'pgid=,rss=,time='], (_error, stdout) => {
      const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/))
      const readings = attempts.map(({ spec, started }) => {
        const own = rows.filter(([group]) => Number(group) === started?.child.pid)
        const each = own.map(([, kib = '0', time = '']) => ({
          cpuSeconds: secondsOf(time),
          memory: Number(kib) * 1024,
        }))
        return [spec.id, sum(each)] as const
      })
      resolve(new Map(readings))
    })
  })
}

/** `[[days-]hours:]minutes:seconds[.hundredths]` */
export function secondsOf(time: string): number {
  const [clockPart = '', days = '0'] = time.split('-').reverse()
  return clockPart.split(':').reduce((total, part) => total * 60 + Number(part), 0) + Number(days) * 86_400
}
