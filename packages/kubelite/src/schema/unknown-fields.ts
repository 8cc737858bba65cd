/** Fields that the schema does not have: found, and removed as the server's decoder (built-in) or pruning (CRD) does. */
import { isObject, type JsonObject, type SchemaNode } from './node.ts'

const typeMetaFields = new Set(['apiVersion', 'kind', 'metadata'])

/** A copy without unknown fields; their paths (`spec.foo`, `spec.containers[0].bar`) are added to `unknown`. */
export function pruneUnknown(value: unknown, node: SchemaNode, unknown: string[], path = ''): unknown {
  if (Array.isArray(value)) {
    const { items } = node
    return items === undefined
      ? value
      : value.map((item, index) => pruneUnknown(item, items, unknown, `${path}[${index}]`))
  }
  if (!isObject(value) || (node.open && node.properties.size === 0 && !node.embedded)) return value
  const out: JsonObject = {}
  for (const [key, inner] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`
    const child = node.property(key)
    if (child !== undefined) out[key] = pruneUnknown(inner, child, unknown, at)
    else if (node.open || (node.embedded && typeMetaFields.has(key))) out[key] = inner
    else unknown.push(at)
  }
  return out
}
