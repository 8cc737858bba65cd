/**
 * Numbers that training code writes into its log: JSON lines (`{"step": 3, "loss": 0.2}`) and Katib's `name=value` (its
 * default filter, StdOut collector). Anything else on the line is left alone. A line is walked once, from `=` to `=`, and no
 * pattern sees more than a number's worth of it: what a program writes cannot make the reader slow.
 */

/** The numbers of one line. `step` is what the line calls step, epoch or iteration. */
export type MetricLine = { step: number | null; values: ReadonlyMap<string, number> }

const longestLine = 10_000
const longestName = 100
const longestNumber = 40
const mostValues = 50
const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const nameLetters = /^[\w./|-]$/
const numberLetters = /^[\d.eE+-]$/
/** A value ends here, or at the end of the line; `3.5.1` and `3px` are no numbers. */
const afterValue = /^[\s,;)\]}|]$/
/** Names of JSON lines; they stand in titles and in a database that takes no NUL. */
const jsonName = /^[A-Za-z_][\w ./|:@-]{0,99}$/
const stepNames: readonly string[] = ['step', 'global_step', 'epoch', 'iteration', 'iter']

/** Null where the line has no number of that form. */
export function metricsOfLine(text: string): MetricLine | null {
  if (text.length > longestLine) return null
  const found = text.trimStart().startsWith('{') ? fromJson(text) : fromPairs(text)
  const name = stepNames.find((each) => found.has(each))
  const step = name === undefined ? null : (found.get(name) ?? null)
  const values = new Map([...found].filter(([key]) => !stepNames.includes(key)).slice(0, mostValues))
  return values.size === 0 ? null : { step, values }
}

/** How far a job is, from 0 to 100: `progress=40%`, `progress: 75`, or `progress=0.4`, which is a share. */
export function progressOf(text: string): number | null {
  const line = text.slice(0, longestLine)
  const lower = line.toLowerCase()
  for (let at = lower.indexOf('progress'); at !== -1; at = lower.indexOf('progress', at + 1)) {
    const percent = percentAt(line, at)
    if (percent !== null) return percent
  }
  return null
}

function percentAt(line: string, at: number): number | null {
  if (/^[\w-]$/.test(line.charAt(at - 1))) return null
  let position = at + 'progress'.length
  if (/^["']$/.test(line.charAt(position))) position += 1
  if (line.charAt(position) === ' ') position += 1
  if (!/^[=:]$/.test(line.charAt(position))) return null
  const found = numberAt(line, position + 1)
  if (!found) return null
  const value = found.value * (line.charAt(found.end) === '%' || found.value > 1 ? 1 : 100)
  return value >= 0 && value <= 100 ? value : null
}

function fromJson(text: string): Map<string, number> {
  try {
    const parsed: unknown = JSON.parse(text)
    if (parsed === null || typeof parsed !== 'object') return new Map()
    return new Map(
      Object.entries(parsed).flatMap(([key, value]) =>
        typeof value === 'number' && Number.isFinite(value) && jsonName.test(key) ? [[key, value]] : [],
      ),
    )
  } catch {
    return new Map()
  }
}

function fromPairs(text: string): Map<string, number> {
  const found = new Map<string, number>()
  for (let at = text.indexOf('='); at !== -1; at = text.indexOf('=', at + 1)) {
    const name = nameBefore(text, at)
    const value = name === null ? null : numberAt(text, at + 1)
    if (name === null || value === null) continue
    const next = text.charAt(text.charAt(value.end) === '%' ? value.end + 1 : value.end)
    if (next === '' || afterValue.test(next)) found.set(name, value.value)
  }
  return found
}

/** The name that ends before `end`; it begins with a letter, and is neither part of a longer word nor of an address. */
function nameBefore(text: string, end: number): string | null {
  const last = text.charAt(end - 1) === ' ' ? end - 1 : end
  let first = last
  while (first > 0 && last - first <= longestName && nameLetters.test(text.charAt(first - 1))) first -= 1
  const name = text.slice(first, last)
  const isName = name.length <= longestName && /^[A-Za-z]/.test(name) && !/^[=?&]$/.test(text.charAt(first - 1))
  return isName ? name : null
}

function numberAt(text: string, from: number): { value: number; end: number } | null {
  const first = text.charAt(from) === ' ' ? from + 1 : from
  let end = first
  while (end - first <= longestNumber && numberLetters.test(text.charAt(end))) end += 1
  const digits = text.slice(first, end)
  const value = digits.length <= longestNumber && number.test(digits) ? Number(digits) : Number.NaN
  return Number.isFinite(value) ? { value, end } : null
}
