/** What structured-merge-diff says of an applied configuration that does not fit its schema (typed/validate.go). */
import { builtinNode, objectMetaName } from '../schema/builtin.ts'
import { isObject, type JsonObject, type SchemaNode } from '../schema/node.ts'
import { itemSegment, segmentText } from './field-tree.ts'

const metaNode = builtinNode(objectMetaName)

/** All faults, in the library's words; none when the configuration fits. */
export function typedFaults(applied: JsonObject, node: SchemaNode): string[] {
  const { apiVersion: _a, kind: _k, metadata, ...rest } = applied
  return [
    ...(metadata === undefined ? [] : faultsOf(metadata, metaNode, '.metadata')),
    ...Object.entries(rest).flatMap(([name, value]) => fieldFaults(name, value, node, '')),
  ]
}

function fieldFaults(name: string, value: unknown, parent: SchemaNode, path: string): string[] {
  const child = parent.property(name)
  const at = `${path}.${name}`
  if (child !== undefined) return faultsOf(value, child, at)
  const allowed = parent.open || (parent.embedded && ['apiVersion', 'kind', 'metadata'].includes(name))
  return allowed ? [] : [`${at}: field not declared in schema`]
}

function faultsOf(value: unknown, node: SchemaNode, path: string): string[] {
  if (value === null || value === undefined || node.intOrString || node.typeName === 'Quantity') return []
  const wrong = (wanted: string) => [`${path}: expected ${wanted}, got ${shown(value)}`]
  switch (node.type) {
    case 'string':
      return typeof value === 'string' ? [] : wrong('string')
    case 'boolean':
      return typeof value === 'boolean' ? [] : wrong('boolean')
    case 'integer':
    case 'number':
      return typeof value === 'number' ? [] : wrong('numeric (int or float)')
    case 'array': {
      if (!Array.isArray(value)) return wrong('list')
      const { items } = node
      if (items === undefined) return []
      const faults = value.flatMap((item, index) => faultsOf(item, items, `${path}[${index}]`))
      return faults.length > 0 ? faults : duplicates(value, node, path)
    }
    case 'object':
      if (node.open && node.properties.size === 0) return []
      if (!isObject(value)) return wrong('map')
      return Object.entries(value).flatMap(([name, inner]) => fieldFaults(name, inner, node, path))
    default:
      return []
  }
}

function duplicates(list: readonly unknown[], node: SchemaNode, path: string): string[] {
  if (node.listType !== 'set' && node.listType !== 'map') return []
  const segments = list.map((item) => itemSegment(item, node))
  const twice = new Set(segments.filter((segment, index) => segments.indexOf(segment) !== index))
  return [...twice].map((segment) => `${path}: duplicate entries for key ${segmentText(segment)}`)
}

/** As Go prints the library's value. */
function shown(value: unknown): string {
  const text = Array.isArray(value)
    ? `[]interface {}{${value.map((item) => JSON.stringify(item)).join(', ')}}`
    : isObject(value)
      ? `map[string]interface {}{${Object.entries(value)
          .map(([key, inner]) => `${JSON.stringify(key)}:${JSON.stringify(inner)}`)
          .join(', ')}}`
      : JSON.stringify(value)
  return `&value.valueUnstructured{Value:${text}}`
}
