import type { ObjectSchema, SchemaNode } from '@keelson/contracts/objects'
import type { CodeOption } from '@keelson/ui/code-editor'
import { containerOf, readLine, siblingsOf } from './cursor-path.ts'
import { childOf, nodeAt, resolved, typeWords } from './schema-walk.ts'

type Found = { from: number; options: CodeOption[] }

/** What could stand at the cursor: fields that are not there yet, or the values of a field that has few. Pure. */
export function complete(schema: ObjectSchema, text: string, position: number): Found | null {
  const lines = text.split('\n')
  const index = text.slice(0, position).split('\n').length - 1
  const start = text.lastIndexOf('\n', position - 1) + 1
  const before = text.slice(start, position)
  const line = readLine(before)
  if (line.key !== null && /\s$/.test(before.slice(0, line.valueColumn)))
    return values(schema, { lines, index, column: line.column, key: line.key }, start + line.valueColumn)
  const typed = before.slice(line.column)
  if (!/^[\w./-]*$/.test(typed)) return null
  return fields(schema, { lines, index, column: line.column }, start + line.column, line.dashes.length > 0)
}

type At = { lines: string[]; index: number; column: number }

function fields(schema: ObjectSchema, at: At, from: number, isItem: boolean): Found | null {
  const node = nodeAt(schema, containerOf(at.lines, at.index, at.column))
  if (node === null) return null
  // Below a key that wants a list, each item begins with its dash.
  const [inner, lead] = node.items && !isItem ? [resolved(schema, node.items), '- '] : [node, '']
  if (inner.enum && isItem)
    return { from, options: inner.enum.map((value) => ({ label: String(value), insert: String(value) })) }
  const present = siblingsOf(at.lines, at.index, at.column)
  const indent = ' '.repeat(at.column + lead.length)
  const options = Object.entries(inner.properties ?? {})
    .filter(([name]) => !present.has(name))
    .map(([name, property]) => option(schema, name, resolved(schema, property), indent, lead))
  const required = new Set(inner.required ?? [])
  return { from, options: options.sort((one, other) => rank(required, one.label) - rank(required, other.label)) }
}

const rank = (required: ReadonlySet<string>, name: string) => (required.has(name) ? 0 : 1)

function option(schema: ObjectSchema, name: string, node: SchemaNode, indent: string, lead: string): CodeOption {
  const hasFields = node.properties !== undefined || node.additionalProperties !== undefined
  const tail = node.items ? `\n${indent}  - ` : hasFields ? `\n${indent}  ` : ' '
  return {
    label: name,
    detail: typeWords(schema, node),
    ...(node.description ? { info: node.description } : {}),
    insert: `${lead}${name}:${tail}`,
  }
}

function values(schema: ObjectSchema, at: At & { key: string }, from: number): Found | null {
  const parent = nodeAt(schema, containerOf(at.lines, at.index, at.column))
  const node = parent === null ? null : childOf(schema, parent, at.key)
  const known = node?.enum ?? (node?.type === 'boolean' ? [true, false] : [])
  return known.length === 0
    ? null
    : { from, options: known.map((value) => ({ label: String(value), insert: String(value) })) }
}

/** What the field under the pointer is for. */
export function hint(
  schema: ObjectSchema,
  text: string,
  position: number,
): { from: number; to: number; title: string; text: string } | null {
  const start = text.lastIndexOf('\n', position - 1) + 1
  const end = text.indexOf('\n', position)
  const line = readLine(text.slice(start, end < 0 ? text.length : end))
  const from = start + line.column
  if (line.key === null || position < from || position > from + line.key.length) return null
  const lines = text.split('\n')
  const index = text.slice(0, start).split('\n').length - 1
  const parent = nodeAt(schema, containerOf(lines, index, line.column))
  const node = parent === null ? null : childOf(schema, parent, line.key)
  if (parent === null || node === null) return null
  const isRequired = parent.required?.includes(line.key) ?? false
  return {
    from,
    to: from + line.key.length,
    title: `${line.key}: ${typeWords(schema, node)}${isRequired ? ', required' : ''}`,
    text: node.description ?? '',
  }
}
