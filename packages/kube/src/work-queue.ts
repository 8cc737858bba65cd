/**
 * Keys that wait to be worked on, as in client-go: a key is there once however often it is added; a key that is added while
 * it is worked on comes again afterwards, never at the same time; failures come back later each time.
 */
export type WorkQueue = {
  add(key: string): void
  /** Adds after a time; when it waits already, the earlier time counts. */
  addAfter(key: string, ms: number): void
  /** Adds after this key's back-off, which doubles with each call until `forget`. Gives the wait in milliseconds. */
  addBackedOff(key: string): number
  forget(key: string): void
  /** The next key, or null when the queue is closed. Call `done` when it has been worked on. */
  next(): Promise<string | null>
  done(key: string): void
  readonly length: number
  close(): void
}

export type WorkQueueOptions = { firstMs?: number; mostMs?: number; random?: () => number }

export function createWorkQueue(options: WorkQueueOptions = {}): WorkQueue {
  const { firstMs = 200, mostMs = 60_000, random = Math.random } = options
  const waiting: string[] = []
  const dirty = new Set<string>()
  const busy = new Set<string>()
  const failures = new Map<string, number>()
  const later = new Map<string, { at: number; timer: NodeJS.Timeout }>()
  const takers: ((key: string | null) => void)[] = []
  let closed = false

  const hand = () => {
    while (waiting.length > 0 && takers.length > 0) {
      const key = waiting.shift() as string
      dirty.delete(key)
      busy.add(key)
      takers.shift()?.(key)
    }
  }
  const queue: WorkQueue = {
    add: (key) => {
      if (closed || dirty.has(key)) return
      dirty.add(key)
      if (busy.has(key)) return
      waiting.push(key)
      hand()
    },
    addAfter: (key, ms) => {
      if (closed) return
      if (ms <= 0) return queue.add(key)
      const at = performance.now() + ms
      const present = later.get(key)
      if (present && present.at <= at) return
      if (present) clearTimeout(present.timer)
      const timer = setTimeout(() => {
        later.delete(key)
        queue.add(key)
      }, ms)
      later.set(key, { at, timer })
    },
    addBackedOff: (key) => {
      const failed = failures.get(key) ?? 0
      failures.set(key, failed + 1)
      const most = Math.min(firstMs * 2 ** Math.min(failed, 20), mostMs)
      const ms = most * (0.75 + random() * 0.25)
      queue.addAfter(key, ms)
      return ms
    },
    forget: (key) => void failures.delete(key),
    next: () => {
      if (closed) return Promise.resolve(null)
      return new Promise((resolve) => {
        takers.push(resolve)
        hand()
      })
    },
    done: (key) => {
      busy.delete(key)
      if (closed || !dirty.has(key)) return
      waiting.push(key)
      hand()
    },
    get length() {
      return waiting.length
    },
    close: () => {
      closed = true
      for (const { timer } of later.values()) clearTimeout(timer)
      later.clear()
      for (const taker of takers.splice(0)) taker(null)
    },
  }
  return queue
}
