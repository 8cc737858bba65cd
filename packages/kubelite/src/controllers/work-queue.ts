import type { Clock } from '@keelson/process/clock'
import type { Logger } from '@keelson/process/logger'

/** Keys to be looked at. A key is handled by one worker at a time, and again when it was added meanwhile. */
export type WorkQueue = {
  add(key: string): void
  addAfter(key: string, ms: number): void
}

/** What a reconcile wants: nothing, or to be called again after a time. */
export type ReconcileResult = { afterMs: number } | undefined

const workers = 4
const firstRetryMs = 50
const longestRetryMs = 30_000

/** Calls `reconcile` for each key until `signal` aborts; a failure is tried again with exponential back-off. */
export function openWorkQueue(
  options: { name: string; clock: Clock; log: Logger; signal: AbortSignal },
  reconcile: (key: string) => Promise<ReconcileResult>,
): WorkQueue {
  const { clock, log, signal } = options
  const ready: string[] = []
  const queued = new Set<string>()
  const busy = new Set<string>()
  const again = new Set<string>()
  const failures = new Map<string, number>()
  const timers = new Map<string, { at: number; abort: AbortController }>()
  let running = 0

  const add = (key: string) => {
    if (signal.aborted || queued.has(key)) return
    if (busy.has(key)) {
      again.add(key)
      return
    }
    queued.add(key)
    ready.push(key)
    pump()
  }
  const addAfter = (key: string, ms: number) => {
    const at = clock.now().getTime() + ms
    const present = timers.get(key)
    if (signal.aborted || (present && present.at <= at)) return
    present?.abort.abort()
    const abort = new AbortController()
    timers.set(key, { at, abort })
    const stop = () => abort.abort()
    signal.addEventListener('abort', stop, { once: true })
    void clock.sleep(ms, abort.signal).then(() => {
      signal.removeEventListener('abort', stop)
      if (abort.signal.aborted) return
      timers.delete(key)
      add(key)
    })
  }
  const handle = async (key: string) => {
    const startedAt = Date.now()
    try {
      const result = await reconcile(key)
      failures.delete(key)
      if (result) addAfter(key, result.afterMs)
    } catch (error) {
      const count = (failures.get(key) ?? 0) + 1
      failures.set(key, count)
      // A conflict is the normal way to learn that the cache was behind.
      const level = (error as { reason?: string }).reason === 'Conflict' ? 'debug' : 'warn'
      log[level]('reconcile failed', {
        controller: options.name,
        key,
        failures: count,
        durationMs: Date.now() - startedAt,
        error,
      })
      addAfter(key, Math.min(firstRetryMs * 2 ** (count - 1), longestRetryMs))
    }
  }
  const pump = () => {
    while (running < workers) {
      const key = ready.shift()
      if (key === undefined || signal.aborted) return
      queued.delete(key)
      busy.add(key)
      running += 1
      void handle(key).finally(() => {
        running -= 1
        busy.delete(key)
        if (again.delete(key)) add(key)
        pump()
      })
    }
  }
  return { add, addAfter }
}
