import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { constants } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { NotRunning, type ProcessStreams } from '../client.ts'
import { internalError } from '../status-error.ts'
import { type Attempt, refreshAttempt } from './attempt.ts'
import { commandWords } from './container-command.ts'
import type { NodeContext } from './context.ts'
import { openPipes } from './pipes.ts'
import { sizeLine, terminalWords } from './terminal.ts'

const failureFd = 3
/** How long the command's last words may take when something that it started keeps its output open. */
const drainMs = 2_000
const watchMs = 1_000

type Options = { stdin: boolean; tty: boolean }

/**
 * Runs a command in a running container. It belongs to the container and ends with it. When whoever asked is gone it goes
 * on, as it does on a real node, except that a terminal is taken away.
 */
export async function execInContainer(
  context: NodeContext,
  attempt: Attempt,
  command: readonly string[],
  options: Options,
): Promise<ProcessStreams> {
  if (command.length === 0) return notStarted(cannotExec('args must not be empty'))
  if (command.some((word) => word.includes('\0'))) return notStarted(cannotExec('an argument holds a NUL character'))
  const words = await commandWords(context.mountMode, attempt, command, failureFd)
  if (words === null) throw new NotRunning()
  const spawned = options.tty
    ? await spawnOnTerminal(context, attempt, words, options)
    : await spawnOnPipes(attempt, words, options)
  const { child, stdin, stdout, stderr, failure } = spawned
  const stop = () => kill(child)
  context.signal.addEventListener('abort', stop, { once: true })
  child.once('exit', () => context.signal.removeEventListener('abort', stop))
  void endWithContainer(context, attempt, child)
  let why = ''
  failure.on('data', (chunk: Buffer) => {
    why += chunk.toString()
  })
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', (error) => reject(cannotExec(error.message)))
    child.once('exit', (code, signal) => {
      const cut = setTimeout(() => {
        stdout.destroy()
        stderr?.destroy()
      }, drainMs)
      const drained = [stdout, ...(stderr ? [stderr] : []), failure].map(whenOver)
      void Promise.all(drained).then(() => {
        clearTimeout(cut)
        if (why !== '') reject(cannotExec(why))
        else resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
      })
    })
  })
  // Whoever asked may be gone before it ends.
  ended.catch(() => {})
  return { ...spawned, stdin, ended, hangUp: () => (options.tty ? spawned.control?.destroy() : stdin?.end()) }
}

type Spawned = Pick<ProcessStreams, 'resize'> & {
  child: ChildProcess
  stdin: Writable | null
  stdout: Readable
  stderr: Readable | null
  failure: Readable
  control?: Writable
}

async function spawnOnPipes(attempt: Attempt, words: readonly string[], { stdin }: Options): Promise<Spawned> {
  const [out, err, failure, input] = await openPipes(attempt.dir, [
    'out',
    'out',
    'out',
    ...(stdin ? ['in' as const] : []),
  ])
  if (out === undefined || err === undefined || failure === undefined) throw cannotExec('no pipes')
  const [program = '', ...args] = words
  const child = spawn(program, args, {
    cwd: attempt.dir,
    env: attempt.spec.env,
    detached: true,
    stdio: [input?.givenFd ?? 'ignore', out.givenFd, err.givenFd, failure.givenFd],
  })
  for (const pipe of [out, err, failure, input]) if (pipe !== undefined) closeSync(pipe.givenFd)
  for (const pipe of [out, err, failure, input]) pipe?.ours.on('error', () => {})
  return {
    child,
    stdin: input?.ours ?? null,
    stdout: out.ours,
    stderr: err.ours,
    failure: failure.ours,
    resize: () => {},
  }
}

async function spawnOnTerminal(
  context: NodeContext,
  attempt: Attempt,
  words: readonly string[],
  { stdin }: Options,
): Promise<Spawned> {
  const [program = '', ...args] = [...(await terminalWords(context.hostEnv)), ...words]
  const child = spawn(program, args, {
    cwd: attempt.dir,
    env: { TERM: 'xterm', ...attempt.spec.env },
    detached: true,
    // What the program itself says on its standard error is a failure to start.
    stdio: [stdin ? 'pipe' : 'ignore', 'pipe', 'ignore', 'pipe', 'pipe'],
  })
  const [input, stdout, , failure, control] = child.stdio as [Writable | null, Readable, null, Readable, Writable]
  for (const stream of [input, stdout, failure, control]) stream?.on('error', () => {})
  return {
    child,
    stdin: input,
    stdout,
    stderr: null,
    failure,
    control,
    resize: (size) => control.write(sizeLine(size)),
  }
}

/** Where the container's mark in the environment is not enough (it can be read on Linux only). */
async function endWithContainer(context: NodeContext, attempt: Attempt, child: ChildProcess): Promise<void> {
  if (process.platform === 'linux') return
  let state = attempt
  while (child.exitCode === null && child.signalCode === null && !context.signal.aborted) {
    await context.clock.sleep(watchMs, context.signal)
    state = await refreshAttempt(state, () => context.clock.now())
    if (state.exit !== null) return kill(child)
  }
}

function kill(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

function whenOver(stream: Readable): Promise<void> {
  if (stream.readableEnded || stream.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    for (const event of ['end', 'close', 'error']) stream.once(event, () => resolve())
  })
}

/** A command that is wrong in itself is told as one that could not start: on the open connection. */
function notStarted(error: Error): ProcessStreams {
  const ended = Promise.reject(error)
  ended.catch(() => {})
  return { stdin: null, stdout: null, stderr: null, resize: () => {}, ended, hangUp: () => {} }
}

const cannotExec = (why: string) =>
  internalError(`error executing command in container: failed to exec in container: ${why}`)
