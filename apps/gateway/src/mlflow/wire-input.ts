/**
 * Reads the input of a call as MLflow's server does (`_get_request_message` and `_validate_param_against_schema` in
 * `server/handlers.py`): types before anything else, in the order of the schema, in its own words. Unknown fields are
 * ignored; numbers may come as text; `null` is absent. Unlike the peer, a wrong type deep inside is refused too, not dropped.
 */
import { invalid, pythonJson } from '@keelson/core/experiments'

export type Field<T> = { readonly required: boolean; read(value: unknown, path: string): T }
export type Shape = Readonly<Record<string, Field<unknown>>>
type Value<F> = F extends Field<infer T> ? T : never
/** Required fields are there; the others may be undefined. */
export type InputOf<S extends Shape> = {
  [K in keyof S]: S[K]['required'] extends true ? Value<S[K]> : Value<S[K]> | undefined
}
type Required<T> = Field<T> & { readonly required: true }

const seeDocs = ' See the API docs for more information about request parameters.'

function wrongType(value: unknown, path: string): Error {
  return invalid(
    `Invalid value ${pythonJson(value)} for parameter '${path}' supplied:  Hint: Value was of type '${pythonType(value)}'.${seeDocs}`,
    path,
  )
}

export function missing(path: string): Error {
  return invalid(`Missing value for required parameter '${path}'.${seeDocs}`, path)
}

function pythonType(value: unknown): string {
  if (value === null) return 'NoneType'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'string') return 'str'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  return 'dict'
}

function field<T>(read: (value: unknown, path: string) => T): Field<T> & { readonly required: false } {
  return { required: false, read }
}

export function required<T>(inner: Field<T>): Required<T> {
  return { required: true, read: inner.read }
}

export const text = field((value, path): string => {
  if (typeof value !== 'string') throw wrongType(value, path)
  // Postgres cannot keep it, and no name or value needs it.
  if (value.includes('\0')) throw wrongType(value, path)
  return value
})

/** int64 and int32: whole numbers, or text of one. */
export const int = field((value, path): number => {
  const number = typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number) || Math.abs(number) >= 2 ** 63)
    throw wrongType(value, path)
  return number
})

const doubleText = /^\s*[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?)\s*$/
const specials: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
}

export const double = field((value, path): number => {
  if (typeof value === 'number') return value
  if (typeof value === 'string') {
    const special = specials[value]
    if (special !== undefined) return special
    if (doubleText.test(value)) return Number(value)
  }
  throw wrongType(value, path)
})

export const bool = field((value, path): boolean => {
  if (value === 'true' || value === 'false') return value === 'true'
  if (typeof value !== 'boolean') throw wrongType(value, path)
  return value
})

/** A protobuf enum: its name or its number. */
export function choice<const T extends string>(
  numbers: Readonly<Record<T, number>>,
): Field<T> & { readonly required: false } {
  const names = Object.keys(numbers) as T[]
  return field((value, path) => {
    const found = names.find((name) => name === value || numbers[name] === value || String(numbers[name]) === value)
    if (found === undefined) throw wrongType(value, path)
    return found
  })
}

export function list<T>(item: Field<T>): Field<T[]> & { readonly required: false } {
  return field((value, path) => {
    if (!Array.isArray(value)) throw wrongType(value, path)
    return value.map((entry, index) => {
      if (entry === null || entry === undefined) throw wrongType(null, `${path}[${index}]`)
      return item.read(entry, `${path}[${index}]`)
    })
  })
}

/** A list of texts; a wrong entry is told with the whole list, as the peer does. */
export const texts = field((value, path): string[] => {
  if (!Array.isArray(value) || value.some((entry) => typeof entry !== 'string' || entry.includes('\0')))
    throw wrongType(value, path)
  return value as string[]
})

/** A whole number up to `most`. */
export function intUpTo(most: number): Field<number> & { readonly required: false } {
  return field((value, path) => {
    const number = int.read(value, path)
    if (number > most) throw wrongType(value, path)
    return number
  })
}

export function object<S extends Shape>(shape: S): Field<InputOf<S>> & { readonly required: false } {
  return field((value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(value, path)
    return readShape(shape, value, `${path}.`)
  })
}

/** A tag, parameter and the like. An absent value is the empty one, as in protobuf. */
export const pair = object({ key: required(text), value: text })

function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** Reads all fields; `aliases` are other names of a field (`run_uuid` for `run_id`). */
export function readShape<S extends Shape>(
  shape: S,
  raw: object,
  prefix = '',
  aliases: Readonly<Record<string, string>> = {},
): InputOf<S> {
  const given = new Map(Object.entries(raw))
  const result: Record<string, unknown> = {}
  for (const [name, entry] of Object.entries(shape)) {
    const other = camel(name)
    if (other !== name && given.has(name) && given.has(other))
      throw invalid(`Request specifies both '${name}' and '${other}'; provide only one of them.`, name)
    const value = given.get(name) ?? given.get(other) ?? given.get(aliases[name] ?? name)
    if (entry.required && (value === undefined || value === null || value === '')) throw missing(`${prefix}${name}`)
    result[name] = value === undefined || value === null ? undefined : entry.read(value, `${prefix}${name}`)
  }
  return result as InputOf<S>
}

/** Repeated keys become lists where the field is one (known by how it reads), else the first counts. */
export function queryToObject(query: URLSearchParams, listFields: ReadonlySet<string>): object {
  const result: Record<string, unknown> = {}
  for (const name of new Set(query.keys())) {
    const bare = name.endsWith('[]') ? name.slice(0, -2) : name
    if (listFields.has(bare)) result[bare] = query.getAll(name)
    else result[name] = query.get(name)
  }
  return result
}
