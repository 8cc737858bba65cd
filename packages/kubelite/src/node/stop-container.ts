import type { Clock } from '@keelson/process/clock'
import { type Attempt, refreshAttempt } from './attempt.ts'
import { killContainerProcesses, signalProcess } from './processes.ts'

const pollMs = 50

export type StopOptions = {
  clock: Clock
  /** The end of the grace period (ms), asked again and again: a second delete may shorten it. */
  deadline(): number
  /** The container's preStop hook; its time counts against the grace period. */
  preStop?: (() => Promise<void>) | undefined
  signal?: AbortSignal | undefined
}

/**
 * Ends a container as Kubernetes does: preStop, SIGTERM to its main process, and SIGKILL to all of it when the grace
 * period is over. Resolves when it has ended, with its exit status on disk.
 */
export async function stopContainer(attempt: Attempt, options: StopOptions): Promise<Attempt> {
  const { clock } = options
  const now = () => clock.now()
  const left = () => options.deadline() - now().getTime()
  let state = await refreshAttempt(attempt, now)
  if (state.exit !== null) return state
  if (options.preStop && left() > 0) await Promise.race([options.preStop(), clock.sleep(left(), options.signal)])
  const child = state.started?.child
  if (child && left() > 0) await signalProcess(child, 'SIGTERM')
  while (state.exit === null && left() > 0 && !options.signal?.aborted) {
    await clock.sleep(Math.min(pollMs, Math.max(left(), 1)))
    state = await refreshAttempt(state, now)
  }
  const killedBy = now().getTime() + 10_000
  while (state.exit === null && !options.signal?.aborted) {
    await killContainerProcesses(state.started?.child ?? null, state.spec.id)
    await clock.sleep(pollMs)
    state = await refreshAttempt(state, now)
    // A process in uninterruptible sleep cannot be killed; the pod's next sync tries again.
    if (now().getTime() > killedBy) break
  }
  return state
}
