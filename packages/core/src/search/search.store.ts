import { ranks, type SearchKind } from '@keelson/contracts/search-query'
import type { Db } from '@keelson/db'
import { SqlParameters } from '../experiments/index.ts'
import type { IndexedSource, Source } from './sources.sql.ts'

export type FoundRow = {
  kind: SearchKind
  id: string
  workspace: string | null
  name: string
  type: string | null
  parent: string | null
  status: string | null
  at: Date | null
  because: string | null
  rank: number
}

/** A source and the workspaces in which it may be seen; null for what belongs to none. */
export type Visible<S> = { source: S; workspaces: readonly string[] | null }

type Words = { text: string; words: readonly string[] }

/** So many rows of an index are looked at: what is common is found among these alone. */
const mostByIndex = 2_000
/** Shorter texts are no beginning of an id, but of a name: else half of all runs would begin with "a". */
const shortestKey = 6
const fuzzyWindow = 1_000

/**
 * The best `limit` of each source, in one statement: exact, then the beginning of the name, then all words in it, then words
 * in what else is said of it; the newest first within each. Names are read one after the other (about 40 ms for 100,000 runs), which is
 * faster than an index of trigrams where a word is common, and asks no extension of a user's own Postgres.
 */
export async function findRows(
  db: Db,
  visible: readonly Visible<Source>[],
  words: Words,
  limit: number,
): Promise<FoundRow[]> {
  if (visible.length === 0) return []
  const sql = new SqlParameters()
  const text = `lower(${sql.add(words.text)}::text)`
  const parts = words.words.map((word) => `lower(${sql.add(word)}::text)`)
  const count = `${sql.add(limit)}::int`
  const statements = visible.map(({ source, workspaces }) => {
    const name = `lower(${source.name})`
    const key = source.key === undefined ? 'null::text' : `lower(${source.key})`
    const details = `lower(coalesce(${source.details ?? `''`}, ''))`
    const inName = parts.map((word) => `strpos(${name}, ${word}) > 0`).join(' and ') || 'true'
    const anywhere = parts
      .map((word) => `(strpos(${name}, ${word}) > 0${source.details ? ` or strpos(${details}, ${word}) > 0` : ''})`)
      .join(' and ')
    const byKey = words.text.length < shortestKey ? 'false' : `coalesce(starts_with(${key}, ${text}), false)`
    const rank = `case when ${text} = '' then ${ranks.words} when ${name} = ${text} or ${key} = ${text} then ${ranks.exact}
      when starts_with(${name}, ${text}) or ${byKey} then ${ranks.prefix}
      when ${inName} then ${ranks.words} else ${ranks.details} end`
    const fits = anywhere === '' ? 'true' : `((${anywhere}) or ${key} = ${text} or ${byKey})`
    return `(select ${columns(source)}, null::text as because, ${rank} as rank from ${source.from}
      where ${inWorkspaces(source, workspaces, sql)} and ${source.where ?? 'true'} and ${fits}
      order by rank, at desc nulls last limit ${count})`
  })
  return db.query<FoundRow>(statements.join('\nunion all\n'), ...sql.values)
}

/** What is found by an index alone; the newest `limit` of each source, each thing once. */
export async function findByIndex(
  db: Db,
  visible: readonly Visible<IndexedSource>[],
  text: string,
  limit: number,
): Promise<FoundRow[]> {
  if (visible.length === 0 || text === '') return []
  const sql = new SqlParameters()
  const start = `lower(${sql.add(`${escapeLike(text)}%`)}::text)`
  const plain = `lower(${sql.add(text)}::text)`
  const count = `${sql.add(limit)}::int`
  const statements = visible.map(({ source, workspaces }) => {
    // The first condition also tells the parameter's type where a source has no use for it.
    const rows = `select ${columns(source)}, ${source.because} as because, ${ranks.details} as rank from ${source.from}
      where ${plain} <> '' and ${inWorkspaces(source, workspaces, sql)} and ${source.where ?? 'true'} and ${source.match(start, plain)} limit ${mostByIndex}`
    return `(select * from (select distinct on (workspace, id) * from (${rows}) r order by workspace, id, at desc nulls last) once
      order by at desc nulls last limit ${count})`
  })
  return db.query<FoundRow>(statements.join('\nunion all\n'), ...sql.values)
}

/** The newest of each source, for slips of the keyboard: who wants to compare names compares these. */
export async function listNewest(db: Db, visible: readonly Visible<Source>[]): Promise<FoundRow[]> {
  return findRows(
    db,
    visible.filter(({ source }) => source.fuzzy),
    { text: '', words: [] },
    fuzzyWindow,
  )
}

function columns(source: Omit<Source, 'resource'>): string {
  return `'${source.kind}' as kind, ${source.id} as id, ${source.workspace} as workspace, ${source.name} as name,
    ${source.type ?? 'null::text'} as type, ${source.parent ?? 'null::text'} as parent, ${source.status ?? 'null::text'} as status,
    ${source.at} as at`
}

function inWorkspaces(
  source: Omit<Source, 'resource'>,
  workspaces: readonly string[] | null,
  sql: SqlParameters,
): string {
  return workspaces === null ? 'true' : `${source.workspace} = any(${sql.add([...workspaces])}::text[])`
}

/** LIKE's own signs, taken for themselves. */
function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}
