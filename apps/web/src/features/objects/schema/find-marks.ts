/** What is wrong with a text before the server is asked: no YAML, unknown fields, wrong types, missing fields. Pure. */
import type { ObjectSchema, SchemaNode } from '@keelson/contracts/objects'
import type { CodeMark } from '@keelson/ui/code-editor'
import { isAlias, isMap, isScalar, isSeq, type Pair, type Scalar, type YAMLMap } from 'yaml'
import { childOf, resolved, rootOf, typeWords } from './schema-walk.ts'
import { keyOf, readDocuments, spanOf } from './yaml-text.ts'

const most = 200

export function findMarks(text: string, schema: ObjectSchema | null): CodeMark[] {
  const documents = readDocuments(text)
  const [document, second] = documents
  if (!document) return []
  if (second) {
    const at = second.range?.[0] ?? 0
    return [
      {
        from: at,
        to: at + 3,
        severity: 'error',
        message: 'One object is written at a time: this is a second document.',
      },
    ]
  }
  const marks: CodeMark[] = document.errors.map(({ pos, message }) => ({
    from: pos[0],
    to: Math.max(pos[1], pos[0] + 1),
    severity: 'error',
    message,
  }))
  const root = schema === null ? null : rootOf(schema)
  if (schema !== null && root !== null && marks.length === 0) check(document.contents, root, { schema, marks }, null)
  return marks.slice(0, most)
}

type Look = { schema: ObjectSchema; marks: CodeMark[] }

function check(value: unknown, node: SchemaNode, look: Look, key: unknown): void {
  if (look.marks.length >= most || isAlias(value)) return
  if (value === null || (isScalar(value) && value.value === null)) return
  const fault = faultOf(value, node, look.schema)
  if (fault !== null) {
    note(look, value, 'error', fault, key)
    return
  }
  if (isMap(value)) checkFields(value, node, look, key)
  if (isSeq(value) && node.items) {
    const items = resolved(look.schema, node.items)
    for (const item of value.items) check(item, items, look, key)
  }
}

function checkFields(value: YAMLMap, node: SchemaNode, look: Look, key: unknown): void {
  const isClosed = !node.open && !node.additionalProperties && node.properties !== undefined
  for (const pair of value.items as Pair[]) {
    const name = keyOf(pair)
    if (name === '<<') continue
    const child = childOf(look.schema, node, name)
    if (child !== null) check(pair.value, child, look, pair.key)
    else if (isClosed) note(look, pair.key, 'error', unknownField(name, Object.keys(node.properties ?? {})), key)
  }
  const present = new Set(value.items.map((pair) => keyOf(pair as Pair)))
  // A merged mapping may bring what is missing.
  if (present.has('<<')) return
  const missing = (node.required ?? []).filter((name) => !present.has(name))
  if (missing.length > 0)
    note(look, key ?? (value.items[0] as Pair | undefined)?.key, 'warning', `Missing: ${missing.join(', ')}.`, null)
}

function note(look: Look, at: unknown, severity: CodeMark['severity'], message: string, otherwise: unknown): void {
  const span = spanOf(at) ?? spanOf(otherwise) ?? { from: 0, to: 1 }
  look.marks.push({ ...span, severity, message })
}

/** What a value has of the wrong type, in words; null where all is well. */
function faultOf(value: unknown, node: SchemaNode, schema: ObjectSchema): string | null {
  const wanted = () => `Expected ${typeWords(schema, node)}`
  if (isMap(value)) return node.type === undefined || node.type === 'object' ? null : `${wanted()}, found a mapping.`
  if (isSeq(value)) return node.type === undefined || node.type === 'array' ? null : `${wanted()}, found a list.`
  if (!isScalar(value)) return null
  return scalarFault(value, node, wanted)
}

function scalarFault({ value }: Scalar, node: SchemaNode, wanted: () => string): string | null {
  if (node.enum && node.enum.length > 0 && !node.enum.some((each) => each === value))
    return `${wanted()}, found ${JSON.stringify(value)}.`
  if (node.intOrString) return typeof value === 'boolean' ? `${wanted()}, found ${String(value)}.` : null
  switch (node.type) {
    case 'string':
      return typeof value === 'string' ? null : `Expected a string: put ${String(value)} in quotes.`
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value) ? null : 'Expected a whole number.'
    case 'number':
      return typeof value === 'number' ? null : 'Expected a number.'
    case 'boolean':
      return typeof value === 'boolean' ? null : 'Expected true or false.'
    case 'object':
      return node.open && !node.properties ? null : 'Expected a mapping with fields.'
    case 'array':
      return 'Expected a list.'
    default:
      return null
  }
}

function unknownField(name: string, known: readonly string[]): string {
  const near = known
    .map((each) => ({ each, distance: distance(name.toLowerCase(), each.toLowerCase()) }))
    .filter(({ distance: steps }) => steps <= Math.max(1, Math.floor(name.length / 3)))
    .sort((one, other) => one.distance - other.distance)[0]
  return `There is no field ${name} here.${near ? ` Did you mean ${near.each}?` : ''}`
}

/** Levenshtein's: how many letters must be put in, taken out or changed. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= other.length; j += 1) {
      const changed = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[other.length] ?? 0
}
