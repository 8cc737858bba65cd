/**
 * MLflow's search grammar: comparisons joined by AND, the same for every surface (runs, experiments, models, versions,
 * logged models) with its own key set. What is refused, and in which words, follows `mlflow/utils/search_utils.py`. Pure.
 */
import { type Token, tokenize } from './filter-tokens.rules.ts'
import { pythonRepr } from './text.rules.ts'
import { invalid } from './tracking.rules.ts'

export type EntityType = 'metric' | 'parameter' | 'tag' | 'attribute' | 'dataset'
export type Comparator =
  | '='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'LIKE'
  | 'ILIKE'
  | 'IN'
  | 'NOT IN'
  | 'IS NULL'
  | 'IS NOT NULL'

/** `value` fits the comparator: a list for IN, null for IS NULL, a number for metrics and numeric attributes. */
export type Clause = { type: EntityType; key: string; comparator: Comparator; value: string | number | string[] | null }
export type Ordering = { type: EntityType; key: string; ascending: boolean }

/** The key set of one surface. */
export type SearchSurface = {
  /** What may stand before the dot, and what it means. */
  entities: Readonly<Record<string, EntityType>>
  /** Attributes that a filter may name: how they compare, and whether IN takes a list of them. */
  attributes: Readonly<Record<string, { numeric: boolean; list: boolean; comparators?: readonly Comparator[] }>>
  /** Attributes that an order may name. */
  orderable: readonly string[]
  /** Other spellings of attributes. */
  aliases?: Readonly<Record<string, string>>
  /** Types that IS [NOT] NULL is for; none when absent. */
  nullable?: readonly EntityType[]
}

const numericComparators: readonly Comparator[] = ['>', '>=', '!=', '=', '<', '<=']
const textComparators: readonly Comparator[] = ['!=', '=', 'LIKE', 'ILIKE']
const listComparators: readonly Comparator[] = [...textComparators, 'IN', 'NOT IN']
const nullComparators: readonly Comparator[] = ['IS NULL', 'IS NOT NULL']
const datasetKeys = ['context', 'digest', 'name']
const mostClauses = 100

/** The clauses of a filter, all of which must hold. Empty for an empty filter. */
export function parseFilter(filter: string, surface: SearchSurface): Clause[] {
  if (filter.includes('\0')) throw invalid('Invalid filter: it contains a NUL character.', 'filter')
  const tokens = tokenize(filter)
  if (tokens.at(-1)?.text === ';') tokens.pop()
  if (tokens.some((token) => token.text === ';'))
    throw invalid(
      `Search filter contained multiple expression ${pythonRepr(filter)}. Provide AND-ed expression list.`,
      'filter',
    )
  const clauses: Clause[] = []
  let position = 0
  while (position < tokens.length) {
    if (clauses.length > 0) position = skipAnd(tokens, position)
    const raw = comparisonAt(tokens, position)
    clauses.push(toClause(raw, surface))
    position += raw.length
    if (clauses.length > mostClauses) throw invalid(`A filter may have at most ${mostClauses} comparisons.`, 'filter')
  }
  return clauses
}

function skipAnd(tokens: readonly Token[], position: number): number {
  const token = tokens[position]
  if (token?.kind !== 'word' || token.text.toUpperCase() !== 'AND')
    throw invalidClause(tokens.slice(position, position + 1))
  if (position + 1 >= tokens.length) throw invalidClause([token])
  return position + 1
}

type RawComparison = { name: string; comparator: string; value: Token | null; length: number }

function comparisonAt(tokens: readonly Token[], position: number): RawComparison {
  const [name, second, third, fourth] = tokens.slice(position, position + 4)
  if (name === undefined || name.kind === 'word' || name.kind === 'other' || name.kind === 'list')
    throw invalidClause(tokens.slice(position, position + 1))
  if (name.kind !== 'name') {
    if (second?.kind === 'operator')
      throw invalid(`Invalid comparison clause. Expected 'Identifier' found '${name.text}'`, 'filter')
    throw invalidClause([name])
  }
  const word = (token: Token | undefined) => (token?.kind === 'word' ? token.text.toUpperCase() : '')
  if (word(second) === 'IS' && word(third) === 'NULL')
    return { name: name.text, comparator: 'IS NULL', value: null, length: 3 }
  if (word(second) === 'IS' && word(third) === 'NOT' && word(fourth) === 'NULL')
    return { name: name.text, comparator: 'IS NOT NULL', value: null, length: 4 }
  if (word(second) === 'NOT' && word(third) === 'IN' && fourth?.kind === 'list')
    return { name: name.text, comparator: 'NOT IN', value: fourth, length: 4 }
  if (word(second) === 'IN' && third?.kind === 'list')
    return { name: name.text, comparator: 'IN', value: third, length: 3 }
  const compares = second?.kind === 'operator' || ['LIKE', 'ILIKE', 'RLIKE'].includes(word(second))
  if (
    second !== undefined &&
    compares &&
    third !== undefined &&
    third.kind !== 'word' &&
    third.kind !== 'other' &&
    third.kind !== 'operator'
  )
    return { name: name.text, comparator: second.text.toUpperCase(), value: third, length: 3 }
  throw invalidClause([name, second, third].filter((token) => token !== undefined))
}

