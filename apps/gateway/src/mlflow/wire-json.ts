import { invalid } from '@keelson/core/experiments'

/** Bare `NaN` and `Infinity`, which Python writes and JSON does not know, become the texts that protobuf takes for them. */
const bare = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g

/** The JSON object of a body; `{}` for an empty one. Old clients send the object as a JSON text once more: read too. */
export function parseBody(body: Buffer): object {
  const text = body.toString('utf8')
  if (text.trim() === '') return {}
  const once = parse(text)
  const value = typeof once === 'string' ? parse(once) : once
  if (value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) throw invalid('The body must be a JSON object.')
  return value
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON as it stands; perhaps only for its numbers.
  }
  try {
    return JSON.parse(text.replace(bare, (found) => (found.startsWith('"') ? found : `"${found}"`)))
  } catch (cause) {
    throw invalid(`The body is not JSON: ${cause instanceof Error ? cause.message : 'unreadable'}`)
  }
}

/** What protobuf's JSON leaves out: absent fields and empty lists. */
export function compact<T extends Record<string, unknown>>(fields: T): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) => value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0),
    ),
  )
}

/** A double as protobuf's JSON writes it. */
export function wireNumber(value: number): number | string {
  if (Number.isFinite(value)) return value
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
}
