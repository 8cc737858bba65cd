/** Runs the API's own upkeep over the stream of changes: one queue, in order, each failure retried by the next sweep. */
import type { Logger } from '@keelson/process/logger'
import type { Operations } from '../api/operations.ts'
import { storageKey } from '../registry/resource.ts'
import { StatusError } from '../status-error.ts'
import type { StoreEvent } from '../store/store.ts'
import { aggregateRoles } from './aggregation.ts'
import { crdTable, observeCrd, reconcileCrd } from './custom-resources.ts'
import { GarbageCollector } from './garbage-collector.ts'
import { emptyNamespace, finalizeNamespace, furnishNamespace } from './namespaces.ts'
import { createQuotaKeeper } from './quotas.ts'

const sweepEveryMs = 30_000
const compactEveryMs = 60_000
const eventTtlMs = 3_600_000

export type Housekeeping = { stop(): Promise<void>; idle(): Promise<void> }

export function startHousekeeping(options: { operations: Operations; ca: string; logger: Logger }): Housekeeping {
  const { operations, ca, logger } = options
  const { store, registry } = operations
  const collector = new GarbageCollector(operations)
  const quotas = createQuotaKeeper(operations)
  const queue: (() => Promise<void>)[] = []
  let running: Promise<void> | null = null
  let stopped = false

  const run = async () => {
    for (let work = queue.shift(); work !== undefined && !stopped; work = queue.shift()) {
      await work().catch((error: unknown) => {
        if (!(error instanceof StatusError) || error.code !== 404) logger.warn('housekeeping step failed', { error })
      })
    }
    running = null
  }
  const enqueue = (work: () => Promise<void>) => {
    queue.push(work)
    running ??= Promise.resolve().then(run)
  }

  const onChange = (event: StoreEvent) => {
    collector.observe(event)
    for (const work of quotas.workFor(event)) enqueue(work)
    if (event.resource === crdTable) observeCrd(operations, event)
    const { metadata } = event.entry.object
    if (needsCollector(event)) enqueue(() => collector.handle(event))
    if (event.resource === '/namespaces') enqueue(() => reconcileNamespace(metadata.name ?? ''))
    else if (
      metadata.namespace !== undefined &&
      (event.op === 'd' || event.resource === '/serviceaccounts') &&
      isUnderUpkeep(event)
    )
      enqueue(() => reconcileNamespace(metadata.namespace ?? ''))
    // The names that one gives up are free for another that waits.
    if (event.resource === crdTable)
      for (const entry of store.entries(crdTable))
        enqueue(() => reconcileCrd(operations, entry.object.metadata.name ?? ''))
    if (event.resource !== crdTable && event.op === 'd') enqueueCrdOf(event)
    if (event.resource === 'rbac.authorization.k8s.io/clusterroles') enqueue(() => aggregateRoles(operations))
  }

  const isUnderUpkeep = (event: StoreEvent): boolean =>
    ['/serviceaccounts', '/configmaps'].includes(event.resource) ||
    store.get('/namespaces', event.entry.object.metadata.namespace ?? '')?.object.metadata.deletionTimestamp !==
      undefined

  const needsCollector = (event: StoreEvent): boolean => {
    const { metadata } = event.entry.object
    return event.op === 'd' || metadata.deletionTimestamp !== undefined || (metadata.ownerReferences?.length ?? 0) > 0
  }

  const enqueueCrdOf = (event: StoreEvent) => {
    const custom = registry
      .stored()
      .find((resource) => resource.custom !== undefined && storageKey(resource) === event.resource)?.custom
    if (custom === undefined) return
    if (store.get(crdTable, custom.crd)?.object.metadata.deletionTimestamp !== undefined)
      enqueue(() => reconcileCrd(operations, custom.crd))
  }

  const reconcileNamespace = async (name: string) => {
    const namespace = store.get('/namespaces', name)
    if (namespace === undefined) return
    if (namespace.object.metadata.deletionTimestamp === undefined) return furnishNamespace(operations, name, ca)
    if (await emptyNamespace(operations, name)) await finalizeNamespace(operations, name, [])
  }

  const sweep = () => {
    for (const entry of store.entries('/namespaces'))
      enqueue(() => reconcileNamespace(entry.object.metadata.name ?? ''))
    for (const entry of store.entries(crdTable))
      enqueue(() => reconcileCrd(operations, entry.object.metadata.name ?? ''))
    for (const resource of registry.stored()) {
      for (const entry of store.entries(storageKey(resource))) {
        const event: StoreEvent = { rv: entry.rv, op: 'u', resource: storageKey(resource), entry, previous: undefined }
        if (needsCollector(event)) enqueue(() => collector.handle(event))
      }
    }
    for (const work of quotas.workForAll()) enqueue(work)
    enqueue(() => aggregateRoles(operations))
    enqueue(expireEvents)
  }

  const expireEvents = async () => {
    const events = registry.find({ group: '', version: 'v1', plural: 'events' })
    if (events === undefined) return
    const oldest = operations.clock.now().getTime() - eventTtlMs
    for (const entry of [...store.entries('/events')]) {
      const last = String(
        entry.object.lastTimestamp ?? entry.object.eventTime ?? entry.object.metadata.creationTimestamp,
      )
      if (Date.parse(last) > oldest) continue
      await store.write('/events', entry.key, (current) =>
        current === undefined ? { op: 'none' } : { op: 'delete', object: current.object },
      )
    }
  }

  const stopListening = store.onCommit(onChange)
  sweep()
  const sweeper = setInterval(sweep, sweepEveryMs)
  const compactor = setInterval(
    () => void store.compact().catch((error: unknown) => logger.warn('compaction failed', { error })),
    compactEveryMs,
  )
  return {
    idle: async () => {
      while (running !== null) await running
    },
    stop: async () => {
      stopped = true
      stopListening()
      clearInterval(sweeper)
      clearInterval(compactor)
      await running
    },
  }
}
