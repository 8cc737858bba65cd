/**
 * Objects in memory over the log. Writers see the *head* (with what is not yet durable, so that writes of one key are
 * serial); readers and watchers see only what Postgres has acknowledged. Writes are flushed in order, many at once.
 */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Logger } from '@keelson/process/logger'
import { gone, StatusError, unavailable } from '../status-error.ts'
import type { LogOp, LogRow, PostgresLog } from './log.ts'
import { SortedKeys } from './sorted-keys.ts'

/** One version of one object. `object` is shared: never change it. */
export type Entry = { readonly rv: number; readonly key: string; readonly object: KubeObject; readonly json: string }
export type StoreEvent = {
  readonly rv: number
  readonly op: LogOp
  readonly resource: string
  /** The object after the change; for a deletion its last state, with the deletion's resourceVersion. */
  readonly entry: Entry
  readonly previous: Entry | undefined
}
type Pending = { row: LogRow; event: StoreEvent; resolve: (entry: Entry) => void; reject: (error: unknown) => void }
export type Change = { op: 'put'; object: KubeObject } | { op: 'delete'; object: KubeObject } | { op: 'none' }

type Table = {
  head: Map<string, Entry>
  committed: Map<string, Entry>
  keys: SortedKeys
  history: StoreEvent[]
  listeners: Set<(event: StoreEvent) => void>
}

/** `ns/name`, or `name` of what has no namespace. */
export const keyOf = (namespace: string | undefined, name: string): string =>
  namespace ? `${namespace}/${name}` : name

export type StoreOptions = { log: PostgresLog; logger: Logger; historyLimit?: number }

export class Store {
  readonly #log: PostgresLog
  readonly #logger: Logger
  readonly #historyLimit: number
  readonly #tables = new Map<string, Table>()
  readonly #commitListeners = new Set<(event: StoreEvent) => void>()
  #assigned = 0
  #committed = 0
  #compacted = 0
  #queue: Pending[] = []
  #flushing: Promise<void> | null = null
  #failed: Error | null = null
  #closed = false
  #eventsKept = 0

  constructor(options: StoreOptions) {
    this.#log = options.log
    this.#logger = options.logger
    this.#historyLimit = options.historyLimit ?? 20_000
  }

  /** Reads the whole log. Call once, before anything else. */
  async load(): Promise<void> {
    this.#compacted = await this.#log.compacted()
    for await (const row of this.#log.read(0)) this.#applyRow(row)
    this.#assigned = Math.max(this.#committed, this.#compacted, 1)
    this.#committed = this.#assigned
  }

  /** The resourceVersion of the newest durable change of all kinds. */
  get resourceVersion(): number {
    return this.#committed
  }

  get(resource: string, key: string): Entry | undefined {
    return this.#table(resource).committed.get(key)
  }

  /** What a writer must look at: includes writes under way. */
  head(resource: string, key: string): Entry | undefined {
    return this.#table(resource).head.get(key)
  }

  entries(resource: string): IterableIterator<Entry> {
    return this.#table(resource).committed.values()
  }

  /** The keys of the durable objects, ascending. */
  keys(resource: string): readonly string[] {
    return this.#table(resource).keys.all
  }

  headEntries(resource: string): IterableIterator<Entry> {
    return this.#table(resource).head.values()
  }

  /**
   * Decides on the newest state of a key and appends the outcome. `decide` runs at once and synchronously; the promise
   * settles when the change is durable. Several keys change in the order of the calls.
   */
  write(resource: string, key: string, decide: (current: Entry | undefined) => Change): Promise<Entry | undefined> {
    if (this.#failed !== null) throw unavailable('the database is not reachable')
    const table = this.#table(resource)
    const current = table.head.get(key)
    const change = decide(current)
    if (change.op === 'none') return this.#settled().then(() => current)
    const rv = this.#assigned + 1
    this.#assigned = rv
    const object: KubeObject = {
      ...change.object,
      metadata: { ...change.object.metadata, resourceVersion: String(rv) },
    }
    const entry: Entry = { rv, key, object, json: JSON.stringify(object) }
    const op: LogOp = change.op === 'delete' ? 'd' : current === undefined ? 'c' : 'u'
    if (op === 'd') table.head.delete(key)
    else table.head.set(key, entry)
    return new Promise((resolve, reject) => {
      this.#queue.push({
        row: { rv, resource, key, op, object: entry.json },
        event: { rv, op, resource, entry, previous: current },
        resolve,
        reject,
      })
      this.#flush()
    })
  }

  /** Calls `listener` for each later change of one resource, in order, once durable. Returns the way to stop. */
  onChange(resource: string, listener: (event: StoreEvent) => void): () => void {
    const { listeners } = this.#table(resource)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  onCommit(listener: (event: StoreEvent) => void): () => void {
    this.#commitListeners.add(listener)
    return () => this.#commitListeners.delete(listener)
  }

