/**
 * Where in an object a line of text is, by indentation alone: while somebody types, the text is seldom valid YAML. Only block style is
 * understood; in `{ flow: style }` there is no help. Items of a list are all alike to a schema, so each is item 0. Pure.
 */
import type { FieldPath } from './schema-walk.ts'

export type Line = {
  /** Columns of the `-` of list items that begin on this line. */
  dashes: number[]
  /** Where what is behind them begins. */
  column: number
  key: string | null
  /** Where the value begins, or would. */
  valueColumn: number
  value: string
  isBlank: boolean
}

const keyed = /^(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s'"{}[\]#&*!|>%@`,?-][^#]*?|-[^\s#][^#]*?))\s*:(?=\s|$)/

export function readLine(text: string): Line {
  let column = text.length - text.trimStart().length
  const dashes: number[] = []
  while (text[column] === '-' && (text[column + 1] === ' ' || column + 1 === text.length)) {
    dashes.push(column)
    column += 1
    while (text[column] === ' ') column += 1
  }
  const rest = text.slice(column)
  const found = keyed.exec(rest)
  const afterKey = found ? column + found[0].length : column
  const value = text.slice(afterKey)
  return {
    dashes,
    column,
    key: found ? (found[1] ?? found[2] ?? found[3] ?? '') : null,
    valueColumn: afterKey + (value.length - value.trimStart().length),
    value: value.trim(),
    isBlank: dashes.length === 0 && (rest.trim() === '' || rest.startsWith('#')),
  }
}

/** The path of the mapping (or list) that something at `column` of line `index` is in. */
export function containerOf(lines: readonly string[], index: number, column: number): FieldPath {
  const path: (string | number)[] = []
  let edge = column
  let isItem = false
  const takeDashes = (dashes: readonly number[]) => {
    for (const dash of [...dashes].reverse()) {
      if (dash >= edge) continue
      path.unshift(0)
      edge = dash
      isItem = true
    }
  }
  takeDashes(readLine(lines[index] ?? '').dashes)
  for (let above = index - 1; above >= 0 && (edge > 0 || isItem); above -= 1) {
    const line = readLine(lines[above] ?? '')
    if (line.isBlank) continue
    // A list may stand at the column of its own key: `containers:` and below it `- name: …`.
    const isParent =
      line.key !== null && (line.column < edge || (isItem && line.column === edge && line.dashes.length === 0))
    if (isParent && line.key !== null) {
      path.unshift(line.key)
      edge = line.column
      isItem = false
    }
    takeDashes(line.dashes)
  }
  return path
}

/** The keys that stand beside something at `column` of line `index`, in the same mapping. */
export function siblingsOf(lines: readonly string[], index: number, column: number): Set<string> {
  const keys = new Set<string>()
  const look = (from: number, step: 1 | -1) => {
    for (let at = from; at >= 0 && at < lines.length; at += step) {
      const line = readLine(lines[at] ?? '')
      if (line.isBlank) continue
      const first = line.dashes[0] ?? line.column
      const startsItem = line.dashes.some((dash) => dash < column)
      if (step === 1 && startsItem) return
      if (line.column === column && line.key !== null) keys.add(line.key)
      if (first < column) return
    }
  }
  const own = readLine(lines[index] ?? '')
  if (own.dashes.length === 0) look(index - 1, -1)
  look(index + 1, 1)
  return keys
}
