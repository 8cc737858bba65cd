import type { KubeObject } from '@keelson/contracts/kubernetes'
import { AppError } from '@keelson/process/app-error'
import { systemClock } from '@keelson/process/clock'
import type { Logger } from '@keelson/process/logger'
import type { Informer, InformerEvent, ListOptions, Resource } from './api.ts'
import { readLines } from './lines.ts'
import { listOnce, type SendJson } from './list-page.ts'
import type { OpenStream } from './logs.ts'
import { pathOf, queryString } from './paths.ts'
import { errorOfAnswer, errorOfSilence, isExpired } from './status.ts'

type Ways = { json: SendJson; stream: OpenStream; log: Logger }
type WatchLine = { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'; object: KubeObject }

const pageSize = 500
/** The server ends a watch after this time; bookmarks come about each minute, so a longer silence means a dead peer. */
const watchSeconds = 290
const silenceMs = 120_000
const backoffMs = { first: 200, most: 10_000 }
/** A watch that lived this long was a good one: its end is routine and the back-off starts anew. */
const routineMs = 5_000
const unhealthyAfterMs = 10_000

/** `namespace/name`, or `name` for what has no namespace: how caches and queues address an object. */
export function keyOf(object: KubeObject): string {
  const { namespace, name = '' } = object.metadata
  return namespace ? `${namespace}/${name}` : name
}

/**
 * Lists, then watches from the list's resourceVersion on, for ever: a break is taken up where it ended; a version too old
 * (410) means a new list, and what vanished in between is told as deleted. Handlers hear of present objects at once.
 */
export function startInformer<T extends KubeObject>(
  ways: Ways,
  resource: Resource,
  options: Pick<ListOptions, 'namespace' | 'labelSelector'>,
  outer: AbortSignal,
): Informer<T> {
  const stopper = new AbortController()
  const signal = AbortSignal.any([outer, stopper.signal])
  const cache = createCache<T>(ways.log.with({ kind: resource.kind }))
  let brokenSince: number | null = performance.now()
  const { promise: synced, resolve: markSynced, reject: failSync } = Promise.withResolvers<void>()
  synced.catch(() => {})
  signal.addEventListener('abort', () =>
    failSync(new AppError('unavailable', 'The informer was stopped before its first list.')),
  )

  const run = async () => {
    let version: string | null = null
    let failures = 0
    while (!signal.aborted) {
      const started = performance.now()
      try {
        if (version === null) {
          version = await relist(ways, resource, options, cache, signal)
          markSynced()
        }
        version = await watch(ways, resource, options, version, cache, signal, () => {
          brokenSince = null
        })
      } catch (error) {
        if (signal.aborted) break
        if (error instanceof WatchBroke) version = error.version
        const cause = error instanceof WatchBroke ? error.cause : error
        if (isExpired(cause)) version = null
        else ways.log.warn('watch broke', { kind: resource.kind, error: cause })
      }
      brokenSince ??= performance.now()
      failures = performance.now() - started > routineMs ? 0 : failures + 1
      await systemClock.sleep(pauseMs(failures), signal)
    }
  }
  void run()

  return {
    synced,
    get healthy() {
      return cache.complete() && (brokenSince === null || performance.now() - brokenSince < unhealthyAfterMs)
    },
    get: (ref) => cache.get(ref.namespace ? `${ref.namespace}/${ref.name}` : ref.name),
    list: cache.list,
    onEvent: cache.onEvent,
    stop: () => stopper.abort(),
  }
}

/** Half fixed, half random, so that many watches do not come back in one moment. Also after a clean end. */
function pauseMs(failures: number): number {
  const most = Math.min(backoffMs.first * 2 ** Math.max(0, failures - 1), backoffMs.most)
  return most / 2 + (Math.random() * most) / 2
}

type Cache<T> = {
  replace(objects: Map<string, T>): void
  put(object: T): void
  drop(object: T): void
  complete(): boolean
  get(key: string): T | undefined
  list(namespace?: string): T[]
  onEvent(handler: (event: InformerEvent<T>) => void): () => void
}

function createCache<T extends KubeObject>(log: Logger): Cache<T> {
  const objects = new Map<string, T>()
  let complete = false
  const handlers = new Set<(event: InformerEvent<T>) => void>()
  const tell = (handler: (event: InformerEvent<T>) => void, event: InformerEvent<T>) => {
    try {
      handler(event)
    } catch (error) {
      log.error('informer handler failed', { error })
    }
  }
  const emit = (event: InformerEvent<T>) => {
    for (const handler of handlers) tell(handler, event)
  }
  const put = (object: T) => {
    const known = objects.get(keyOf(object))
    objects.set(keyOf(object), object)
    // A namesake with another uid is another object: whoever keeps things by uid must hear of the first one's end.
    if (known && known.metadata.uid !== object.metadata.uid) emit({ type: 'deleted', object: known })
    if (known && known.metadata.uid === object.metadata.uid) {
      if (known.metadata.resourceVersion !== object.metadata.resourceVersion) emit({ type: 'modified', object })
    } else emit({ type: 'added', object })
  }
  return {
    put,
    drop: (object) => {
      if (objects.delete(keyOf(object))) emit({ type: 'deleted', object })
    },
    replace: (listed) => {
      const gone = [...objects].filter(([key]) => !listed.has(key))
      for (const [key, object] of gone) {
        objects.delete(key)
        emit({ type: 'deleted', object })
      }
      for (const object of listed.values()) put(object)
      complete = true
    },
    complete: () => complete,
    get: (key) => objects.get(key),
    list: (namespace) => {
      const all = [...objects.values()]
      return namespace === undefined ? all : all.filter((object) => object.metadata.namespace === namespace)
    },
    onEvent: (handler) => {
      handlers.add(handler)
      for (const object of [...objects.values()]) tell(handler, { type: 'added', object })
      return () => void handlers.delete(handler)
    },
  }
}

async function relist<T extends KubeObject>(
  ways: Ways,
  resource: Resource,
  options: Pick<ListOptions, 'namespace' | 'labelSelector'>,
  cache: Cache<T>,
  signal: AbortSignal,
): Promise<string> {
  const listed = new Map<string, T>()
  let next: string | undefined
  let version = ''
  do {
    const page: { items: T[]; resourceVersion: string; continue?: string | undefined } = await listOnce<T>(
      ways.json,
      resource,
      {
        ...options,
        limit: pageSize,
        continue: next,
      },
    )
    for (const object of page.items) listed.set(keyOf(object), object)
    next = page.continue
    version = page.resourceVersion
  } while (next && !signal.aborted)
  if (!signal.aborted) cache.replace(listed)
  return version
}

/** Carries how far the watch had come, so that the next one goes on from there. */
class WatchBroke extends Error {
  readonly version: string
  constructor(version: string, cause: unknown) {
    super('watch broke', { cause })
    this.version = version
  }
}

/** Follows changes until the server ends the watch; gives the last version seen. */
async function watch<T extends KubeObject>(
  ways: Ways,
  resource: Resource,
  options: Pick<ListOptions, 'namespace' | 'labelSelector'>,
  from: string,
  cache: Cache<T>,
  signal: AbortSignal,
  onOpen: () => void,
): Promise<string> {
  let version = from
  const path =
    pathOf(resource, { namespace: options.namespace }) +
    queryString({
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: from,
      timeoutSeconds: watchSeconds,
      labelSelector: options.labelSelector,
    })
  try {
    const answer = await ways.stream({ method: 'GET', path, signal, idleMs: silenceMs })
    onOpen()
    try {
      for await (const line of readLines(answer)) {
        if (line === '') continue
        const event = JSON.parse(line) as WatchLine
        if (event.type === 'ERROR') throw errorOfAnswer(Number(event.object.code ?? 500), JSON.stringify(event.object))
        version = event.object.metadata.resourceVersion ?? version
        if (event.type === 'DELETED') cache.drop(event.object as T)
        else if (event.type !== 'BOOKMARK') cache.put(event.object as T)
      }
    } finally {
      answer.destroy()
    }
    return version
  } catch (error) {
    throw new WatchBroke(version, error instanceof AppError ? error : errorOfSilence(error))
  }
}