  /** The kept changes of a resource after `rv`. Throws Expired (410) when they were compacted away. */
  since(resource: string, rv: number): StoreEvent[] {
    if (rv < this.#compacted) throw gone(`too old resource version: ${rv} (${this.#compacted})`)
    if (rv > this.#committed) throw versionFromTheFuture(rv, this.#committed)
    const { history } = this.#table(resource)
    let low = 0
    let high = history.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((history[middle]?.rv ?? 0) > rv) high = middle
      else low = middle + 1
    }
    return history.slice(low)
  }

  get compacted(): number {
    return this.#compacted
  }

  /** Drops history up to `rv` (default: all but the newest `historyLimit` changes). */
  async compact(rv?: number): Promise<void> {
    const target = Math.min(rv ?? this.#compactionTarget(), this.#committed)
    if (target <= this.#compacted) return
    this.#compacted = target
    let kept = 0
    for (const table of this.#tables.values()) {
      table.history = table.history.filter((event) => event.rv > target)
      kept += table.history.length
    }
    this.#eventsKept = kept
    await this.#log.compact(target)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#flushing
    await this.#log.close()
  }

  get healthy(): boolean {
    return this.#failed === null
  }

  #compactionTarget(): number {
    if (this.#eventsKept <= this.#historyLimit) return 0
    const versions = [...this.#tables.values()]
      .flatMap((table) => table.history.map((event) => event.rv))
      .sort((a, b) => a - b)
    return versions[versions.length - this.#historyLimit] ?? 0
  }

  async #settled(): Promise<void> {
    while (this.#flushing !== null) await this.#flushing
  }

  #flush(): void {
    if (this.#flushing !== null || this.#queue.length === 0) return
    this.#flushing = this.#flushAll().finally(() => {
      this.#flushing = null
      if (this.#failed === null) this.#flush()
    })
  }

  async #flushAll(): Promise<void> {
    // One turn of the event loop gathers the writes that arrived together.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, 500)
      try {
        await this.#log.append(batch.map((pending) => pending.row))
      } catch (error) {
        await this.#onFailure(error, batch)
        return
      }
      for (const pending of batch) {
        this.#commit(pending.event)
        pending.resolve(pending.event.entry)
      }
    }
  }

  #commit(event: StoreEvent): void {
    const table = this.#table(event.resource)
    this.#keep(table, event.op, event.entry)
    table.history.push(event)
    this.#eventsKept += 1
    this.#committed = event.rv
    for (const listener of this.#commitListeners) listener(event)
    for (const listener of table.listeners) listener(event)
  }

  /**
   * Nobody knows whether the failed batch is in the log, so its writers get 503, the head falls back to what is durable, and
   * writing resumes only after the log was read again.
   */
  async #onFailure(error: unknown, batch: readonly Pending[]): Promise<void> {
    this.#failed = error instanceof Error ? error : new Error(String(error))
    this.#logger.error('log append failed', { error })
    const lost = [...batch, ...this.#queue.splice(0)]
    for (const pending of lost)
      pending.reject(unavailable('the database is not reachable; the outcome of the write is not known'))
    for (const table of this.#tables.values()) table.head = new Map(table.committed)
    void this.#recover()
  }

  async #recover(): Promise<void> {
    for (let delayMs = 100; !this.#closed; delayMs = Math.min(delayMs * 2, 2_000)) {
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      try {
        await this.#log.open()
        for await (const row of this.#log.read(this.#committed)) this.#applyRow(row)
        this.#assigned = Math.max(this.#assigned, this.#committed)
        this.#failed = null
        this.#logger.warn('log is writable again')
        return
      } catch (error) {
        this.#logger.warn('log is not reachable', { error })
      }
    }
  }

  #applyRow(row: LogRow): void {
    const table = this.#table(row.resource)
    const previous = table.committed.get(row.key)
    const entry: Entry = { rv: row.rv, key: row.key, object: JSON.parse(row.object), json: row.object }
    if (row.op === 'd') table.head.delete(row.key)
    else table.head.set(row.key, entry)
    if (row.rv > this.#compacted) this.#commit({ rv: row.rv, op: row.op, resource: row.resource, entry, previous })
    else {
      if (row.op !== 'd') this.#keep(table, row.op, entry)
      this.#committed = row.rv
    }
  }

  #keep(table: Table, op: LogOp, entry: Entry): void {
    if (op === 'd') {
      table.committed.delete(entry.key)
      table.keys.remove(entry.key)
      return
    }
    if (!table.committed.has(entry.key)) table.keys.add(entry.key)
    table.committed.set(entry.key, entry)
  }

  #table(resource: string): Table {
    let table = this.#tables.get(resource)
    if (table === undefined) {
      const committed = new Map<string, Entry>()
      const keys = new SortedKeys(() => committed.keys())
      table = { head: new Map(), committed, keys, history: [], listeners: new Set() }
      this.#tables.set(resource, table)
    }
    return table
  }
}

function versionFromTheFuture(asked: number, current: number): StatusError {
  return new StatusError(504, 'Timeout', `Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
}
