import { textArray } from './arrays.ts'
import type { Clause } from './filter.rules.ts'
import { compareText, type SqlParameters } from './sql.ts'
import { invalid } from './tracking.rules.ts'

/** The parameter of a text clause: a list becomes an array literal. */
export function textParameter(clause: Clause, sql: SqlParameters): string {
  return sql.add(Array.isArray(clause.value) ? textArray(clause.value) : String(clause.value))
}

/** `column <op> value` for a text column. */
export function textCondition(column: string, clause: Clause, sql: SqlParameters): string {
  checkPattern(clause)
  return compareText(column, clause.comparator, textParameter(clause, sql))
}

export function numberCondition(column: string, clause: Clause, sql: SqlParameters): string {
  return `${column} ${clause.comparator === '!=' ? '<>' : clause.comparator} ${sql.add(String(clause.value))}::float8`
}

/**
 * A key of a table of pairs: `!=` does not match what lacks the key; IS [NOT] NULL asks only whether it is there.
 * `rows` is the table with the join to the outer row: `run_tag p where p.run_id = r.id`.
 */
export function pairCondition(rows: string, clause: Clause, sql: SqlParameters): string {
  const keyed = `select 1 from ${rows} and p.key = ${sql.add(clause.key)}::text`
  if (clause.comparator === 'IS NULL') return `not exists (${keyed})`
  if (clause.comparator === 'IS NOT NULL') return `exists (${keyed})`
  return `exists (${keyed} and ${textCondition('p.value', clause, sql)})`
}

/** A metric: NaN is stored as 0 with a mark; it satisfies only `!=`. */
export function metricCondition(rows: string, keyTest: string, clause: Clause, sql: SqlParameters): string {
  const value = numberCondition('m.value', clause, sql)
  const test = clause.comparator === '!=' ? `(${value} or m.is_nan)` : `(${value} and not m.is_nan)`
  return `exists (select 1 from ${rows} and ${keyTest} and ${test})`
}

/** Postgres refuses a LIKE pattern that ends in its escape character: say so instead of failing. */
function checkPattern(clause: Clause): void {
  if (clause.comparator !== 'LIKE' && clause.comparator !== 'ILIKE') return
  const trailing = /\\*$/.exec(String(clause.value))?.[0].length ?? 0
  if (trailing % 2 === 1)
    throw invalid(`The pattern of ${clause.comparator} may not end with a single backslash.`, 'filter')
}
