/**
 * Numbers that training code writes into its log: JSON lines (`{"step": 3, "loss": 0.2}`) and Katib's `name=value` (its
 * default filter, StdOut collector). Anything else on the line is left alone.
 */

/** The numbers of one line. `step` is what the line calls step, epoch or iteration. */
export type MetricLine = { step: number | null; values: ReadonlyMap<string, number> }

const longestLine = 10_000
const mostValues = 50
const number = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?`
// A name begins with a letter, so that `3=4` and `a==b` are none; the value ends at a space, comma, % or the like.
const pair = new RegExp(String.raw`(?<![\w.=/?&-])([A-Za-z][\w./|-]{0,99})\s?=\s?(${number})(%?)(?=$|[\s,;)\]}|])`, 'g')
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

/** How far a job is, from 0 to 100: `progress=40%`, or `progress=0.4`, which is a share. */
export function progressOf(text: string): number | null {
  const percent = new RegExp(String.raw`(?<![\w-])progress["']?\s?[=:]\s?(${number})\s?(%?)`, 'i').exec(text)
  if (!percent) return null
  const value = Number(percent[1]) * (percent[2] === '%' || Number(percent[1]) > 1 ? 1 : 100)
  return value >= 0 && value <= 100 ? value : null
}

function fromJson(text: string): Map<string, number> {
  try {
    const parsed: unknown = JSON.parse(text)
    if (parsed === null || typeof parsed !== 'object') return new Map()
    return new Map(
      Object.entries(parsed).flatMap(([key, value]) =>
        typeof value === 'number' && Number.isFinite(value) ? [[key.slice(0, 100), value]] : [],
      ),
    )
  } catch {
    return new Map()
  }
}

function fromPairs(text: string): Map<string, number> {
  return new Map([...text.matchAll(pair)].map(([, name = '', value]) => [name, Number(value)]))
}
