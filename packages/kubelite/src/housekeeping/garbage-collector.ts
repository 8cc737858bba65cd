/** Owner references: dependents go when their owners are gone, wait in the foreground, or are orphaned. */
import type { KubeObject, OwnerReference } from '@keelson/contracts/kubernetes'
import type { Operations } from '../api/operations.ts'
import { type Resource, storageKey } from '../registry/resource.ts'
import { StatusError } from '../status-error.ts'
import type { Entry, StoreEvent } from '../store/store.ts'
import { systemContext } from './namespaces.ts'

const context = () => systemContext('generic-garbage-collector')
type Found = { resource: Resource; entry: Entry }

export class GarbageCollector {
  readonly #operations: Operations
  /** uid → the objects that name it as their owner, as `table key`. */
  readonly #dependents = new Map<string, Map<string, { table: string; key: string }>>()

  constructor(operations: Operations) {
    this.#operations = operations
    for (const resource of operations.registry.stored())
      for (const entry of operations.store.entries(storageKey(resource))) this.#index(storageKey(resource), entry)
  }

  /** Keeps the index; call for every change. */
  observe(event: StoreEvent): void {
    for (const owner of event.previous?.object.metadata.ownerReferences ?? [])
      this.#dependents.get(owner.uid)?.delete(`${event.resource} ${event.entry.key}`)
    if (event.op !== 'd') this.#index(event.resource, event.entry)
    else if (this.#dependents.get(event.entry.object.metadata.uid ?? '')?.size === 0)
      this.#dependents.delete(event.entry.object.metadata.uid ?? '')
  }

  /** Acts on one change: an owner that went or waits, or a dependent whose owner may not be there. */
  async handle(event: StoreEvent): Promise<void> {
    const { metadata } = event.entry.object
    if (event.op === 'd') {
      await this.#ownerGone(metadata.uid ?? '')
      for (const owner of metadata.ownerReferences ?? []) await this.#dependentGone(owner.uid, event.entry.object)
      return
    }
    if (metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes('orphan')) await this.#orphan(event)
    if (metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes('foregroundDeletion'))
      await this.#foreground(event.resource, event.entry)
    if (metadata.ownerReferences?.length) await this.#checkOwners(event.resource, event.entry.key)
  }

  #index(table: string, entry: Entry): void {
    for (const owner of entry.object.metadata.ownerReferences ?? []) {
      const map = this.#dependents.get(owner.uid) ?? new Map<string, { table: string; key: string }>()
      map.set(`${table} ${entry.key}`, { table, key: entry.key })
      this.#dependents.set(owner.uid, map)
    }
  }

