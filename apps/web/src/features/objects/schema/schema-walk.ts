import type { ObjectSchema, SchemaNode } from '@keelson/contracts/objects'

export type FieldPath = readonly (string | number)[]

/** A node with what it refers to; its own description says more than that of the type. */
export function resolved(schema: ObjectSchema, node: SchemaNode): SchemaNode {
  let found = node
  // A reference refers at most a few times further; a circle would be the server's fault and must not hang the page.
  for (let step = 0; found.$ref !== undefined && step < 10; step += 1) {
    const { $ref, ...own } = found
    found = { ...schema.definitions[$ref], ...own }
  }
  return found
}

export function rootOf(schema: ObjectSchema): SchemaNode | null {
  const root = schema.root === null ? undefined : schema.definitions[schema.root]
  return root === undefined ? null : resolved(schema, root)
}

/** The node of a field or of a list's item; null where the schema has none. */
export function childOf(schema: ObjectSchema, node: SchemaNode, key: string | number): SchemaNode | null {
  if (typeof key === 'number') return node.items ? resolved(schema, node.items) : null
  const own = node.properties && Object.hasOwn(node.properties, key) ? node.properties[key] : node.additionalProperties
  return own ? resolved(schema, own) : null
}

export function nodeAt(schema: ObjectSchema, path: FieldPath): SchemaNode | null {
  let node = rootOf(schema)
  for (const key of path) {
    if (node === null) return null
    node = childOf(schema, node, key)
  }
  return node
}

/** `string`, `[]object`, `map of string`, `"A" | "B"`: a type in few characters. */
export function typeWords(schema: ObjectSchema, node: SchemaNode): string {
  if (node.enum && node.enum.length > 0) return node.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (node.intOrString) return 'number or string'
  if (node.items) return `list of ${typeWords(schema, resolved(schema, node.items))}`
  if (node.additionalProperties) return `map of ${typeWords(schema, resolved(schema, node.additionalProperties))}`
  return node.type ?? (node.properties ? 'object' : 'anything')
}
