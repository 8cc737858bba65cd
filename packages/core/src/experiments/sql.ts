/** Collects the parameters of a hand-written statement: `sql.add(value)` returns its `$n`. */
export class SqlParameters {
  readonly values: unknown[] = []

  add(value: unknown): string {
    this.values.push(value)
    return `$${this.values.length}`
  }
}

/** A timestamptz column as milliseconds since 1970, as a JavaScript number. */
export function asMs(column: string): string {
  return `(extract(epoch from ${column}) * 1000)::float8`
}

/** LIKE and friends on a text expression, as the comparator says. `parameter` is already a `$n`. */
export function compareText(column: string, comparator: string, parameter: string): string {
  if (comparator === 'IN') return `${column} = any(${parameter}::text[])`
  if (comparator === 'NOT IN') return `${column} <> all(${parameter}::text[])`
  return `${column} ${comparator === '!=' ? '<>' : comparator} ${parameter}::text`
}
