import type { Clock } from '@keelson/process/clock'
import { type Attempt, refreshAttempt } from './attempt.ts'
import { killContainerProcesses, signalProcess } from './processes.ts'

const pollMs = 50
/** `minimumGracePeriodInSeconds` of the kubelet. */
const leastGraceMs = 2_000

export type StopOptions = {
  clock: Clock
  /** The end of the grace period (ms), asked again and again: a second delete may shorten it. */
  deadline(): number
  /** The container's preStop hook; its time counts against the grace period. */
  preStop?: (() => Promise<void>) | undefined
  /** What has to end before this container may be told to: its time counts as well. */
  turn?: (() => Promise<unknown>) | undefined
  signal?: AbortSignal | undefined
}

/**
 * Ends a container as Kubernetes does: preStop, SIGTERM to its main process, and SIGKILL to all of it when the grace
 * period is over. Resolves when it has ended, with its exit status on disk.
 */
export async function stopContainer(attempt: Attempt, options: StopOptions): Promise<Attempt> {
  const { clock } = options
  const now = () => clock.now()
  let leastUntil = 0
  const left = () => Math.max(options.deadline(), leastUntil) - now().getTime()
  let state = await refreshAttempt(attempt, now)
  if (state.exit !== null) return state
  for (const wait of [options.preStop, options.turn]) {
    if (wait === undefined) continue
    if (left() > 0) await within(wait(), left, options)
    if (options.signal?.aborted) return state
  }
  // Whoever used the time up, the container gets a moment to end by itself.
  if (options.preStop || options.turn) leastUntil = now().getTime() + leastGraceMs
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

/** Waits for the work while there is time left, which may become less meanwhile. */
async function within(work: Promise<unknown>, left: () => number, { clock, signal }: StopOptions): Promise<void> {
  const over = new AbortController()
  const either = signal ? AbortSignal.any([signal, over.signal]) : over.signal
  void work.finally(() => over.abort())
  while (left() > 0 && !either.aborted) await clock.sleep(Math.min(left(), 1_000), either)
}
