/** The text as YAML with the place of everything in it. The same dialect as the platform's own reader: 1.1, as kubectl reads it. */
import { type Document, isMap, isScalar, isSeq, type Node, type Pair, parseAllDocuments, type Tags } from 'yaml'
import type { FieldPath } from './schema-walk.ts'

const dialect = {
  version: '1.1',
  customTags: (tags: Tags): Tags =>
    tags.filter((tag) => typeof tag === 'string' || (!/:(timestamp|binary)$/.test(tag.tag) && tag.format !== 'TIME')),
  logLevel: 'silent',
  prettyErrors: false,
} as const

export type Span = { from: number; to: number }

/** The documents of a text that hold anything, or faults. */
export function readDocuments(text: string): Document[] {
  const documents = parseAllDocuments(text, dialect)
  if (!Array.isArray(documents)) return []
  return documents.filter(
    (each) =>
      each.errors.length > 0 || !(each.contents === null || (isScalar(each.contents) && each.contents.value === null)),
  )
}

export function spanOf(node: unknown): Span | null {
  const range = (node as Node | null | undefined)?.range
  return range ? { from: range[0], to: Math.max(range[1], range[0]) } : null
}

export function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key)
}

/** `spec.containers[0].image`, `data[app.conf]`: a path as the API server writes it. */
export function parsePath(path: string): FieldPath {
  const keys: (string | number)[] = []
  for (const [, name, inner] of path.matchAll(/([^.[\]]+)|\[([^\]]*)\]/g)) {
    if (name !== undefined) keys.push(name)
    else if (inner !== undefined) keys.push(/^\d+$/.test(inner) ? Number(inner) : inner)
  }
  return keys
}

/** Where a field stands in the text: its key, or the nearest key above it that is there. */
export function placeOf(text: string, path: FieldPath): Span {
  const [document] = readDocuments(text)
  let node: unknown = document?.contents
  let place: Span = { from: 0, to: 0 }
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((each) => keyOf(each) === String(key))
      if (!pair) return place
      place = spanOf(pair.key) ?? place
      node = pair.value
    } else if (isSeq(node) && typeof key === 'number') {
      const item = node.items[key]
      if (item === undefined) return place
      place = spanOf(isMap(item) ? item.items[0]?.key : item) ?? place
      node = item
    } else return place
  }
  return place
}

export function lineOf(text: string, position: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < position; at = text.indexOf('\n', at + 1)) line += 1
  return line
}
