import { randomUUID } from 'node:crypto'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { AppError } from '@keelson/process/app-error'
import type { Logger } from '@keelson/process/logger'
import type { RunningService } from '@keelson/process/service'
import type { Informer, ObjectRef } from './api.ts'
import { keyOf } from './informer.ts'
import { createWorkQueue, type WorkQueue } from './work-queue.ts'

/** What is left to do for a key: nothing until something changes, or a look again after a time. */
export type ReconcileResult = { requeueAfterMs: number | null }

export const done: ReconcileResult = { requeueAfterMs: null }
export const after = (ms: number): ReconcileResult => ({ requeueAfterMs: ms })

/** An informer and the keys that a change of one of its objects concerns. Default: the object's own key. */
export type Source = { synced: Promise<void>; subscribe(onKey: (key: string) => void): () => void; keys(): string[] }

export function source<T extends KubeObject>(
  informer: Informer<T>,
  keysOf: (object: T) => readonly string[] = (object) => [keyOf(object)],
): Source {
  return {
    synced: informer.synced,
    subscribe: (onKey) =>
      informer.onEvent(({ object }) => {
        for (const key of keysOf(object)) onKey(key)
      }),
    keys: () => informer.list().flatMap((object) => [...keysOf(object)]),
  }
}

/** The keys of the objects of `kind` that own this one. */
export function ownersOfKind(kind: string, object: KubeObject): string[] {
  const { namespace, ownerReferences = [] } = object.metadata
  return ownerReferences
    .filter((owner) => owner.kind === kind)
    .map((owner) => (namespace ? `${namespace}/${owner.name}` : owner.name))
}

/** The opposite of `keyOf`. */
export function refOfKey(key: string): ObjectRef {
  const [first = '', second] = key.split('/', 2)
  return second === undefined ? { name: first } : { namespace: first, name: second }
}

export type ReconcilerOptions = {
  name: string
  sources: readonly Source[]
  /**
   * Brings the world closer to what the object named by `key` asks for. Called for one key by one worker at a time, and again
   * after any change: it must not care which change. A thrown error means back-off, unless its `retry` says otherwise.
   */
  reconcile(key: string, call: { log: Logger; signal: AbortSignal }): Promise<ReconcileResult>
  workers?: number
  /** Every key is looked at again after this time, against what a watch cannot tell. Default: ten minutes. */
  resyncMs?: number
  log: Logger
  signal: AbortSignal
}

/** Runs a reconciler until it is stopped. Starts to work once all its sources have their first list. */
export function runReconciler(options: ReconcilerOptions): RunningService {
  const { name, sources, workers = 2, resyncMs = 600_000, signal } = options
  const log = options.log.with({ reconciler: name })
  const queue = createWorkQueue()
  const unsubscribe: (() => void)[] = []
  const close = () => queue.close()
  signal.addEventListener('abort', close, { once: true })
  const resync = setInterval(() => {
    for (const key of sources.flatMap((each) => each.keys())) queue.addAfter(key, Math.random() * 10_000)
  }, resyncMs)
  const work = async () => {
    await Promise.all(sources.map((each) => each.synced))
    for (const each of sources) unsubscribe.push(each.subscribe(queue.add))
    await Promise.all(Array.from({ length: workers }, () => workOn(queue, options, log)))
  }
  const done = work()
    .catch((error) => {
      if (!signal.aborted) throw error
    })
    .finally(() => {
      clearInterval(resync)
      for (const stop of unsubscribe) stop()
    })
  done.catch(() => {})
  return {
    done,
    stop: async () => {
      close()
      clearInterval(resync)
      for (const stop of unsubscribe) stop()
      await Promise.race([done.catch(() => {}), new Promise((resolve) => setTimeout(resolve, 4_000).unref())])
    },
  }
}

async function workOn(queue: WorkQueue, options: ReconcilerOptions, log: Logger): Promise<void> {
  for (;;) {
    const key = await queue.next()
    if (key === null) return
    const started = performance.now()
    const { namespace, name } = refOfKey(key)
    const callLog = log.with({ reconcileId: randomUUID(), name, ...(namespace === undefined ? {} : { namespace }) })
    try {
      const { requeueAfterMs } = await options.reconcile(key, { log: callLog, signal: options.signal })
      queue.forget(key)
      if (requeueAfterMs !== null) queue.addAfter(key, requeueAfterMs)
      callLog.debug('reconciled', { durationMs: Math.round(performance.now() - started) })
    } catch (error) {
      if (!options.signal.aborted) handleFailure(queue, key, error, callLog)
    } finally {
      queue.done(key)
    }
  }
}

function handleFailure(queue: WorkQueue, key: string, error: unknown, log: Logger): void {
  const retry = error instanceof AppError ? error.retry : 'backoff'
  if (retry === 'never') {
    queue.forget(key)
    log.warn('reconcile gave up', { error })
  } else if (retry === 'backoff') {
    const retryInMs = Math.round(queue.addBackedOff(key))
    // Two writers of one object, or a server that is starting: both pass by themselves.
    const expected = error instanceof AppError && (error.code === 'conflict' || error.code === 'unavailable')
    if (expected) log.warn('reconcile will be repeated', { error, retryInMs })
    else log.error('reconcile failed', { error, retryInMs })
  } else {
    queue.addAfter(key, retry.afterMs)
    log.info('reconcile waits', { error, retryInMs: retry.afterMs })
  }
}
