/** Label selectors in their text form and as `LabelSelector` objects (k8s.io/apimachinery/pkg/labels). */
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
const keyOk = (key: string) => {
  const parts = key.split('/')
  const name = parts.pop() ?? ''
  return (
    parts.length <= 1 &&
    nameOk(name) &&
    parts.every((prefix) => prefix.length <= 253 && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(prefix))
  )
}

/** Parses `a=b,c in (d,e),!f`. Throws BadRequest with a real server's text. */
export function parseSelector(text: string): Selector {
  const list = tokens(text)
  const out: Requirement[] = []
  let at = 0
  const take = () => list[at++] ?? ''
  while (at < list.length) {
    out.push(parseRequirement(take, () => list[at]))
    if (at < list.length && take() !== ',')
      throw badRequest(`unable to parse requirement: found '${list[at - 1]}', expected: ',' or 'end of string'`)
  }
  return out
}

function parseRequirement(take: () => string, peek: () => string | undefined): Requirement {
  let key = take()
  const negated = key === '!'
  if (negated) key = take()
  if (!keyOk(key))
    throw badRequest(
      `unable to parse requirement: <nil>: Invalid value: ${JSON.stringify(key)}: name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
    )
  const next = peek()
  if (next === undefined || next === ',') return { key, operator: negated ? 'DoesNotExist' : 'Exists', values: [] }
  if (negated) throw badRequest(`unable to parse requirement: found '${next}', expected: ',' or 'end of string'`)
  const operator = take()
  if (operator === 'in' || operator === 'notin')
    return { key, operator: operator === 'in' ? 'In' : 'NotIn', values: parseSet(take, peek) }
  if (operator === '<' || operator === '>') return { key, operator: operator === '>' ? 'Gt' : 'Lt', values: [take()] }
  if (operator !== '=' && operator !== '==' && operator !== '!=') {
    throw badRequest(`unable to parse requirement: found '${operator}', expected: in, notin, =, ==, !=, gt, lt`)
  }
  const following = peek()
  const value = following === undefined || following === ',' ? '' : take()
  if (value !== '' && !nameOk(value))
    throw badRequest(
      `unable to parse requirement: values[0][${key}]: Invalid value: ${JSON.stringify(value)}: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
    )
  return { key, operator: operator === '!=' ? 'NotIn' : 'In', values: [value] }
}

function parseSet(take: () => string, peek: () => string | undefined): string[] {
  const open = take()
  if (open !== '(') throw badRequest(`unable to parse requirement: found '${open}' expected: '('`)
  const values: string[] = []
  for (;;) {
    const next = peek()
    if (next === undefined) throw badRequest("unable to parse requirement: found '', expected: ',', or identifier")
    if (next === ',' || next === ')') values.push('')
    else values.push(take())
    const separator = take()
    if (separator === ')') return values
    if (separator !== ',') throw badRequest(`unable to parse requirement: found '${separator}', expected: ',' or ')'`)
  }
}

export function selectorMatches(selector: Selector, labels: Readonly<Record<string, string>> | undefined): boolean {
  return selector.every((requirement) => requirementMatches(requirement, labels?.[requirement.key]))
}

function requirementMatches(requirement: Requirement, value: string | undefined): boolean {
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && requirement.values.includes(value)
    case 'NotIn':
      return value === undefined || !requirement.values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return value !== undefined && Number(value) > Number(requirement.values[0])
    case 'Lt':
      return value !== undefined && Number(value) < Number(requirement.values[0])
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
