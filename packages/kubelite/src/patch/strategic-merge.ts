/**
 * Strategic merge patch: a merge patch that knows which lists merge by key, with the directives `$patch`, `$retainKeys`,
 * `$deleteFromPrimitiveList/…` and `$setElementOrder/…` (k8s.io/apimachinery/pkg/util/strategicpatch).
 */

import { isObject, type JsonObject, type SchemaNode } from '../schema/node.ts'
import { badRequest } from '../status-error.ts'
import { sameJson } from './json-patch.ts'

const directive = '$patch'
const retainKeys = '$retainKeys'
const deleteFromPrimitive = '$deleteFromPrimitiveList/'
const elementOrder = '$setElementOrder/'

/** Returns a patched copy of `original`. */
export function applyStrategicMergePatch(original: unknown, patch: unknown, node: SchemaNode): JsonObject {
  if (!isObject(patch)) throw badRequest('the patch must be an object')
  return mergeMap(isObject(original) ? original : {}, patch, node)
}

function mergeMap(original: JsonObject, patch: JsonObject, node: SchemaNode | undefined): JsonObject {
  const command = patch[directive]
  if (command === 'replace') return without(patch, directive)
  if (command === 'delete') return {}
  if (command !== undefined && command !== 'merge')
    throw badRequest(`Unknown patch type '${String(command)}' in ${directive}`)
  let out: JsonObject = { ...original }
  const keep = patch[retainKeys]
  if (Array.isArray(keep)) out = Object.fromEntries(Object.entries(out).filter(([key]) => keep.includes(key)))
  for (const [key, value] of Object.entries(patch)) {
    if (key === directive || key === retainKeys || key.startsWith(elementOrder)) continue
    if (key.startsWith(deleteFromPrimitive)) {
      const field = key.slice(deleteFromPrimitive.length)
      const gone = Array.isArray(value) ? value : []
      const before = out[field]
      if (Array.isArray(before) && patch[field] === undefined)
        out[field] = before.filter((item) => !gone.includes(item))
    } else if (value === null) delete out[key]
    else out[key] = mergeField(out[key], value, node?.property(key), patch, key)
  }
  for (const [key, order] of Object.entries(patch)) {
    const field = key.startsWith(elementOrder) ? key.slice(elementOrder.length) : key
    const child = node?.property(field)
    const list = out[field]
    const wanted = patch[`${elementOrder}${field}`] ?? order
    if (!Array.isArray(list) || !Array.isArray(wanted) || !child?.patchStrategy.includes('merge')) continue
    const before = original[field]
    out[field] = inOrder(list, wanted, Array.isArray(before) ? before : [], child.mergeKey)
  }
  return out
}

function mergeField(
  before: unknown,
  value: unknown,
  node: SchemaNode | undefined,
  patch: JsonObject,
  key: string,
): unknown {
  if (isObject(value)) {
    if (node?.patchStrategy.includes('replace')) return without(value, directive)
    return mergeMap(isObject(before) ? before : {}, value, node)
  }
  if (!Array.isArray(value) || !node?.patchStrategy.includes('merge')) return stripDirectives(value)
  const list = Array.isArray(before) ? before : []
  const gone = patch[`${deleteFromPrimitive}${key}`]
  if (node.mergeKey === undefined)
    return mergePrimitives(Array.isArray(gone) ? list.filter((item) => !gone.includes(item)) : list, value)
  return mergeByKey(list, value, node.mergeKey, node.items)
}

function mergePrimitives(before: unknown[], added: unknown[]): unknown[] {
  const out = [...before]
  for (const item of added) if (!out.some((other) => sameJson(other, item))) out.push(item)
  return out
}

function mergeByKey(before: unknown[], patches: unknown[], mergeKey: string, node: SchemaNode | undefined): unknown[] {
  if (patches.some((item) => isObject(item) && item[directive] === 'replace')) {
    return patches
      .filter((item) => !(isObject(item) && item[directive] === 'replace' && Object.keys(item).length === 1))
      .map((item) => (isObject(item) ? without(item, directive) : item))
  }
  let out = [...before]
  for (const item of patches) {
    if (!isObject(item)) throw badRequest('the patch of a list of objects must hold objects')
    const id = item[mergeKey]
    if (item[directive] === 'delete') {
      out = out.filter((other) => !(isObject(other) && sameJson(other[mergeKey], id)))
      continue
    }
    if (id === undefined)
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`)
    const index = out.findIndex((other) => isObject(other) && sameJson(other[mergeKey], id))
    if (index < 0) out.push(mergeMap({}, item, node))
    else out[index] = mergeMap(out[index] as JsonObject, item, node)
  }
  return out
}

/**
 * Elements that the patch names come in the patch's order, the others in the server's; where the two meet, the server's
 * order decides between elements it knows (`normalizeElementOrder`).
 */
function inOrder(list: unknown[], wanted: unknown[], server: unknown[], mergeKey: string | undefined): unknown[] {
  const idOf = (item: unknown) =>
    JSON.stringify(mergeKey === undefined ? item : isObject(item) ? item[mergeKey] : undefined)
  const rank = new Map(wanted.map((item, index) => [idOf(item), index]))
  const serverRank = new Map(server.map((item, index) => [idOf(item), index]))
  const named = list
    .filter((item) => rank.has(idOf(item)))
    .sort((a, b) => (rank.get(idOf(a)) ?? 0) - (rank.get(idOf(b)) ?? 0))
  const others = list.filter((item) => !rank.has(idOf(item)))
  const out: unknown[] = []
  while (named.length > 0 || others.length > 0) {
    const [left, right] = [serverRank.get(idOf(others[0])), serverRank.get(idOf(named[0]))]
    const takeOther =
      named.length === 0 || (others.length > 0 && left !== undefined && right !== undefined && left < right)
    out.push((takeOther ? others : named).shift())
  }
  return out
}

const without = (value: JsonObject, key: string): JsonObject =>
  Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))

function stripDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripDirectives)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== directive)
      .map(([key, inner]) => [key, stripDirectives(inner)]),
  )
}
