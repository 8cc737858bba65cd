/** What differs between two objects, and how one person's changes go onto another's. Pure. */
import { isDeepStrictEqual } from 'node:util'

export type Change = { path: string; before?: unknown; after?: unknown }
type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
const fieldOf = (fields: Fields, key: string): unknown => (Object.hasOwn(fields, key) ? fields[key] : undefined)

/** A key as Kubernetes writes it in a path: `data[app.conf]` where it is no plain word. */
export function pathOf(parent: string, key: string | number): string {
  if (typeof key === 'number' || !/^[\w-]+$/.test(key)) return `${parent}[${key}]`
  return parent === '' ? key : `${parent}.${key}`
}

/** The innermost places where two values differ; lists are compared place by place. */
export function changesOf(before: unknown, after: unknown, path = ''): Change[] {
  if (isDeepStrictEqual(before, after)) return []
  if (isFields(before) && isFields(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)])
    return [...keys].flatMap((key) => changesOf(fieldOf(before, key), fieldOf(after, key), pathOf(path, key)))
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    return before.flatMap((item, index) => changesOf(item, after[index], pathOf(path, index)))
  return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }]
}

/**
 * What `mine` made of `base`, done to `theirs`. Lists are merged place by place where all three are of one length, and are one
 * value otherwise. Where both changed the same to different values, mine stays and the place is named in `clashes`.
 */
export function merge(base: unknown, mine: unknown, theirs: unknown): { value: unknown; clashes: string[] } {
  const clashes: string[] = []
  return { value: mergeAt('', base, mine, theirs, clashes), clashes }
}

function mergeAt(path: string, base: unknown, mine: unknown, theirs: unknown, clashes: string[]): unknown {
  if (isDeepStrictEqual(mine, theirs) || isDeepStrictEqual(base, theirs)) return mine
  if (isDeepStrictEqual(base, mine)) return theirs
  if (isFields(mine) && isFields(theirs)) {
    const old = isFields(base) ? base : {}
    const keys = new Set([...Object.keys(theirs), ...Object.keys(mine)])
    const entries = [...keys].map((key): [string, unknown] => [
      key,
      mergeAt(pathOf(path, key), fieldOf(old, key), fieldOf(mine, key), fieldOf(theirs, key), clashes),
    ])
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
  }
  if (Array.isArray(base) && Array.isArray(mine) && Array.isArray(theirs)) {
    if (base.length === mine.length && mine.length === theirs.length)
      return mine.map((item, index) => mergeAt(pathOf(path, index), base[index], item, theirs[index], clashes))
  }
  clashes.push(path)
  return mine
}
