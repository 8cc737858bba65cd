/** RFC 6902, with the errors of the real server: a failing `test` or a missing path is 422 Invalid. */

import { isObject } from '../schema/node.ts'
import { badRequest, StatusError } from '../status-error.ts'

type Operation = { op: string; path: string; from?: string; value?: unknown }
/** The real server keeps the reason to itself; ours stands in `cause`. */
const failed = (why: string) => {
  const error = new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {})
  error.cause = why
  return error
}

/** Applies the operations to a copy. */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch))
    throw badRequest('error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp')
  if (patch.length > 10_000)
    throw new StatusError(
      413,
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is 10000, got ${patch.length}`,
    )
  let result = structuredClone(document)
  for (const operation of patch) {
    if (!isObject(operation) || typeof operation.op !== 'string' || typeof operation.path !== 'string')
      throw failed('malformed operation')
    result = applyOne(result, operation as Operation)
  }
  return result
}

function applyOne(document: unknown, operation: Operation): unknown {
  switch (operation.op) {
    case 'add':
      return add(document, parse(operation.path), structuredClone(operation.value))
    case 'remove':
      return remove(document, parse(operation.path)).document
    case 'replace': {
      const path = parse(operation.path)
      if (path.length === 0) return structuredClone(operation.value)
      return add(remove(document, path).document, path, structuredClone(operation.value))
    }
    case 'move': {
      const from = parse(operation.from ?? '')
      const taken = remove(document, from)
      return add(taken.document, parse(operation.path), taken.value)
    }
    case 'copy':
      return add(document, parse(operation.path), structuredClone(read(document, parse(operation.from ?? ''))))
    case 'test':
      if (!sameJson(read(document, parse(operation.path), true), operation.value ?? null))
        throw failed(`testing value ${operation.path} failed`)
      return document
    default:
      throw failed(`unexpected kind: ${operation.op}`)
  }
}

function parse(pointer: string): string[] {
  if (pointer === '') return []
  if (!pointer.startsWith('/')) throw failed(`invalid pointer ${pointer}`)
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function read(document: unknown, path: readonly string[], missingIsNull = false): unknown {
  let at = document
  for (const part of path) {
    const next = Array.isArray(at)
      ? at[indexOf(at, part)]
      : isObject(at) && Object.hasOwn(at, part)
        ? at[part]
        : undefined
    if (next === undefined) {
      if (missingIsNull) return null
      throw failed(`the path /${path.join('/')} does not exist`)
    }
    at = next
  }
  return at
}

function indexOf(list: readonly unknown[], part: string, end = false): number {
  if (end && part === '-') return list.length
  if (!/^-?(0|[1-9]\d*)$/.test(part)) throw failed(`invalid index ${part}`)
  const index = Number(part) < 0 ? Number(part) + list.length : Number(part)
  if (index < 0 || index > list.length - (end ? 0 : 1)) throw failed(`index ${part} is out of bounds`)
  return index
}

function add(document: unknown, path: readonly string[], value: unknown): unknown {
  const last = path.at(-1)
  if (last === undefined) return value
  const parent = read(document, path.slice(0, -1))
  if (Array.isArray(parent)) parent.splice(indexOf(parent, last, true), 0, value)
  else if (isObject(parent)) setOwn(parent, last, value)
  else throw failed(`the path /${path.join('/')} does not exist`)
  return document
}

function remove(document: unknown, path: readonly string[]): { document: unknown; value: unknown } {
  const last = path.at(-1)
  if (last === undefined) throw failed('the whole document cannot be removed')
  const parent = read(document, path.slice(0, -1))
  if (Array.isArray(parent)) return { document, value: parent.splice(indexOf(parent, last), 1)[0] }
  if (!isObject(parent) || !Object.hasOwn(parent, last)) throw failed(`unable to remove nonexistent key: ${last}`)
  const value = parent[last]
  delete parent[last]
  return { document, value }
}

/** `__proto__` must become a key like any other. */
function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
}

export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => sameJson(item, b[index]))
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a).filter((key) => a[key] !== undefined)
  return (
    keys.length === Object.keys(b).filter((key) => b[key] !== undefined).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
  )
}