  #dependentsOf(uid: string): Found[] {
    return [...(this.#dependents.get(uid)?.values() ?? [])].flatMap(({ table, key }) => {
      const found = this.#find(table, key)
      return found === null ? [] : [found]
    })
  }

  #find(table: string, key: string): Found | null {
    const { store, registry } = this.#operations
    const resource = registry.stored().find((item) => storageKey(item) === table)
    const entry = store.get(table, key)
    return resource === undefined || entry === undefined ? null : { resource, entry }
  }

  async #ownerGone(uid: string): Promise<void> {
    for (const { resource, entry } of this.#dependentsOf(uid)) await this.#checkOwners(storageKey(resource), entry.key)
  }

  /** Deletes a dependent of which no owner is left; drops references to owners that are gone. */
  async #checkOwners(table: string, key: string): Promise<void> {
    const found = this.#find(table, key)
    if (found === null || found.entry.object.metadata.deletionTimestamp !== undefined) return
    const { metadata } = found.entry.object
    const owners = metadata.ownerReferences ?? []
    const living = owners.filter((owner) => this.#ownerLives(owner, metadata.namespace))
    if (living.length === owners.length) return
    if (living.length === 0) {
      await this.#delete(found, 'Background')
      return
    }
    await this.#operations
      .update(this.#target(found), (current) => withOwners(current, living), context())
      .catch(ignoreGone)
  }

  #ownerLives(owner: OwnerReference, namespace: string | undefined): boolean {
    const { registry, store } = this.#operations
    const group = owner.apiVersion.includes('/') ? (owner.apiVersion.split('/')[0] ?? '') : ''
    const resource = registry.findByKind(group, owner.kind)
    // A kind that is not served cannot be looked up: keep the dependent rather than guess.
    if (resource === undefined) return true
    const key = resource.namespaced ? `${namespace ?? ''}/${owner.name}` : owner.name
    return store.head(storageKey(resource), key)?.object.metadata.uid === owner.uid
  }

  async #foreground(table: string, entry: Entry): Promise<void> {
    const owner = this.#find(table, entry.key)
    if (owner === null || owner.entry.object.metadata.uid !== entry.object.metadata.uid) return
    const uid = entry.object.metadata.uid ?? ''
    const blocking = this.#dependentsOf(uid)
    for (const dependent of blocking) {
      if (dependent.entry.object.metadata.deletionTimestamp === undefined) await this.#delete(dependent, 'Foreground')
    }
    const left = this.#dependentsOf(uid).filter((item) =>
      item.entry.object.metadata.ownerReferences?.some(
        (reference) => reference.uid === uid && reference.blockOwnerDeletion === true,
      ),
    )
    if (left.length === 0) await this.#dropFinalizer(owner, 'foregroundDeletion')
  }

  async #dependentGone(ownerUid: string, dependent: KubeObject): Promise<void> {
    const reference = dependent.metadata.ownerReferences?.find((owner) => owner.uid === ownerUid)
    if (reference === undefined) return
    const group = reference.apiVersion.includes('/') ? (reference.apiVersion.split('/')[0] ?? '') : ''
    const resource = this.#operations.registry.findByKind(group, reference.kind)
    if (resource === undefined) return
    const key = resource.namespaced ? `${dependent.metadata.namespace ?? ''}/${reference.name}` : reference.name
    const owner = this.#find(storageKey(resource), key)
    const { metadata } = owner?.entry.object ?? { metadata: undefined }
    if (
      owner !== null &&
      metadata?.uid === ownerUid &&
      metadata.deletionTimestamp !== undefined &&
      metadata.finalizers?.includes('foregroundDeletion')
    )
      await this.#foreground(storageKey(resource), owner.entry)
  }

  async #orphan(event: StoreEvent): Promise<void> {
    const uid = event.entry.object.metadata.uid ?? ''
    for (const dependent of this.#dependentsOf(uid)) {
      await this.#operations
        .update(
          this.#target(dependent),
          (current) =>
            withOwners(
              current,
              (current?.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid),
            ),
          context(),
        )
        .catch(ignoreGone)
    }
    const owner = this.#find(event.resource, event.entry.key)
    if (owner !== null) await this.#dropFinalizer(owner, 'orphan')
  }

  async #dropFinalizer(found: Found, name: string): Promise<void> {
    await this.#operations
      .update(
        this.#target(found),
        (current) =>
          current === undefined
            ? current
            : {
                ...current,
                metadata: {
                  ...current.metadata,
                  finalizers: (current.metadata.finalizers ?? []).filter((item) => item !== name),
                },
              },
        context(),
      )
      .catch(ignoreGone)
  }

  async #delete(found: Found, propagationPolicy: 'Background' | 'Foreground'): Promise<void> {
    const uid = found.entry.object.metadata.uid
    await this.#operations
      .remove(this.#target(found), { propagationPolicy, preconditions: { uid } }, context())
      .catch(ignoreGone)
  }

  #target({ resource, entry }: Found) {
    return { resource, namespace: entry.object.metadata.namespace, name: entry.object.metadata.name ?? '' }
  }
}

function withOwners(current: KubeObject | undefined, ownerReferences: OwnerReference[]): KubeObject | undefined {
  if (current === undefined) return current
  const { ownerReferences: _, ...metadata } = current.metadata
  return { ...current, metadata: { ...metadata, ...(ownerReferences.length > 0 ? { ownerReferences } : {}) } }
}

function ignoreGone(error: unknown): void {
  if (!(error instanceof StatusError) || (error.code !== 404 && error.code !== 409)) throw error
}
