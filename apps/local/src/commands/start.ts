import { spawn } from 'node:child_process'
import { readEnv } from '../env.ts'
import { Fault } from '../fault.ts'
import { homeAt } from '../home/home.ts'
import { readArguments } from './arguments.ts'
import { print, stepTeller, tell, welcome } from './screen.ts'
import { supervise } from './supervise.ts'

/** What the detached supervisor tells the command that started it. */
type Message = { report: string } | { ready: string } | { failed: string }

type Starting = { sample: boolean; takeOver: boolean }
const startOptions = { 'no-sample': { type: 'boolean' }, 'take-over': { type: 'boolean' } } as const

function startingOf(given: { 'no-sample'?: boolean; 'take-over'?: boolean }): Starting {
  return { sample: given['no-sample'] !== true, takeOver: given['take-over'] === true }
}

/** `npm start`: in the foreground until Ctrl-C, or detached once the platform is ready. */
export async function start(args: readonly string[]): Promise<number> {
  const options = readArguments('start', args, { detach: { type: 'boolean' }, ...startOptions })
  const starting = startingOf(options)
  if (options.detach === true) print(await startDetached(starting))
  else await startHere(starting)
  return 0
}

async function startHere(starting: Starting): Promise<void> {
  const stopping = stopSignal()
  // Closed by the command that started us, when that is killed.
  process.once('disconnect', () => stopping.abort())
  let tellStep = stepTeller('')
  await supervise({
    ...starting,
    report: tell,
    onReady: (state, home, people) => {
      tellStep = stepTeller(state.url)
      print(welcome(state, home.path, people))
      print('  Ctrl-C stops it.\n')
    },
    onStep: (step) => tellStep(step),
    signal: stopping.signal,
  })
}

/** Starts a supervisor that goes on by itself; resolves with the welcome when the platform is ready. */
export async function startDetached({ sample, takeOver }: Starting): Promise<string> {
  const { KEELSON_HOME } = readEnv()
  const args = [
    '--disable-warning=ExperimentalWarning',
    process.argv[1] ?? '',
    'supervise',
    ...(sample ? [] : ['--no-sample']),
    ...(takeOver ? ['--take-over'] : []),
  ]
  const child = spawn(process.execPath, args, {
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: { ...process.env, KEELSON_HOME },
  })
  return new Promise((resolve, reject) => {
    child.on('message', (message: Message) => {
      if ('report' in message) tell(message.report)
      else if ('failed' in message) reject(new Fault(message.failed))
      else {
        child.disconnect()
        child.unref()
        resolve(message.ready)
      }
    })
    child.once('error', (cause) => reject(new Fault(`The supervisor cannot be started: ${cause.message}.`, { cause })))
    child.once('exit', () => {
      reject(
        new Fault(
          `The supervisor ended while it was starting: see ${homeAt(KEELSON_HOME).file('logs', 'supervisor.log')}.`,
        ),
      )
    })
  })
}

/** The detached supervisor itself (not a command for people). */
export async function superviseDetached(args: readonly string[]): Promise<number> {
  const options = readArguments('start', args, startOptions)
  const send = (message: Message) =>
    new Promise<void>((sent) => (process.connected ? process.send?.(message, () => sent()) : sent()))
  const stopping = stopSignal()
  try {
    await supervise({
      ...startingOf(options),
      report: (report) => void send({ report }),
      onReady: (state, home, people) => void send({ ready: welcome(state, home.path, people) }),
      onStep: () => {},
      signal: stopping.signal,
    })
    return 0
  } catch (error) {
    await send({ failed: error instanceof Error ? error.message : String(error) })
    return 1
  }
}

/** Aborts on the first SIGINT or SIGTERM; a second one ends the process at once. */
function stopSignal(): AbortController {
  const stopping = new AbortController()
  const onSignal = () => {
    if (stopping.signal.aborted) process.exit(130)
    stopping.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  process.on('SIGHUP', onSignal)
  return stopping
}
