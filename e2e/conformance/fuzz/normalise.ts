/**
 * Answers without what no two servers share (ids, versions, times, random names), and without the differences that are allowed.
 * What is allowed is also in docs/compat.md, for people.
 */
import type { Answer, Json } from '../cluster.ts'
import type { Step } from './steps.ts'

const hidden = new Set([
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'deletionTimestamp',
  'time',
  'continue',
  'remainingItemCount',
])
const addresses = new Set(['clusterIP', 'clusterIPs'])

function plainText(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<time>')
    .replaceAll(/("resourceVersion\\*":\\*"|record \(|precondition \()\d+/g, '$1<version>')
    .replaceAll(/\b(kube-api-access-|[gG]en-?)[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '$1<random>')
    .replaceAll(/\b10\.(?:96|160)\.\d+\.\d+\b/g, '<address>')
}

/** Without what no two servers share: ids, versions, times, and the order of keys. */
export function normalise(value: Json): Json {
  if (typeof value === 'string') return plainText(value)
  if (Array.isArray(value)) return value.map(normalise)
  if (typeof value !== 'object' || value === null) return value
  if (value.kind === 'Table') return table(value)
  // The causes say the rest of it.
  if (value.kind === 'Status' && value.code === 422)
    return normalise({ ...value, kind: 'Status of what is invalid', message: value.message.split(' is invalid: ')[0] })
  const entries = Object.keys(value)
    .sort()
    .map((key) => [plainText(key), field(key, value[key])])
  return Object.fromEntries(entries)
}

function field(key: string, value: Json): Json {
  if (hidden.has(key) && value !== null && typeof value !== 'object') return `<${key}>`
  if (addresses.has(key) && JSON.stringify(value) !== '"None"' && JSON.stringify(value) !== '["None"]')
    return `<${key}>`
  if (key === 'causes') return causes(value)
  return key === 'managedFields' ? managers(value) : normalise(value)
}

/** A real server tells a fault as often as it comes upon it, and those of custom resources in the order of Go's maps. */
function causes(list: Json): Json {
  // Those of one manager are in order; the managers come in the order of a Go map.
  if (list.some((cause: Json) => cause.reason === 'FieldManagerConflict'))
    return normalise([...list].sort((a, b) => (a.message < b.message ? -1 : a.message > b.message ? 1 : 0)))
  // After a refused change some kinds print the difference of two Go structs.
  // A patch that makes no object prints the outcome as Go's patching left it, or the patch, and in its own words why.
  const told = list.map((cause: Json) =>
    cause.field === 'patch' ? { ...cause, message: '' } : { ...cause, message: String(cause.message).split('\n@@')[0] },
  )
  const texts: string[] = told.map((cause: Json) => JSON.stringify(normalise(cause)))
  return [...new Set(texts)].sort().map((text) => JSON.parse(text))
}

/** The ages of rows pass while one looks. */
function table(value: Json): Json {
  const ages = (value.columnDefinitions ?? []).map((column: Json) => column.name === 'Age')
  const rows = (value.rows ?? []).map((row: Json) => ({
    ...row,
    cells: row.cells.map((cell: Json, index: number) => (ages[index] ? '<age>' : cell)),
  }))
  // A real server has the texts of the fields there (docs/compat.md).
  const columnDefinitions = (value.columnDefinitions ?? []).map(({ description: _, ...column }: Json) => column)
  return normalise({ ...value, kind: 'Table of rows', columnDefinitions, rows })
}

/** Entries are ordered by time: two servers may disagree when a second passes between two writes. */
function managers(list: Json): Json {
  if (!Array.isArray(list)) return list
  const key = (entry: Json) => `${entry.operation} ${entry.manager} ${entry.subresource ?? ''}`
  // A real server leaves the time of an Apply away that changed nothing.
  return list.map(({ time: _, ...entry }) => normalise(entry)).sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

export type Seen = { status: number; warning: Json; type: Json; body: Json }

/** A difference that stays, with its reason; `docs/compat.md` has a row for each. */
type Allowance = { reason: string; allows(step: Step, kubelite: Seen, real: Seen): boolean }

const startsAlike = (kubelite: Seen, real: Seen, start: string) =>
  String(kubelite.body?.message).startsWith(start) && String(real.body?.message).startsWith(start)
const isRefusal = ({ status }: Seen) => status >= 400 && status < 500

export const allowances: readonly Allowance[] = [
  {
    reason: 'what is the fault of the caller is a 4xx, never a 500',
    allows: (_, kubelite, real) =>
      real.status === 500 &&
      isRefusal(kubelite) &&
      /failed to convert new object|resourceVersion/.test(String(real.body.message)),
  },
  {
    reason: 'a real server takes a status of a Service that is not there for a new Service, and says what that lacks',
    allows: ({ kind, subresource }, kubelite, real) =>
      kind === 'services' && subresource === 'status' && kubelite.status === 404 && real.status === 422,
  },
  {
    reason: 'a Service without a name: a real server allocates first and says that the allocation has no owner',
    allows: ({ kind, op }, kubelite, real) =>
      kind === 'services' && op === 'bad' && kubelite.status === 422 && real.status === 422,
  },
  {
    reason: 'an applied configuration that does not fit its schema: which of several faults the library tells',
    allows: (_, kubelite, real) => startsAlike(kubelite, real, 'failed to create typed patch object'),
  },
  {
    reason:
      'a Scale that does not decode: a real server says that it does not know Scale before it looks for the object',
    allows: ({ subresource }, kubelite, real) => subresource === 'scale' && isRefusal(kubelite) && real.status === 400,
  },
]

/** Whether the answers are the same, or may differ as they do. */
export function sameAnswers(step: Step, kubelite: Seen, real: Seen): boolean {
  return (
    JSON.stringify(kubelite) === JSON.stringify(real) ||
    allowances.some((allowance) => allowance.allows(step, kubelite, real))
  )
}

export function seenOf(answer: Answer): Seen {
  return {
    status: answer.status,
    warning: normalise(answer.headers.warning ?? null),
    type: answer.headers['content-type'] ?? null,
    body: normalise(answer.body),
  }
}
