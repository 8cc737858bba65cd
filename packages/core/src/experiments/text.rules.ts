/** Text as Python prints it: MLflow's messages carry values in these two forms, and clients' tests match them. */

/** `json.dumps(value, sort_keys=True, separators=(',', ':'))`: keys in order, ASCII only. */
export function pythonJson(value: unknown): string {
  return JSON.stringify(sorted(value)).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}

/** `repr(text)`: single quotes, double ones where the text has single quotes only. */
export function pythonRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/\r/g, '\\r').replace(/\t/g, '\\t')
  return quote + (quote === "'" ? escaped.replace(/'/g, "\\'") : escaped) + quote
}

/** `posixpath.normpath(path)`. */
export function normPath(path: string): string {
  if (path === '') return '.'
  const slashes = path.startsWith('/') ? (path.startsWith('//') && !path.startsWith('///') ? '//' : '/') : ''
  const kept: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..' || (slashes === '' && kept.length === 0) || kept.at(-1) === '..') kept.push(part)
    else kept.pop()
  }
  return slashes + kept.join('/') || '.'
}

/** The first `limit` characters, as Python counts them (code points). */
export function cut(text: string, limit: number): string {
  return text.length <= limit ? text : [...text].slice(0, limit).join('')
}

/** Code points, as Python's `len`. */
export function lengthOf(text: string): number {
  let length = 0
  for (const _ of text) length += 1
  return length
}
