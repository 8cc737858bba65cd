/**
 * What Go's decoder does to a built-in kind: a value of the wrong type is a 400 with the field's name; `null` counts as
 * absent; empty optional values stay as sent (Go would drop them, which no client can tell apart from absence).
 */
import { badRequest } from '../status-error.ts'
import { isObject, type JsonObject, type SchemaNode } from './node.ts'
import { canonicalQuantity } from './quantity.ts'

type Context = { kind: string; version: string; struct?: string }

/** A typed copy. Throws BadRequest with the text of `runtime.NewNotRegistered…` decoders: "cannot be handled as a …". */
export function decodeBuiltin(value: unknown, node: SchemaNode, context: Context, path = ''): unknown {
  if (value === null || value === undefined) return undefined
  if (node.typeName === 'Quantity') return decodeQuantity(value, context)
  if (node.intOrString)
    return expect(typeof value === 'number' || typeof value === 'string', value, 'int32 or string', context, path)
  switch (node.type) {
    case 'string':
      if (node.typeName === 'Time' || node.typeName === 'MicroTime') checkTime(value, node.typeName, context)
      if (node.raw.format === 'byte' && typeof value === 'string') return decodeBytes(value, context)
      return expect(typeof value === 'string', value, 'string', context, path)
    case 'boolean':
      return expect(typeof value === 'boolean', value, 'bool', context, path)
    case 'integer':
      return expect(
        typeof value === 'number' && Number.isInteger(value),
        value,
        node.raw.format ?? 'int64',
        context,
        path,
      )
    case 'number':
      return expect(typeof value === 'number', value, 'float64', context, path)
    case 'array':
      if (!Array.isArray(value)) return expect(false, value, goType(node), context, path)
      return node.items === undefined
        ? value
        : value.map((item) => decodeItem(item, node.items as SchemaNode, context, path))
    case 'object':
      return decodeObject(value, node, context, path)
    default:
      return value
  }
}

/** Go's `encoding/base64` names the first byte that is none. */
function decodeBytes(value: string, context: Context): string {
  const text = value.replaceAll(/[\r\n]/g, '')
  const good = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?/.exec(text)?.[0].length ?? 0
  if (good === text.length) return value
  const odd = /^[A-Za-z0-9+/]*/.exec(text)?.[0].length ?? 0
  const at = odd === text.length ? Math.floor(text.length / 4) * 4 : odd
  throw badRequest(
    `${context.kind} in version "${context.version}" cannot be handled as a ${context.kind}: illegal base64 data at input byte ${at}`,
  )
}

const timeLayout = ['2006', '-', '01', '-', '02', 'T', '15', ':', '04', ':', '05']

/** What Go's `time.Parse` says of a text that is no time: the first piece of the layout that does not fit. */
function checkTime(value: unknown, typeName: 'Time' | 'MicroTime', context: Context): void {
  if (typeof value !== 'string') return
  const micro = typeName === 'MicroTime'
  const layout = `2006-01-02T15:04:05${micro ? '.000000' : ''}Z07:00`
  const refuse = (rest: string, piece: string) =>
    badRequest(
      `${context.kind} in version "${context.version}" cannot be handled as a ${context.kind}: parsing time ${JSON.stringify(value)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(piece)}`,
    )
  let rest = value
  for (const piece of timeLayout) {
    const fits = /\d/.test(piece) ? new RegExp(`^\\d{${piece.length}}`).test(rest) : rest.startsWith(piece)
    if (!fits) throw refuse(rest, piece)
    rest = rest.slice(piece.length)
  }
  const fraction = micro ? /^\.\d{6}/ : /^(?:\.\d+)?/
  const found = fraction.exec(rest)
  if (found === null) throw refuse(rest, '.000000')
  rest = rest.slice(found[0].length)
  if (!/^(?:Z|[+-]\d\d:\d\d)$/.test(rest)) throw refuse(rest, 'Z07:00')
}

function decodeQuantity(value: unknown, context: Context): string {
  const canonical = typeof value === 'string' || typeof value === 'number' ? canonicalQuantity(value) : null
  if (canonical !== null) return canonical
  throw badRequest(
    `${context.kind} in version "${context.version}" cannot be handled as a ${context.kind}: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
  )
}

function decodeItem(item: unknown, node: SchemaNode, context: Context, path: string): unknown {
  if (item !== null) return decodeBuiltin(item, node, context, path)
  return node.type === 'object' ? {} : node.type === 'string' ? '' : item
}

function decodeObject(value: unknown, node: SchemaNode, context: Context, path: string): unknown {
  if (node.open && node.properties.size === 0) return value
  if (!isObject(value)) return expect(false, value, goType(node), context, path)
  const out: JsonObject = {}
  const within = node.typeName === undefined ? context : { ...context, struct: node.typeName }
  for (const [key, inner] of Object.entries(value)) {
    const child = node.property(key)
    const isEntry = !node.properties.has(key) && node.additional !== undefined
    const decoded =
      child === undefined
        ? inner
        : (isEntry ? decodeItem : decodeBuiltin)(inner, child, within, pathTo(node, key, path))
    // Stored and read again, a list without items is no list; fields without `omitempty` say so.
    const isRequiredList = child?.type === 'array' && node.required.includes(key)
    if (isRequiredList && (inner === null || (Array.isArray(decoded) && decoded.length === 0))) out[key] = null
    else if (decoded !== undefined && !isOmitted(decoded, child, node.required.includes(key))) out[key] = decoded
  }
  return out
}

/** Go writes no empty maps and lists of optional fields (`omitempty`); an empty struct is a value. */
function isOmitted(value: unknown, node: SchemaNode | undefined, isRequired: boolean): boolean {
  if (node === undefined || isRequired) return false
  if (Array.isArray(value)) return value.length === 0
  return node.additional !== undefined && isObject(value) && Object.keys(value).length === 0
}

/** Go names the field that holds a map, not the key. */
const pathTo = (node: SchemaNode, key: string, path: string): string =>
  node.properties.has(key) ? (path === '' ? key : `${path}.${key}`) : path

const goTypes: Readonly<Record<string, string>> = { string: 'string', boolean: 'bool', number: 'float64' }
function goType(node: SchemaNode): string {
  if (node.items !== undefined) return `[]${goType(node.items)}`
  if (node.additional !== undefined) return `map[string]${goType(node.additional)}`
  if (node.typeName !== undefined) return `v1.${node.typeName}`
  if (node.type === 'integer') return node.raw.format ?? 'int64'
  return goTypes[node.type ?? ''] ?? 'struct'
}

function expect(right: boolean, value: unknown, wanted: string, context: Context, path: string): unknown {
  if (right) return value
  const got = Array.isArray(value)
    ? 'array'
    : typeof value === 'boolean'
      ? 'bool'
      : typeof value === 'number'
        ? `number${Number.isInteger(value) ? '' : ` ${value}`}`
        : typeof value
  throw badRequest(
    `${context.kind} in version "${context.version}" cannot be handled as a ${context.kind}: json: cannot unmarshal ${got} into Go struct field ${context.struct ?? context.kind}.${path} of type ${wanted}`,
  )
}
