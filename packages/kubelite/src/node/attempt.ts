/**
 * One start of one container, as it lies on disk: `pods/<pod uid>/containers/<container>/<n>/` with
 * `spec.json` (what to run), `claim` (whoever made it decides: the shim, or a kubelet that gave up), `started.json`,
 * `exit.json` (written last, complete or absent), `log` (CRI format), `termination-log`, `work/` (working directory),
 * `entered` (its mounts are made), `attach` (the socket that `shim-attach.mjs` describes).
 * The folder number is the restart count. All that the kubelet knows after a restart comes from here.
 */
import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isAlive, killContainerProcesses, type ProcessRef } from './processes.ts'

export type AttemptSpec = {
  /** The container id; every process of the container carries it as KEELSON_CONTAINER. */
  id: string
  argv: string[]
  env: Record<string, string>
  cwd: string
  image: string
  imageId: string
  /** How many quick failures came before this start; decides the next back-off. */
  crashes: number
  /** The working directory as the container sees it. Absent in what an earlier release started. */
  workDir?: string
  /** The main process has a terminal: `argv` starts it through `terminal.py`. */
  tty?: boolean
  /** The main process has an input that can be joined. */
  stdin?: boolean
  /** True when the process has a mount namespace of its own, so that hooks and exec probes must enter it. */
  namespaced: boolean
  /** True when it is in a network namespace of its pod. Absent in what an earlier release started. */
  networked?: boolean
  createdAt: string
}

export type Exit = {
  exitCode: number
  signal: number
  startedAt: string
  finishedAt: string
  startError?: string
  lost?: boolean
}
type Started = { shim: ProcessRef; child: ProcessRef; startedAt: string }

export type Attempt = {
  dir: string
  number: number
  spec: AttemptSpec
  started: Started | null
  exit: Exit | null
}

const shimFile = fileURLToPath(new URL('./shim.mjs', import.meta.url))

export function attemptDir(podDir: string, container: string, number: number): string {
  return join(podDir, 'containers', container, String(number))
}

/** The numbers of the attempts that are still on disk, oldest first. */
export async function attemptNumbers(podDir: string, container: string): Promise<number[]> {
  const names = await readdir(join(podDir, 'containers', container)).catch(() => [])
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b)
}

/** Reads an attempt; null when its folder holds no whole `spec.json` (the kubelet was killed while it prepared it). */
export async function readAttempt(dir: string, number: number): Promise<Attempt | null> {
  const spec = await readJson<AttemptSpec>(join(dir, 'spec.json'))
  if (spec === null) return null
  const exit = await readJson<Exit>(join(dir, 'exit.json'))
  // Ended because the platform was stopped: not a success of its own, even when it left with 0.
  if (exit?.exitCode === 0 && existsSync(join(dir, 'stopped-by-node'))) exit.exitCode = 143
  return { dir, number, spec, started: await readJson<Started>(join(dir, 'started.json')), exit }
}

/** Prepares the folder of an attempt. Nothing runs yet; a folder from a preparation that was cut off is replaced. */
export async function prepareAttempt(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true })
  await mkdir(join(dir, 'work'), { recursive: true, mode: 0o700 })
  await mkdir(join(dir, 'mnt'), { mode: 0o700 })
  await writeFile(join(dir, 'termination-log'), '', { mode: 0o666 })
}

/**
 * Writes the spec and starts the shim. `onChange` is called when the process has started and when it has ended, for as
 * long as this kubelet lives; the files say the same to the next one.
 */
export async function launchAttempt(
  dir: string,
  number: number,
  spec: AttemptSpec,
  onChange: () => void,
): Promise<Attempt> {
  await writeJson(join(dir, 'spec.json'), spec)
  const errors = openSync(join(dir, 'shim.err'), 'a', 0o600)
  try {
    const shim = spawn(process.execPath, ['--no-warnings', shimFile, dir], {
      cwd: dir,
      env: {},
      detached: true,
      stdio: ['ignore', 'pipe', errors],
    })
    shim.unref()
    shim.on('error', onChange)
    shim.on('exit', onChange)
    const started = new Promise<void>((resolve) => {
      shim.stdout?.on('data', () => {
        resolve()
        onChange()
      })
      shim.on('exit', () => resolve())
      shim.on('error', () => resolve())
    })
    // The pipe must not keep a kubelet alive that wants to end.
    ;(shim.stdout as unknown as { unref?: () => void }).unref?.()
    await started
  } finally {
    closeSync(errors)
  }
  return (await readAttempt(dir, number)) ?? { dir, number, spec, started: null, exit: null }
}

/**
 * Brings an attempt up to date with the world. An attempt whose shim is gone without an exit status is over: what is left
 * of its processes is killed, and it counts as exit 137. Returns the newest state.
 */
export async function refreshAttempt(attempt: Attempt, now: () => Date): Promise<Attempt> {
  if (attempt.exit !== null) return attempt
  const fresh = (await readAttempt(attempt.dir, attempt.number)) ?? attempt
  if (fresh.exit !== null) return fresh
  if (fresh.started !== null && (await isAlive(fresh.started.shim))) return fresh
  // The shim writes its exit status and then ends: look once more before calling it lost.
  const again = (await readAttempt(attempt.dir, attempt.number)) ?? fresh
  if (again.exit !== null) return again
  return again.started === null ? giveUpUnstarted(again, now) : loseAttempt(again, now)
}

/** Nothing is known to have started: take the claim, so that a late shim does nothing; if it has it, wait for it. */
async function giveUpUnstarted(attempt: Attempt, now: () => Date): Promise<Attempt> {
  const claimed = await writeFile(join(attempt.dir, 'claim'), '', { flag: 'wx' }).then(
    () => true,
    () => false,
  )
  if (!claimed) {
    const ageMs = now().getTime() - new Date(attempt.spec.createdAt).getTime()
    if (ageMs < 5_000) return attempt
  }
  return loseAttempt(attempt, now)
}

async function loseAttempt(attempt: Attempt, now: () => Date): Promise<Attempt> {
  await killContainerProcesses(attempt.started?.child ?? null, attempt.spec.id)
  const finishedAt = now().toISOString()
  const exit: Exit = {
    exitCode: 137,
    signal: 0,
    startedAt: attempt.started?.startedAt ?? finishedAt,
    finishedAt,
    lost: true,
  }
  await writeJson(join(attempt.dir, 'exit.json'), exit)
  return { ...attempt, exit }
}

/** Kills everything of an attempt at once, its shim included, and leaves an exit status. */
export async function destroyAttempt(attempt: Attempt, now: () => Date): Promise<void> {
  const fresh = await refreshAttempt(attempt, now)
  if (fresh.exit === null) await killContainerProcesses(fresh.started?.child ?? null, fresh.spec.id)
}

export async function readJson<T>(file: string): Promise<T | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T
  } catch {
    return null
  }
}

export async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFile(`${file}.tmp`, JSON.stringify(value), { mode: 0o600 })
  await rename(`${file}.tmp`, file)
}