function invalidClause(tokens: readonly Token[]): Error {
  return invalid(`Invalid clause(s) in filter string: '${tokens.map((token) => token.text).join("', '")}'`, 'filter')
}

function toClause(raw: RawComparison, surface: SearchSurface): Clause {
  const { type, key } = parseIdentifier(raw.name, surface, Object.keys(surface.attributes))
  if (raw.comparator === 'IS NULL' || raw.comparator === 'IS NOT NULL') {
    if (!(surface.nullable ?? []).includes(type)) {
      const which = (surface.nullable ?? []).map((name) => (name === 'parameter' ? 'params' : `${name}s`)).join(' and ')
      throw invalid(
        `IS NULL / IS NOT NULL is only supported for ${which || 'nothing here'}, not for '${type}' '${key}'`,
        'filter',
      )
    }
    return { type, key, comparator: raw.comparator, value: null }
  }
  if (raw.value === null) throw invalid('Invalid comparison clause', 'filter')
  const value = clauseValue(type, key, raw.value, surface)
  const comparator = checkedComparator(type, key, raw.comparator, surface)
  if (Array.isArray(value) !== (comparator === 'IN' || comparator === 'NOT IN'))
    throw invalid(
      `Invalid comparator '${comparator}' for '${raw.name}': ${Array.isArray(value) ? 'a list needs IN or NOT IN' : 'IN and NOT IN need a list'}.`,
      'filter',
    )
  return { type, key, comparator, value }
}

function checkedComparator(type: EntityType, key: string, text: string, surface: SearchSurface): Comparator {
  const allowed = comparatorsOf(type, key, surface)
  const found = allowed.find((comparator) => comparator === text)
  if (found === undefined)
    throw invalid(`Invalid comparator '${text}' not one of '{${allowed.map(pythonRepr).join(', ')}}'`, 'filter')
  return found
}

function comparatorsOf(type: EntityType, key: string, surface: SearchSurface): readonly Comparator[] {
  if (type === 'metric') return numericComparators
  if (type === 'parameter' || type === 'tag')
    return (surface.nullable ?? []).includes(type) ? [...textComparators, ...nullComparators] : textComparators
  if (type === 'dataset') return listComparators
  const attribute = surface.attributes[key]
  return attribute?.comparators ?? (attribute?.numeric ? numericComparators : listComparators)
}

function parseIdentifier(
  name: string,
  surface: SearchSurface,
  attributes: readonly string[],
): { type: EntityType; key: string } {
  const split = /^(`[^`]*`|[^.`"]*)\.(.*)$/su.exec(name)
  const entity = split?.[1] === undefined ? 'attribute' : unquote(split[1], '`')
  const type = Object.hasOwn(surface.entities, entity) ? surface.entities[entity] : undefined
  if (type === undefined) {
    const valid = [...new Set(Object.values(surface.entities))].map(pythonRepr).join(', ')
    throw invalid(`Invalid entity type '${entity}'. Valid values are [${valid}]`, 'filter')
  }
  const spelled = unquote(unquote(unquote(split?.[2] ?? name, '"'), "'"), '`')
  if (type === 'attribute') {
    const key =
      surface.aliases && Object.hasOwn(surface.aliases, spelled) ? (surface.aliases[spelled] ?? spelled) : spelled
    if (!attributes.includes(key))
      throw invalid(
        `Invalid attribute key '${spelled}' specified. Valid keys are '{${[...attributes].sort().map(pythonRepr).join(', ')}}'`,
        'filter',
      )
    return { type, key }
  }
  if (type === 'dataset' && !datasetKeys.includes(spelled))
    throw invalid(
      `Invalid dataset key '${spelled}' specified. Valid keys are '{${datasetKeys.map(pythonRepr).join(', ')}}'`,
      'filter',
    )
  return { type, key: spelled }
}

