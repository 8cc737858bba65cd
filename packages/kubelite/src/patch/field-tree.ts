/** Sets of field paths in their FieldsV1 form: `{"f:spec":{"f:ports":{"k:{\"port\":80}":{".":{}}}}}`. A leaf is `{}`. */
import { builtinNode, objectMetaName } from '../schema/builtin.ts'
import { isObject, type JsonObject, type SchemaNode } from '../schema/node.ts'
import { sameJson } from './json-patch.ts'

export type FieldTree = { [segment: string]: FieldTree }
export const emptyTree = (): FieldTree => ({})
export const isEmptyTree = (tree: FieldTree): boolean => Object.keys(tree).length === 0
export const parseTree = (value: unknown): FieldTree => (isObject(value) ? (value as FieldTree) : {})

export function union(a: FieldTree, b: FieldTree): FieldTree {
  const out: FieldTree = { ...a }
  for (const [key, inner] of Object.entries(b))
    out[key] = out[key] === undefined ? inner : mergeNonLeaf(out[key], inner)
  return out
}
/** A leaf united with inner paths is the inner paths plus the item itself. */
function mergeNonLeaf(a: FieldTree, b: FieldTree): FieldTree {
  if (isEmptyTree(a) && isEmptyTree(b)) return {}
  return union(isEmptyTree(a) ? { '.': {} } : a, isEmptyTree(b) ? { '.': {} } : b)
}

const selfMark = (tree: FieldTree): FieldTree => (isEmptyTree(tree) ? { '.': {} } : tree)
const unmark = (tree: FieldTree): FieldTree => (Object.keys(tree).length === 1 && tree['.'] !== undefined ? {} : tree)

/** Paths of `a` that are not in `b`. */
export function subtract(a: FieldTree, b: FieldTree): FieldTree {
  const out: FieldTree = {}
  for (const [key, inner] of Object.entries(a)) {
    const other = b[key]
    if (other === undefined) out[key] = inner
    else if (key !== '.' && !(isEmptyTree(inner) && isEmptyTree(other))) {
      const left = subtract(selfMark(inner), selfMark(other))
      if (!isEmptyTree(left)) out[key] = unmark(left)
    }
  }
  return out
}

export function intersect(a: FieldTree, b: FieldTree): FieldTree {
  const out: FieldTree = {}
  for (const [key, inner] of Object.entries(a)) {
    const other = b[key]
    if (other === undefined) continue
    if (key === '.' || (isEmptyTree(inner) && isEmptyTree(other))) out[key] = {}
    else {
      const both = intersect(selfMark(inner), selfMark(other))
      if (!isEmptyTree(both)) out[key] = unmark(both)
    }
  }
  return out
}

const ignoredTop = new Set(['apiVersion', 'kind'])
const ignoredMeta = new Set([
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'managedFields',
  'selfLink',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
])

/** The content that can be owned. */
function ownable(object: JsonObject): JsonObject {
  const out: JsonObject = Object.fromEntries(Object.entries(object).filter(([key]) => !ignoredTop.has(key)))
  if (isObject(out.metadata)) {
    const metadata = Object.fromEntries(Object.entries(out.metadata).filter(([key]) => !ignoredMeta.has(key)))
    if (Object.keys(metadata).length > 0) out.metadata = metadata
    else delete out.metadata
  }
  return out
}

export const isAtomic = (value: unknown, node: SchemaNode | undefined): boolean => {
  if (Array.isArray(value)) return node === undefined || (node.listType !== 'map' && node.listType !== 'set')
  return isObject(value) && node?.mapType === 'atomic'
}

/** The segment of a list's item: `k:{"name":"x"}` or `v:"x"`. */
export function itemSegment(item: unknown, node: SchemaNode): string {
  if (node.listType === 'set' || !isObject(item)) return `v:${JSON.stringify(item)}`
  const keys = [...node.listKeys].sort()
  const pairs = keys
    .map((key) => [key, item[key] ?? node.items?.properties.get(key)?.default])
    .filter(([, value]) => value !== undefined)
  return `k:${JSON.stringify(Object.fromEntries(pairs))}`
}

/** All fields that `object` sets. */
export function fieldsIn(object: JsonObject, node: SchemaNode): FieldTree {
  return mapFields(ownable(object), rootOf(node))
}

/** All fields that an applied configuration names: as `fieldsIn`, but a map with free keys is not a field of its own. */
export function appliedFields(object: JsonObject, node: SchemaNode): FieldTree {
  const tree = mapFields(withoutEmptyLists(ownable(object), rootOf(node)), rootOf(node), true)
  const unmarkMaps = (fields: FieldTree): FieldTree =>
    Object.fromEntries(
      Object.entries(fields).map(([segment, inner]) => {
        const clean = unmarkMaps(inner)
        if (!segment.startsWith('f:') || Object.keys(clean).length < 2) return [segment, clean]
        const { '.': _, ...rest } = clean
        return [segment, rest]
      }),
    )
  return unmarkMaps(tree)
}

/** An applied list that merges and has no items names no field. */
function withoutEmptyLists(value: JsonObject, parent: Parent): JsonObject {
  const kept = Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    const node = parent.child(key)
    if (Array.isArray(inner) && inner.length === 0 && !isAtomic(inner, node)) return []
    if (Array.isArray(inner) && node?.items !== undefined && !isAtomic(inner, node)) {
      const within = parentOf(node.items)
      return [[key, inner.map((item) => (isObject(item) ? withoutEmptyLists(item, within) : item))]]
    }
    if (!isObject(inner) || isAtomic(inner, node)) return [[key, inner]]
    const left = withoutEmptyLists(inner, parentOf(node))
    return Object.keys(left).length === 0 && Object.keys(inner).length > 0 ? [] : [[key, left]]
  })
  return Object.fromEntries(kept)
}

