import type { ContainerRun } from '@keelson/core/training'
import { AppError } from '@keelson/process/app-error'
import { systemClock } from '@keelson/process/clock'
import type { Logger } from '@keelson/process/logger'

/** Open readings of growing logs: at most one for each run of a container. */
export type Followers = {
  /** Begins to follow, unless that is under way. */
  follow(run: ContainerRun): void
  has(run: ContainerRun): boolean
  count(podUid: string): number
  /** Cuts those of a pod that have not ended by themselves after `ms`. */
  stop(podUid: string, ms: number): void
}

type Options = { onEnd(run: ContainerRun): void; log: Logger; signal: AbortSignal }

/**
 * `read` resolves when the log has ended as far as the server can tell; then, and after each failure, `onEnd` lets the
 * keeper look at the pod again and decide whether there is more to come.
 */
export function createFollowers(
  read: (run: ContainerRun, signal: AbortSignal) => Promise<unknown>,
  { onEnd, log, signal }: Options,
): Followers {
  const open = new Map<string, { podUid: string; stopper: AbortController }>()
  const keyOf = (run: ContainerRun) => `${run.podUid}/${run.container}/${run.restart}`
  const run = async (each: ContainerRun, stop: AbortSignal) => {
    const started = performance.now()
    try {
      await read(each, stop)
    } catch (error) {
      if (stop.aborted) return
      // "waiting to start", a node that is away, a database that is away: the keeper comes back to it.
      const expected = error instanceof AppError && error.code !== 'internal'
      if (expected) log.info('a log is not to be read just now', { namespace: each.workspace, name: each.pod, error })
      else log.warn('a log broke off', { namespace: each.workspace, name: each.pod, error })
    }
    // An end right after the beginning must not become a busy loop.
    if (performance.now() - started < 1_000) await systemClock.sleep(250, stop)
  }
  return {
    follow: (each) => {
      const key = keyOf(each)
      if (open.has(key) || signal.aborted) return
      const stopper = new AbortController()
      open.set(key, { podUid: each.podUid, stopper })
      void run(each, AbortSignal.any([signal, stopper.signal])).finally(() => {
        open.delete(key)
        if (!signal.aborted) onEnd(each)
      })
    },
    has: (each) => open.has(keyOf(each)),
    count: (podUid) => [...open.values()].filter((each) => each.podUid === podUid).length,
    stop: (podUid, ms) => {
      for (const each of open.values()) {
        if (each.podUid === podUid) setTimeout(() => each.stopper.abort(), ms).unref()
      }
    },
  }
}
