/** Field ownership (`metadata.managedFields`): who set what, by update or by server-side apply. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { apiVersionOf, type Resource } from '../registry/resource.ts'
import {
  changedFields,
  emptyTree,
  type FieldTree,
  fieldsIn,
  isEmptyTree,
  parseTree,
  subtract,
  union,
} from './field-tree.ts'

export type ManagedFieldsEntry = {
  manager: string
  operation: 'Apply' | 'Update'
  apiVersion: string
  time?: string
  fieldsType: 'FieldsV1'
  fieldsV1: FieldTree
  subresource?: string
}

export const managersOf = (object: KubeObject | undefined): ManagedFieldsEntry[] =>
  (object?.metadata.managedFields ?? []) as ManagedFieldsEntry[]

export type TrackedUpdate = {
  live: KubeObject | undefined
  next: KubeObject
  resource: Resource
  manager: string
  now: Date
  subresource?: string
}

/** `next` with what `manager` changed counted as its own (operation Update) and taken from the others. */
export function trackUpdate(update: TrackedUpdate): KubeObject {
  const { live, next, resource } = update
  const before = managersOf(live)
  // Where nobody's fields are known, an update does not begin to tell them (`skipNonApplied`): only an apply does.
  if (live !== undefined && before.length === 0) return withoutManagers(next)
  const node = resource.schema
  const changed =
    live === undefined ? { set: fieldsIn(next, node), removed: emptyTree() } : changedFields(live, next, node)
  // An explicit empty list resets ownership, as on a real server.
  const reset =
    Array.isArray(next.metadata.managedFields) && next.metadata.managedFields.length === 0 && live !== undefined
  const others: ManagedFieldsEntry[] = []
  let own: FieldTree = emptyTree()
  for (const entry of reset ? [] : before) {
    const isOwn =
      entry.manager === update.manager && entry.operation === 'Update' && entry.subresource === update.subresource
    const left = subtract(parseTree(entry.fieldsV1), isOwn ? changed.removed : union(changed.set, changed.removed))
    if (isOwn) own = left
    else if (!isEmptyTree(left)) others.push({ ...entry, fieldsV1: left })
  }
  const mine = union(own, changed.set)
  if (!isEmptyTree(mine)) {
    const previous = before.find(
      (entry) =>
        entry.manager === update.manager && entry.operation === 'Update' && entry.subresource === update.subresource,
    )
    const untouched = isEmptyTree(changed.set) && isEmptyTree(changed.removed)
    others.push({
      manager: update.manager,
      operation: 'Update',
      apiVersion: apiVersionOf(resource),
      time: untouched && previous?.time !== undefined ? previous.time : `${update.now.toISOString().slice(0, 19)}Z`,
      fieldsType: 'FieldsV1',
      fieldsV1: mine,
      ...(update.subresource === undefined ? {} : { subresource: update.subresource }),
    })
  }
  const bare = withoutManagers(next)
  return others.length === 0 ? bare : { ...bare, metadata: { ...bare.metadata, managedFields: sortEntries(others) } }
}

function withoutManagers(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Apply entries first, then by time and name (`sortEncodedManagedFields`). */
export function sortEntries(entries: readonly ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  return [...entries].sort((a, b) => {
    if (a.operation !== b.operation) return a.operation < b.operation ? -1 : 1
    const [timeA, timeB] = [a.time ?? '', b.time ?? '']
    if (timeA !== timeB) return timeA < timeB ? -1 : 1
    return (
      compare(a.manager, b.manager) ||
      compare(a.apiVersion, b.apiVersion) ||
      compare(a.subresource ?? '', b.subresource ?? '')
    )
  })
}