/** What is known of a map: the schema of each field, and which fields Go's zero value already has. */
type Parent = { child(name: string): SchemaNode | undefined; has(name: string): boolean }

const parentOf = (node: SchemaNode | undefined): Parent => ({
  child: (name) => node?.property(name),
  has: (name) => isAlwaysThere(node, name, node?.property(name)),
})

/** CRD schemas say nothing of `metadata`: its structure is the same for all kinds. */
function rootOf(node: SchemaNode): Parent {
  const parent = parentOf(node)
  return {
    child: (name) => (name === 'metadata' ? metaNode() : node.property(name)),
    has: (name) => name === 'metadata' || parent.has(name),
  }
}

/**
 * Structs by value and lists without omitempty are in every Go object of the kind, so that setting them adds only what is
 * in them; a map, a pointer or a list that was not there is a field of its own, marked ".".
 */
function isAlwaysThere(parent: SchemaNode | undefined, name: string, node: SchemaNode | undefined): boolean {
  if (parent?.typeName === undefined || node === undefined) return false
  return node.type === 'array' ? parent.required.includes(name) : node.typeName !== undefined && isObject(node.default)
}

/** `isNew`: in an item that was not there, of which even structs by value are new. */
function treeOf(value: unknown, node: SchemaNode | undefined, isNew: boolean): FieldTree {
  if (isAtomic(value, node)) return {}
  if (isObject(value)) return mapFields(value, parentOf(node), isNew)
  if (!Array.isArray(value) || node === undefined) return {}
  return Object.fromEntries(value.map((item) => [itemSegment(item, node), itemFields(item, node)]))
}

/** The fields of a whole item of a list that merges. */
function itemFields(item: unknown, list: SchemaNode): FieldTree {
  if (!isObject(item) || isAtomic(item, list.items)) return {}
  return { '.': {}, ...treeOf(item, list.items, true) }
}

function mapFields(value: JsonObject, parent: Parent, isNew = false): FieldTree {
  const out: FieldTree = {}
  for (const [key, inner] of Object.entries(value)) {
    if (inner === undefined) continue
    const tree = treeOf(inner, parent.child(key), isNew)
    // A struct that is always there is no field: only what is in it.
    const isSet = !isObject(inner) || (isAtomic(inner, parent.child(key)) && Object.keys(inner).length > 0)
    if (!isSet && !isNew && isEmptyTree(tree) && parent.has(key)) continue
    out[`f:${key}`] = isEmptyTree(tree) || (!isNew && parent.has(key)) ? tree : { '.': {}, ...tree }
  }
  return out
}

/** What an update set anew or changed, and what it took away. */
export function changedFields(
  before: JsonObject,
  after: JsonObject,
  node: SchemaNode,
): { set: FieldTree; removed: FieldTree } {
  return compareMaps(ownable(before), ownable(after), rootOf(node))
}

function compareMaps(before: JsonObject, after: JsonObject, parent: Parent): { set: FieldTree; removed: FieldTree } {
  const set: FieldTree = {}
  const removed: FieldTree = {}
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, now] = [before[key], after[key]]
    if (sameJson(old, now)) continue
    if (now === undefined) removed[`f:${key}`] = mapFields({ [key]: old }, parent)[`f:${key}`] ?? {}
    else if (old === undefined) Object.assign(set, mapFields({ [key]: now }, parent))
    else put(key, compareValues(old, now, parent.child(key)), set, removed, 'f:')
  }
  return { set, removed }
}

function put(
  key: string,
  change: { set: FieldTree; removed: FieldTree } | null,
  set: FieldTree,
  removed: FieldTree,
  prefix: string,
): void {
  if (change === null) set[`${prefix}${key}`] = {}
  else {
    if (!isEmptyTree(change.set)) set[`${prefix}${key}`] = change.set
    if (!isEmptyTree(change.removed)) removed[`${prefix}${key}`] = change.removed
  }
}

/** Null: the value is one field and changed as a whole. */
function compareValues(
  before: unknown,
  after: unknown,
  node: SchemaNode | undefined,
): { set: FieldTree; removed: FieldTree } | null {
  if (isAtomic(after, node)) return null
  if (isObject(before) && isObject(after)) return compareMaps(before, after, parentOf(node))
  if (!Array.isArray(before) || !Array.isArray(after) || node === undefined) return null
  const set: FieldTree = {}
  const removed: FieldTree = {}
  const olds = new Map(before.map((item) => [itemSegment(item, node), item]))
  const nows = new Map(after.map((item) => [itemSegment(item, node), item]))
  for (const [segment, item] of nows) {
    const old = olds.get(segment)
    if (old === undefined) set[segment] = itemFields(item, node)
    else if (!sameJson(old, item)) put(segment, compareValues(old, item, node.items), set, removed, '')
  }
  for (const [segment, item] of olds) if (!nows.has(segment)) removed[segment] = itemFields(item, node)
  return { set, removed }
}

let cachedMeta: SchemaNode | undefined
function metaNode(): SchemaNode {
  cachedMeta ??= builtinNode(objectMetaName)
  return cachedMeta
}

/** `.spec`, `[="a"]`, `[name="x"]`: a segment as conflicts and faults print it. */
export function segmentText(segment: string): string {
  if (segment.startsWith('f:')) return `.${segment.slice(2)}`
  if (segment.startsWith('v:')) return `[=${segment.slice(2)}]`
  const keys = JSON.parse(segment.slice(2)) as Record<string, unknown>
  return `[${Object.entries(keys)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join(',')}]`
}