function unquote(text: string, quote: string): string {
  return text.length >= 2 && text.startsWith(quote) && text.endsWith(quote) ? text.slice(1, -1) : text
}

function clauseValue(type: EntityType, key: string, token: Token, surface: SearchSurface): string | number | string[] {
  if (type === 'metric') {
    if (token.kind !== 'number') throw invalid(`Expected numeric value type for metric. Found ${token.text}`, 'filter')
    return Number(token.text)
  }
  if (type === 'attribute' && surface.attributes[key]?.numeric) {
    if (token.kind === 'number') return Number(token.text)
    throw invalid(`Expected numeric value type for numeric attribute: ${key}. Found ${token.text}`, 'filter')
  }
  if (token.kind === 'string' || token.kind === 'name') return quotedText(token)
  if (token.kind === 'list' && (type === 'attribute' || type === 'dataset')) {
    checkListAllowed(type, key, surface)
    return parseList(token.text)
  }
  const what = type === 'attribute' ? 'attributes' : type === 'dataset' ? 'dataset attributes' : type
  const example = type === 'parameter' || type === 'tag' ? " (e.g. 'my-value')" : ''
  throw invalid(`Expected a quoted string value for ${what}${example}. Got value ${token.text}`, 'filter')
}

function quotedText(token: Token): string {
  for (const quote of ["'", '"']) if (unquote(token.text, quote) !== token.text) return unquote(token.text, quote)
  throw invalid(
    `Parameter value is either not quoted or unidentified quote types used for string value ${token.text}. Use either single or double quotes.`,
    'filter',
  )
}

function checkListAllowed(type: EntityType, key: string, surface: SearchSurface): void {
  if (type === 'dataset' || surface.attributes[key]?.list) return
  const allowed = Object.keys(surface.attributes).filter((name) => surface.attributes[name]?.list)
  throw invalid(
    `Only [${allowed.map(pythonRepr).join(', ')}] attributes support comparison with a list of quoted string values.`,
    'filter',
  )
}

function parseList(text: string): string[] {
  const inner = text.slice(1, -1).trim().replace(/,\s*$/, '')
  if (inner === '')
    throw invalid(
      'While parsing a list in the query, expected a non-empty list of string values, but got empty list',
      'filter',
    )
  const items: string[] = []
  const item = /\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|([^,'"]+))\s*(?:,|$)/y
  while (item.lastIndex < inner.length) {
    const found = item.exec(inner)
    if (found === null)
      throw invalid(
        'While parsing a list in the query, expected a non-empty list of string values, but got ill-formed list.',
        'filter',
      )
    const value = found[1] ?? found[2]
    if (value === undefined)
      throw invalid(
        `While parsing a list in the query, expected string value, punctuation, or whitespace, but got different type in list: (${inner})`,
        'filter',
      )
    items.push(value.replace(/\\(['"\\])/g, '$1'))
  }
  if (items.length > 10_000) throw invalid('A list in a filter may have at most 10000 values.', 'filter')
  return items
}

/** One `order_by` entry: a key and, optionally, ASC or DESC. */
export function parseOrderBy(text: string, surface: SearchSurface): Ordering {
  const cannot = () => invalid(`Invalid order_by clause '${text}'. Could not be parsed.`, 'order_by')
  const tokens = tokenize(text)
  const [name, direction, ...more] = tokens
  if (name?.kind !== 'name' || more.length > 0) throw cannot()
  if (direction !== undefined && direction.kind !== 'word') {
    if (direction.kind === 'name') throw invalid(`Invalid ordering key in order_by clause '${text}'.`, 'order_by')
    throw cannot()
  }
  const word = direction?.text.toLowerCase() ?? 'asc'
  if (word !== 'asc' && word !== 'desc') throw invalid(`Invalid ordering key in order_by clause '${text}'.`, 'order_by')
  const { type, key } = parseIdentifier(name.text, surface, surface.orderable)
  return { type, key, ascending: word === 'asc' }
}

/** All of an order; a key twice is refused. */
export function parseOrder(orderBy: readonly string[], surface: SearchSurface): Ordering[] {
  const seen = new Set<string>()
  return orderBy.map((text) => {
    const ordering = parseOrderBy(text, surface)
    if (ordering.type === 'dataset') throw invalid(`Invalid identifier type 'dataset'`, 'order_by')
    const name = `${ordering.type} ${ordering.key}`
    if (seen.has(name))
      throw invalid(`\`order_by\` contains duplicate fields: [${orderBy.map(pythonRepr).join(', ')}]`, 'order_by')
    seen.add(name)
    return ordering
  })
}
