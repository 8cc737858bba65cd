import { isObject, type JsonObject, type SchemaNode } from './node.ts'

const typed = new Set(['apiVersion', 'kind', 'metadata'])

/** Lists without `omitempty` that the published schema calls optional, by kind. */
export const writtenLists: Readonly<Record<string, string>> = { Role: 'rules', ClusterRole: 'rules' }

/** What Go writes of an empty object of a built-in kind: its structs by value and its fields without `omitempty`. */
export function zeroOf(node: SchemaNode): JsonObject {
  const out: JsonObject = {}
  for (const [name, child] of node.properties) {
    if (typed.has(name)) continue
    if (child.typeName !== undefined && isObject(child.default)) out[name] = zeroOf(child)
    else if (node.required.includes(name)) out[name] = zeroValue(child)
  }
  return out
}

function zeroValue(node: SchemaNode): unknown {
  switch (node.type) {
    case 'string':
      return ''
    case 'integer':
    case 'number':
      return 0
    case 'boolean':
      return false
    default:
      return null
  }
}
