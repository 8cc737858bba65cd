/** Watches: kept history first, then what commits, each event once and in order. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Selection, WatchEvent } from '../client.ts'
import { apiVersionOf, type Resource, storageKey } from '../registry/resource.ts'
import { writtenLists, zeroOf } from '../schema/zero.ts'
import type { Entry, Store, StoreEvent } from '../store/store.ts'
import { jsonFor } from './read.ts'
import { compileFilter, type Filter } from './selection.ts'

export type WatchSignal = { type: 'ADDED' | 'MODIFIED' | 'DELETED'; entry: Entry }

/** What a watcher with this filter sees of a change; null when nothing. An object that leaves the selection is DELETED. */
export function seenBy(filter: Filter, event: StoreEvent): WatchSignal | null {
  const before = event.previous !== undefined && filter.matches(event.previous.object)
  const after = event.op !== 'd' && filter.matches(event.entry.object)
  if (after) return { type: before ? 'MODIFIED' : 'ADDED', entry: event.entry }
  if (!before || event.previous === undefined) return null
  return { type: 'DELETED', entry: event.op === 'd' ? event.entry : leaving(event) }
}

/** The last state that matched, at the version in which it left the selection. */
function leaving(event: StoreEvent): Entry {
  const previous = event.previous ?? event.entry
  const object = { ...previous.object, metadata: { ...previous.object.metadata, resourceVersion: String(event.rv) } }
  return { rv: event.rv, key: previous.key, object, json: JSON.stringify(object) }
}

export type WatchStart = {
  /** Undefined or "0": the present objects come first. */ resourceVersion?: string | undefined
  initial?: boolean
}

/**
 * Calls `deliver` for every event; the initial ones before it returns. Throws Expired when the version is compacted.
 * `deliver` must not block. Returns the way to stop.
 */
export function startWatch(
  store: Store,
  resource: Resource,
  filter: Filter,
  start: WatchStart,
  deliver: (signal: WatchSignal) => void,
  onInitial?: (resourceVersion: number) => void,
): () => void {
  const table = storageKey(resource)
  const version = Number(start.resourceVersion ?? 0)
  const initial = start.initial ?? version === 0
  // Nothing commits between here and onChange: both run in one turn of the event loop.
  if (initial) {
    // In the order of a list.
    for (const key of store.keys(table)) {
      const entry = store.get(table, key)
      if (entry !== undefined && filter.matches(entry.object)) deliver({ type: 'ADDED', entry })
    }
    onInitial?.(store.resourceVersion)
  } else {
    for (const event of store.since(table, version)) emit(event)
  }
  function emit(event: StoreEvent): void {
    const signal = seenBy(filter, event)
    if (signal !== null) deliver(signal)
  }
  return store.onChange(table, emit)
}

export async function* watchIterable<T extends KubeObject>(
  store: Store,
  resource: Resource,
  options: Selection & { resourceVersion?: string },
  signal: AbortSignal,
): AsyncIterable<WatchEvent<T>> {
  const queue: WatchSignal[] = []
  let wake: (() => void) | null = null
  const stop = startWatch(
    store,
    resource,
    compileFilter(resource, options),
    { resourceVersion: options.resourceVersion },
    (item) => {
      queue.push(item)
      wake?.()
    },
  )
  const onAbort = () => wake?.()
  signal.addEventListener('abort', onAbort)
  try {
    while (!signal.aborted) {
      for (const item of queue.splice(0)) {
        if (signal.aborted) return
        yield { type: item.type, object: JSON.parse(jsonFor(resource, item.entry)) as T }
      }
      if (queue.length > 0 || signal.aborted) continue
      await new Promise<void>((resolve) => {
        wake = resolve
      })
      wake = null
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    stop()
  }
}

/** The object of a BOOKMARK event. */
export function bookmarkJson(resource: Resource, version: number, initialEventsEnd = false): string {
  const annotations = initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}
  const list = writtenLists[resource.kind]
  return JSON.stringify({
    kind: resource.kind,
    apiVersion: apiVersionOf(resource),
    metadata: { resourceVersion: String(version), ...annotations },
    ...(resource.custom === undefined && resource.view === undefined ? zeroOf(resource.schema) : {}),
    ...(list === undefined || resource.custom !== undefined ? {} : { [list]: null }),
  })
}
