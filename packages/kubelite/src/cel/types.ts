/**
 * The CEL types of a structural schema, and values in them: objects with properties are types of their own, so that a rule
 * that names a field which the schema lacks is refused when the CRD is made (apiserver/pkg/cel/common/schemas.go).
 */
import type { Environment } from '@marcbachmann/cel-js'
import { sameJson } from '../patch/json-patch.ts'
import { isObject, type JsonObject, type SchemaNode, schemaNode } from '../schema/node.ts'

/** The words that cannot be written as a field (apiserver/pkg/cel/escaping.go). */
const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)
const escapes: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
}

/** The name under which a rule reaches a property; undefined when it cannot (`a b`, `1st`). */
export function celName(property: string): string | undefined {
  if (reserved.has(property)) return `__${property}__`
  const escaped = property.replaceAll(/__|[.\-/]/g, (part) => escapes[part] ?? part)
  return /^[A-Za-z_]\w*$/.test(escaped) ? escaped : undefined
}

type Converter = (value: unknown) => unknown
export type CelType = { name: string; convert: Converter }

const plain = (name: string, convert: Converter = (value) => value): CelType => ({ name, convert })
const dyn = plain('dyn', toDyn)

/** Without a schema: whole numbers are ints, as in the JSON that came. */
function toDyn(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(toDyn)
  if (isObject(value)) return new Map(Object.entries(value).map(([key, inner]) => [key, toDyn(inner)]))
  return value
}

const metaNode = schemaNode({
  type: 'object',
  properties: { name: { type: 'string' }, generateName: { type: 'string' } },
})
const text = schemaNode({ type: 'string' })

/** Declares types in one environment; each node is declared once. */
export class CelTypes {
  readonly #environment: Environment
  readonly #known = new Map<object, CelType | undefined>()
  #count = 0

  constructor(environment: Environment) {
    this.#environment = environment
  }

  /** Undefined for what CEL cannot see: a value of no declared type. `root` objects have apiVersion, kind and metadata. */
  of(node: SchemaNode, root = false): CelType | undefined {
    if (!this.#known.has(node.raw)) this.#known.set(node.raw, this.#declare(node, root))
    return this.#known.get(node.raw)
  }

  #declare(node: SchemaNode, root: boolean): CelType | undefined {
    if (node.intOrString) return dyn
    switch (node.type) {
      case 'integer':
        return plain('int', (value) => (typeof value === 'number' ? BigInt(Math.trunc(value)) : value))
      case 'number':
        return plain('double')
      case 'boolean':
        return plain('bool')
      case 'string':
        return this.#string(node.raw.format)
      case 'array': {
        const items = node.items === undefined ? undefined : this.of(node.items)
        if (items === undefined) return undefined
        return plain(`list<${items.name}>`, (value) => (Array.isArray(value) ? value.map(items.convert) : value))
      }
      case 'object':
        return this.#object(node, root || node.embedded)
      default:
        return undefined
    }
  }

  #string(format: string | undefined): CelType {
    const time = (value: unknown) => new Date(String(value))
    switch (format) {
      case 'duration':
        return plain('google.protobuf.Duration', (value) =>
          this.#environment.evaluate(`duration(${JSON.stringify(value)})`),
        )
      case 'date-time':
      case 'date':
        return plain('google.protobuf.Timestamp', time)
      case 'byte':
        return plain('bytes', (value) => new Uint8Array(Buffer.from(String(value), 'base64')))
      default:
        return plain('string')
    }
  }

  #object(node: SchemaNode, typed: boolean): CelType | undefined {
    if (node.additional !== undefined) {
      const inner = this.of(node.additional)
      if (inner === undefined) return undefined
      return plain(`map<string, ${inner.name}>`, (value) =>
        isObject(value) ? new Map(Object.entries(value).map(([key, item]) => [key, inner.convert(item)])) : value,
      )
    }
    if (node.properties.size === 0 && !typed) return node.preserveUnknown ? undefined : this.#struct(new Map())
    const properties = new Map(node.properties)
    if (typed) {
      properties.set('apiVersion', text).set('kind', text).set('metadata', metaNode)
    }
    return this.#struct(properties)
  }

  #struct(properties: ReadonlyMap<string, SchemaNode>): CelType {
    const fields: Record<string, string> = {}
    const converters: [property: string, field: string, convert: Converter][] = []
    for (const [property, child] of properties) {
      const [field, type] = [celName(property), this.of(child)]
      if (field === undefined || type === undefined) continue
      fields[field] = type.name
      const { convert } = type
      converters.push([property, field, (value) => (value === null ? null : convert(value))])
    }
    this.#count += 1
    const name = `Object${this.#count}`
    class Struct {
      readonly #json: JsonObject
      constructor(json: JsonObject) {
        this.#json = json
        const own = this as unknown as JsonObject
        for (const [property, field, convert] of converters)
          if (json[property] !== undefined) own[field] = convert(json[property])
      }
      equals(other: Struct): boolean {
        return sameJson(this.#json, other.#json)
      }
    }
    this.#environment.registerType(name, { ctor: Struct, fields })
    this.#environment.registerOperator(`${name} == ${name}`, (a: Struct, b: Struct) => a.equals(b))
    return plain(name, (value) => (isObject(value) ? new Struct(value) : value))
  }
}
