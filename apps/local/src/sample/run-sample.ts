import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SampleStep } from '@keelson/contracts/platform'
import { inheritedEnvironment, root } from '../env.ts'
import { Fault } from '../fault.ts'
import type { Home } from '../home/home.ts'
import type { GatewayClient } from '../platform/gateway-client.ts'
import type { PlatformState } from '../platform/state-file.ts'
import { type SampleOrder, type SampleReport, sampleFailed, sampleSucceeded } from './messages.ts'
import { takeTurn } from './turn.ts'

export type SampleRun = { ok: boolean; steps: SampleStep[] }

export type SampleRunOptions = {
  home: Home
  state: PlatformState
  gateway: GatewayClient
  people: readonly { email: string }[]
  onStep: (step: SampleStep) => void
  signal: AbortSignal
}

/** Who does what in the sample; people.yaml may have been edited, then it cannot run. */
const roles = { owner: 'scientist@keelson.local', approver: 'admin@keelson.local', viewer: 'viewer@keelson.local' }
const tokenTtlMs = 12 * 3_600_000
const longestBackOffMs = 5_000

/**
 * Runs the sample in a child process until it succeeded or a step failed; a runner that was cut off is started again, as
 * the sample does only what is missing. Resolves with null when stopped by `signal`.
 */
export async function runSample(options: SampleRunOptions): Promise<SampleRun | null> {
  const order = await makeOrder(options)
  const turn = await takeTurn(options)
  if (turn === null) return null
  try {
    return await runUntilDone({ ...options, onStep: turn.onStep }, order)
  } finally {
    turn.release()
  }
}

async function runUntilDone(options: SampleRunOptions, order: SampleOrder): Promise<SampleRun | null> {
  let backOffMs = 200
  while (!options.signal.aborted) {
    const { code, result } = await runOnce(options, order)
    if (result !== null && (code === sampleSucceeded || code === sampleFailed)) return result
    await sleep(backOffMs, undefined, { signal: options.signal }).catch(() => {})
    backOffMs = Math.min(backOffMs * 2, longestBackOffMs)
  }
  return null
}

async function makeOrder({ state, gateway, people }: SampleRunOptions): Promise<SampleOrder> {
  const has = (email: string) => people.some((person) => person.email === email)
  const missing = [roles.owner, roles.approver].find((email) => !has(email))
  if (missing !== undefined) {
    throw new Fault(
      `The sample project needs ${missing}, who is not in people.yaml: add that person, or start with --no-sample.`,
    )
  }
  const token = async (email: string) =>
    (await gateway.mintToken({ email, name: 'sample project', ttlMs: tokenTtlMs })).token
  return {
    url: state.url,
    tokens: { owner: await token(roles.owner), approver: await token(roles.approver) },
    viewer: has(roles.viewer) ? roles.viewer : null,
  }
}

function runOnce({ home, onStep, signal }: SampleRunOptions, order: SampleOrder) {
  const output = openSync(home.file('logs', 'sample.log'), 'a', 0o600)
  const runner = join(root, 'apps/local/src/sample/runner.ts')
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', runner], {
    cwd: home.path,
    env: { ...inheritedEnvironment(), KEELSON_HOME: home.path, KEELSON_PROCESS: 'sample' },
    stdio: ['ignore', output, output, 'ipc'],
    detached: true,
  })
  closeSync(output)
  const onAbort = () => child.kill('SIGTERM')
  signal.addEventListener('abort', onAbort, { once: true })
  let result: SampleRun | null = null
  child.on('message', (message: SampleReport) => {
    if ('step' in message) onStep(message.step)
    else result = message.result
  })
  child.send(order, () => {})
  return new Promise<{ code: number | null; result: SampleRun | null }>((resolve) => {
    const end = (code: number | null) => {
      signal.removeEventListener('abort', onAbort)
      resolve({ code, result })
    }
    child.once('error', () => end(null))
    child.once('exit', (code) => end(code))
  })
}
