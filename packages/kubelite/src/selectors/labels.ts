/** Label selectors in their text form and as `LabelSelector` objects (k8s.io/apimachinery/pkg/labels). */
import { keyFaults } from '../kinds/names.ts'
import { badRequest } from '../status-error.ts'

export type Requirement = {
  key: string
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt'
  values: readonly string[]
}
export type Selector = readonly Requirement[]

const token = /\s*(?:(!=|==|=|!|,|\(|\)|<|>)|([^\s!=,()<>]+))/gy

function tokens(text: string): string[] {
  const out: string[] = []
  token.lastIndex = 0
  while (token.lastIndex < text.length) {
    const at = token.lastIndex
    const match = token.exec(text)
    if (match === null) {
      if (text.slice(at).trim() === '') break
      throw badRequest(`unable to parse requirement: found '${text.slice(at)}'`)
    }
    out.push(match[1] ?? match[2] ?? '')
  }
  return out
}

const nameOk = (text: string) => /^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)$/.test(text) && text.length <= 63
const valueText =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

/** Parses `a=b,c in (d,e),!f`. Throws BadRequest with a real server's text (apimachinery's labels/selector.go). */
export function parseSelector(text: string): Selector {
  const list = tokens(text)
  const out: Requirement[] = []
  const reader = new Reader(list)
  for (;;) {
    const next = reader.peek()
    if (next === '') return out
    if (next !== '!' && !isWord(next)) throw badRequest(`found '${next}', expected: !, identifier, or 'end of string'`)
    out.push(parseRequirement(reader))
    const separator = reader.take()
    if (separator === '') return out
    if (separator !== ',') throw badRequest(`found '${separator}', expected: ',' or 'end of string'`)
    const after = reader.peek()
    if (after !== '!' && !isWord(after)) throw badRequest(`found '${after}', expected: identifier after ','`)
  }
}

class Reader {
  readonly #list: readonly string[]
  #at = 0
  constructor(list: readonly string[]) {
    this.#list = list
  }
  peek(): string {
    return this.#list[this.#at] ?? ''
  }
  take(): string {
    const next = this.peek()
    this.#at += 1
    return next
  }
}

const isWord = (token: string): boolean => token !== '' && !/^(!=|==|=|!|,|\(|\)|<|>)$/.test(token)
const unparsable = (why: string) => badRequest(`unable to parse requirement: ${why}`)
const isBlank = (token: string): boolean => token === '' || token === ','

function parseRequirement(reader: Reader): Requirement {
  const negated = reader.peek() === '!'
  if (negated) reader.take()
  const key = reader.take()
  if (!isWord(key)) throw unparsable(`found '${key}', expected: identifier`)
  for (const fault of keyFaults(key)) throw unparsable(`<nil>: Invalid value: ${JSON.stringify(key)}: ${fault}`)
  if (negated) return { key, operator: 'DoesNotExist', values: [] }
  if (isBlank(reader.peek())) return { key, operator: 'Exists', values: [] }
  const operator = reader.take()
  switch (operator) {
    case 'in':
    case 'notin':
      return { key, operator: operator === 'in' ? 'In' : 'NotIn', values: checkValues(key, parseSet(reader)) }
    case '=':
    case '==':
    case '!=':
      return { key, operator: operator === '!=' ? 'NotIn' : 'In', values: checkValues(key, [parseValue(reader)]) }
    case '<':
    case '>': {
      const value = parseValue(reader)
      if (!/^[+-]?\d+$/.test(value))
        throw unparsable(
          `values[0]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
        )
      return { key, operator: operator === '>' ? 'Gt' : 'Lt', values: [value] }
    }
    default:
      throw unparsable(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`)
  }
}

function parseValue(reader: Reader): string {
  if (isBlank(reader.peek())) return ''
  const value = reader.take()
  if (!isWord(value)) throw unparsable(`found '${value}', expected: identifier`)
  return value
}

function checkValues(key: string, values: readonly string[]): readonly string[] {
  for (const [index, value] of values.entries()) {
    if (value === '' || nameOk(value)) continue
    const fault = value.length > 63 ? 'must be no more than 63 bytes' : valueText
    throw unparsable(`values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${fault}`)
  }
  return values
}

function parseSet(reader: Reader): string[] {
  const open = reader.take()
  if (open !== '(') throw unparsable(`found '${open}' expected: '('`)
  const values: string[] = []
  const next = reader.peek()
  if (next !== ')' && next !== ',' && !isWord(next))
    throw unparsable(`found '${next}', expected: ',', ')' or identifier`)
  for (;;) {
    if (reader.peek() === ',' || reader.peek() === ')') values.push('')
    else if (isWord(reader.peek())) values.push(reader.take())
    else throw unparsable(`found '${reader.peek()}', expected: ',', or identifier`)
    const separator = reader.take()
    if (separator === ')') return [...new Set(values)].sort()
    if (separator !== ',') throw unparsable(`found '${separator}', expected: ',' or ')'`)
  }
}

export function selectorMatches(selector: Selector, labels: Readonly<Record<string, string>> | undefined): boolean {
  return selector.every((requirement) => requirementMatches(requirement, labels?.[requirement.key]))
}

/** Whether one value, undefined when there is none, meets a requirement. An operator that there is not matches nothing. */
export function requirementMatches(
  { operator, values }: { operator: string; values: readonly string[] },
  value: string | undefined,
): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0])
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0])
    default:
      return false
  }
}

export type LabelSelector = {
  matchLabels?: Record<string, string>
  matchExpressions?: { key: string; operator: string; values?: string[] }[]
}

/** The selector of a `LabelSelector` object; `{}` selects everything. */
export function toSelector(selector: LabelSelector): Selector {
  const labels = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]): Requirement => ({ key, operator: 'In', values: [value] }),
  )
  const expressions = (selector.matchExpressions ?? []).map(
    (item): Requirement => ({
      key: item.key,
      operator: item.operator as Requirement['operator'],
      values: item.values ?? [],
    }),
  )
  return [...labels, ...expressions]
}

/** The text form, as `status.selector` of a Scale holds it. */
export function formatSelector(selector: LabelSelector): string {
  return toSelector(selector)
    .map(({ key, operator, values }) => {
      if (operator === 'Exists') return key
      if (operator === 'DoesNotExist') return `!${key}`
      if (operator === 'In' && values.length === 1) return `${key}=${values[0]}`
      return `${key} ${operator === 'In' ? 'in' : 'notin'} (${[...values].sort().join(',')})`
    })
    .sort()
    .join(',')
}
