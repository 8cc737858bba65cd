import { isObject, type JsonObject, type SchemaNode } from './node.ts'

/** A copy with the schema's `default`s filled in, from the outside in (structural defaulting of CRDs). */
export function applyDefaults(value: unknown, node: SchemaNode): unknown {
  if (Array.isArray(value)) {
    const { items } = node
    return items === undefined ? value : value.map((item) => applyDefaults(item, items))
  }
  if (!isObject(value)) return value
  const out: JsonObject = { ...value }
  for (const [name, child] of node.properties) {
    if (out[name] === undefined || (out[name] === null && !child.nullable)) {
      if (child.default !== undefined) out[name] = structuredClone(child.default)
      else if (out[name] === null && !child.nullable) delete out[name]
    }
    if (out[name] !== undefined) out[name] = applyDefaults(out[name], child)
  }
  const { additional } = node
  if (additional !== undefined) {
    for (const key of Object.keys(out)) if (!node.properties.has(key)) out[key] = applyDefaults(out[key], additional)
  }
  return out
}
