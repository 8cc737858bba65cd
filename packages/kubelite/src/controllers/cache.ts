import type { KubeObject } from '@keelson/contracts/kubernetes'
import { systemClock } from '@keelson/process/clock'
import type { Logger } from '@keelson/process/logger'
import type { KubeliteClient, Ref, ResourceId, Selection } from '../client.ts'

export type CacheEvent<T> = { type: 'added' | 'modified' | 'deleted'; object: T }

/** A list that a watch keeps true, for kubelite's own controllers. */
export type Cache<T> = {
  /** Resolves after the first complete list. */
  synced: Promise<void>
  get(ref: Ref): T | undefined
  list(namespace?: string): T[]
  /** Called for every change, and for what is there already when it is added. */
  onEvent(handler: (event: CacheEvent<T>) => void): void
  /** Takes the answer of an own write before the watch brings it, so that the next look does not see an older state. */
  put(object: T): void
}

const keyOf = (namespace: string | undefined, name: string) => `${namespace ?? ''}/${name}`

/** Lists and watches until `signal` aborts. A broken or expired watch starts again with a list; what changed meanwhile is told. */
export function openCache<T extends KubeObject>(
  client: KubeliteClient,
  resource: ResourceId,
  selection: Selection,
  options: { log: Logger; signal: AbortSignal },
): Cache<T> {
  const objects = new Map<string, T>()
  const handlers: ((event: CacheEvent<T>) => void)[] = []
  const key = (object: T) => keyOf(object.metadata.namespace, object.metadata.name ?? '')
  const tell = (event: CacheEvent<T>) => {
    for (const handler of handlers) handler(event)
  }
  const store = (object: T) => {
    const before = objects.get(key(object))
    if (before && Number(before.metadata.resourceVersion) > Number(object.metadata.resourceVersion)) return
    objects.set(key(object), object)
    if (before?.metadata.resourceVersion === object.metadata.resourceVersion) return
    // A namesake with another uid is another object: the first one's end was missed.
    if (before && before.metadata.uid !== object.metadata.uid) tell({ type: 'deleted', object: before })
    tell({ type: before?.metadata.uid === object.metadata.uid ? 'modified' : 'added', object })
  }
  const remove = (object: T) => {
    const before = objects.get(key(object))
    if (before && before.metadata.uid !== object.metadata.uid) return
    objects.delete(key(object))
    tell({ type: 'deleted', object })
  }
  let markSynced = () => {}
  const synced = new Promise<void>((resolve) => {
    markSynced = resolve
  })
  const round = async () => {
    const { items, resourceVersion } = await client.list<T>(resource, selection)
    const present = new Set(items.map(key))
    for (const object of [...objects.values()]) if (!present.has(key(object))) remove(object)
    for (const item of items) store(item)
    markSynced()
    for await (const event of client.watch<T>(resource, { ...selection, resourceVersion }, options.signal)) {
      if (event.type === 'BOOKMARK') continue
      if (event.type === 'DELETED') remove(event.object)
      else store(event.object)
    }
  }
  const run = async () => {
    let failures = 0
    while (!options.signal.aborted) {
      try {
        await round()
        failures = 0
      } catch (error) {
        if (options.signal.aborted) break
        failures += 1
        options.log.warn('watch failed', { kind: resource.plural, error })
      }
      await systemClock.sleep(Math.min(100 * 2 ** failures, 5_000), options.signal)
    }
  }
  void run()
  return {
    synced,
    get: ({ namespace, name }) => objects.get(keyOf(namespace, name)),
    list: (namespace) =>
      [...objects.values()].filter((object) => namespace === undefined || object.metadata.namespace === namespace),
    onEvent: (handler) => {
      handlers.push(handler)
      for (const object of objects.values()) handler({ type: 'added', object })
    },
    put: store,
  }
}
