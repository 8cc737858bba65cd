import { setTimeout as sleep } from 'node:timers/promises'

export type EventuallyOptions = {
  /** Give up after this long (default 5 s). */
  timeoutMs?: number
  /** Wait between tries (default 50 ms). */
  everyMs?: number
}

/**
 * Calls `attempt` until it neither throws nor returns false, and gives what it returned. After `timeoutMs` it throws the
 * last error, so that a test fails with the reason and not with "timed out".
 */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<Exclude<T, false>> {
  const timeoutMs = options.timeoutMs ?? 5_000
  const deadline = Date.now() + timeoutMs
  for (;;) {
    let failure: unknown
    try {
      const result = await attempt()
      if (result !== false) return result as Exclude<T, false>
      failure = new Error(`still false after ${timeoutMs} ms`)
    } catch (error) {
      failure = error
    }
    if (Date.now() >= deadline) throw failure
    await sleep(options.everyMs ?? 50)
  }
}
