/**
 * What somebody types into the search, read: words, and the filters `kind:` and `in:`. Pure and without schemas, so that the
 * browser ranks its own pages and actions by the same rules as the server ranks everything else.
 */

/** What can be found, in the order in which groups of equal rank are shown. */
export const searchKinds = [
  'workspace',
  'notebook',
  'job',
  'run',
  'experiment',
  'model',
  'version',
  'endpoint',
  'pod',
  'object',
  'contributor',
  'person',
  'group',
  'activity',
] as const
export type SearchKind = (typeof searchKinds)[number]

/** The kinds of Kubernetes objects that are searched besides those that have a kind of their own here. */
export const objectTypes = [
  'CronJob',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Service',
  'ConfigMap',
  'Secret',
  'PersistentVolumeClaim',
  'ServiceAccount',
] as const
export type ObjectType = (typeof objectTypes)[number]

export type SearchQuery = {
  /** The words as one text, as they were typed: what a whole name is compared with. */
  text: string
  words: readonly string[]
  /** Empty: all. */
  kinds: readonly SearchKind[]
  /** Of `object`s, only these; empty: all. */
  types: readonly ObjectType[]
  /** Only in these workspaces; empty: in all. */
  workspaces: readonly string[]
  /** What was not understood, one sentence each. */
  faults: readonly string[]
}

const mostWords = 8
const longestWord = 100
const others: Readonly<Record<string, ObjectType>> = {
  pvc: 'PersistentVolumeClaim',
  cm: 'ConfigMap',
  sa: 'ServiceAccount',
}

/** `kind:run in:telco "two words" churn`. Never throws: what it does not understand is a fault, or a word. */
export function parseSearch(input: string): SearchQuery {
  const words: string[] = []
  const kinds = new Set<SearchKind>()
  const types = new Set<ObjectType>()
  const workspaces = new Set<string>()
  const faults: string[] = []
  // Control characters (NUL, which Postgres refuses, among them) separate words, as spaces do.
  const plain = input.toWellFormed().replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
  for (const [token, quoted] of plain.matchAll(/"([^"]*)"|\S+/g)) {
    const filter = quoted === undefined ? /^(kind|in):(.*)$/i.exec(token) : null
    if (filter === null) {
      const word = (quoted ?? token).trim()
      if (word !== '') words.push(word.slice(0, longestWord))
      continue
    }
    for (const value of (filter[2] ?? '')
      .toLowerCase()
      .split(',')
      .filter((part) => part !== '')) {
      if (filter[1]?.toLowerCase() === 'in') workspaces.add(value)
      else if (!addKind(value, kinds, types))
        faults.push(
          `There is no kind “${value.slice(0, 40)}”: it is one of ${searchKinds.join(', ')}, or a Kubernetes kind.`,
        )
    }
  }
  const kept = words.slice(0, mostWords)
  if (words.length > mostWords) faults.push(`Only the first ${mostWords} words are looked for.`)
  return {
    text: kept.join(' '),
    words: kept,
    kinds: [...kinds],
    types: [...types],
    workspaces: [...workspaces],
    faults,
  }
}

/** Plurals and any case are the same kind; a Kubernetes kind stands for objects of that kind. */
function addKind(value: string, kinds: Set<SearchKind>, types: Set<ObjectType>): boolean {
  const isNamed = (name: string) => [name, `${name}s`].includes(value)
  const kind = searchKinds.find(isNamed)
  const type = others[value] ?? objectTypes.find((name) => isNamed(name.toLowerCase()))
  if (kind) kinds.add(kind)
  else if (value === 'people') kinds.add('person')
  else if (type) {
    kinds.add('object')
    types.add(type)
  } else return false
  return true
}

/** The text of a query with a filter set, changed or (with an empty value) taken away; all else stays as it was typed. */
export function withFilter(input: string, filter: 'kind' | 'in', value: string): string {
  const rest = input.replace(new RegExp(`(^|\\s)${filter}:\\S*`, 'gi'), ' ')
  return [value === '' ? '' : `${filter}:${value}`, rest].join(' ').replace(/\s+/g, ' ').trim()
}

/** How well something fits, the best first. Within a rank, what is newer comes first. */
export const ranks = { exact: 0, prefix: 1, words: 2, details: 3, fuzzy: 4 } as const

type Words = Pick<SearchQuery, 'text' | 'words'>

/**
 * How well a query fits something by its names (an id among them) and by what else is said of it (labels, tags); null when
 * it does not. Without words everything fits.
 */
export function rankOf(query: Words, names: readonly string[], details: readonly string[] = []): number | null {
  const lower = (text: string) => text.toLowerCase()
  const text = lower(query.text)
  const known = names.map(lower)
  if (text === '') return ranks.words
  if (known.includes(text)) return ranks.exact
  if (known.some((name) => name.startsWith(text))) return ranks.prefix
  const words = query.words.map(lower)
  if (known.some((name) => words.every((word) => name.includes(word)))) return ranks.words
  const all = [...known, ...details.map(lower)]
  return words.every((word) => all.some((each) => each.includes(word))) ? ranks.details : null
}

/** Of shorter words every slip makes another word. */
export const shortestFuzzy = 4

/** Whether every word of the query is, but for a slip of the keyboard, a word of the name (or the beginning of one). */
export function isNear(query: Words, name: string): boolean {
  const parts = name.toLowerCase().split(/[^\p{L}\p{N}]+/u)
  return (
    query.words.length > 0 &&
    query.words.every((typed) => {
      const word = typed.toLowerCase()
      if (word.length < shortestFuzzy) return parts.some((part) => part.startsWith(word))
      const slips = word.length < 8 ? 1 : 2
      return parts.some((part) => isWithin(word, part, slips))
    })
  )
}

/** True when `word` becomes the beginning of `part` by at most `slips` letters that are wrong, missing, too many or swapped. */
function isWithin(word: string, part: string, slips: number): boolean {
  if (word.length - part.length > slips) return false
  let before: number[] = []
  let last = Array.from({ length: part.length + 1 }, (_, column) => column)
  for (let row = 1; row <= word.length; row += 1) {
    const next = [row]
    for (let column = 1; column <= part.length; column += 1) {
      const differs = word[row - 1] === part[column - 1] ? 0 : 1
      const isSwap = row > 1 && column > 1 && word[row - 1] === part[column - 2] && word[row - 2] === part[column - 1]
      const swapped = isSwap ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY
      next[column] = Math.min(
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + differs,
        swapped,
      )
    }
    if (Math.min(...next) > slips) return false
    before = last
    last = next
  }
  return Math.min(...last) <= slips
}
