import type { Db } from '@keelson/db'
import { textArray } from './arrays.ts'
import { metricCondition, numberCondition, pairCondition, textCondition } from './clause.sql.ts'
import { stagesOf } from './experiment.store.ts'
import type { Clause, Ordering } from './filter.rules.ts'
import { knownMetricKeyIds } from './metric-key.store.ts'
import type { PageStart } from './page-token.rules.ts'
import { artifactUriSql, type RunParts, type RunRow, runColumns, runParts, toRun } from './run.store.ts'
import { SqlParameters } from './sql.ts'
import { datasetContextTag, type TrackedRun, type ViewType } from './tracked.ts'

export type RunSearch = {
  workspace: string
  experimentIds: readonly string[]
  view: ViewType
  clauses: readonly Clause[]
  order: readonly Ordering[]
  start: PageStart
  limit: number
}

const attributeColumns: Readonly<Record<string, string>> = {
  run_id: 'r.id',
  run_name: 'r.name',
  status: 'r.status',
  user_id: 'r.user_name',
  artifact_uri: `(${artifactUriSql})`,
}

const numberColumns: Readonly<Record<string, string>> = { start_time: 'r.start_time_ms', end_time: 'r.end_time_ms' }

/**
 * One page of runs. First the ids in order (filters and sorting touch narrow tables only; the default order is that of an
 * index), then what hangs on the runs of the page alone; both in one statement.
 */
export async function searchRunRows(db: Db, search: RunSearch): Promise<TrackedRun[]> {
  const sql = new SqlParameters()
  const metrics = [...search.clauses, ...search.order]
    .filter((entry) => entry.type === 'metric')
    .map((entry) => entry.key)
  // Known to the planner as numbers, not as a subquery whose answer it has to guess.
  const keyIds = await knownMetricKeyIds(db, metrics)
  const [only, ...others] = search.experimentIds
  const where = [
    others.length === 0
      ? `r.experiment_id = ${sql.add(only)}::bigint`
      : `r.experiment_id = any(${sql.add(`{${search.experimentIds.join(',')}}`)}::bigint[])`,
    `r.workspace = ${sql.add(search.workspace)}`,
    `r.lifecycle_stage = any(${sql.add(textArray(stagesOf[search.view]))}::text[])`,
    ...search.clauses.map((clause) => runCondition(clause, keyIds, sql)),
  ]
  const { joins, keys } = orderBy(search.order, keyIds, sql)
  if ('after' in search.start) where.push(afterCondition(search.start.after, sql))
  const offset = 'offset' in search.start ? search.start.offset : 0
  const order = keys.map((key) => `${key.expression} ${key.direction}`).join(', ')
  const needsExperiment = [...search.clauses, ...search.order].some((entry) => entry.key === 'artifact_uri')
  if (needsExperiment) joins.push('join experiment e on e.id = r.experiment_id')
  const rows = await db.query<RunRow & RunParts>(
    `with page as materialized (
       select r.id, row_number() over (order by ${order}) as place from run r ${joins.join(' ')}
       where ${where.join(' and ')} order by ${order} limit ${sql.add(search.limit)}::int offset ${sql.add(offset)}::int)
     select ${runColumns}, ${runParts} from page join run r on r.id = page.id join experiment e on e.id = r.experiment_id order by page.place`,
    ...sql.values,
  )
  return rows.map(toRun)
}

/** Rows behind one in the default order: start time descending (what has none comes first, as in the index), then id. */
function afterCondition(after: { startTimeMs: number | null; id: string }, sql: SqlParameters): string {
  const id = sql.add(after.id)
  if (after.startTimeMs === null) return `(r.start_time_ms is not null or r.id > ${id})`
  const time = sql.add(after.startTimeMs.toString())
  return `(r.start_time_ms <= ${time}::bigint and (r.start_time_ms < ${time}::bigint or r.id > ${id}))`
}

function runCondition(clause: Clause, keyIds: ReadonlyMap<string, number>, sql: SqlParameters): string {
  switch (clause.type) {
    case 'parameter':
      return pairCondition('run_param p where p.run_id = r.id', clause, sql)
    case 'tag':
      return pairCondition('run_tag p where p.run_id = r.id', clause, sql)
    case 'metric': {
      const key = `m.key_id = ${sql.add(keyIds.get(clause.key) ?? -1)}::int`
      return metricCondition('latest_metric m where m.run_number = r.number', key, clause, sql)
    }
    case 'dataset':
      return datasetCondition(clause, sql)
    case 'attribute': {
      const column = numberColumns[clause.key]
      return column === undefined
        ? textCondition(attributeColumns[clause.key] ?? 'r.id', clause, sql)
        : numberCondition(column, clause, sql)
    }
  }
}

function datasetCondition(clause: Clause, sql: SqlParameters): string {
  const rows = 'select 1 from run_input i join dataset d on d.id = i.dataset_id'
  if (clause.key !== 'context')
    return `exists (${rows} where i.run_id = r.id and ${textCondition(clause.key === 'name' ? 'd.name' : 'd.digest', clause, sql)})`
  return `exists (${rows} cross join lateral jsonb_to_recordset(i.tags::jsonb) as t(key text, value text)
    where i.run_id = r.id and t.key = '${datasetContextTag}' and ${textCondition('t.value', clause, sql)})`
}

type OrderKey = { expression: string; direction: 'asc' | 'desc' | 'asc nulls last' | 'desc nulls last' }

/** Values first, then NaN, then what has none, in both directions; the default order breaks ties. */
function orderBy(
  order: readonly Ordering[],
  keyIds: ReadonlyMap<string, number>,
  sql: SqlParameters,
): { joins: string[]; keys: OrderKey[] } {
  const joins: string[] = []
  const keys: OrderKey[] = []
  for (const [index, entry] of order.entries()) {
    const direction = entry.ascending ? 'asc' : 'desc'
    if (entry.type === 'metric') {
      const name = `om${index}`
      joins.push(
        `left join latest_metric ${name} on ${name}.run_number = r.number and ${name}.key_id = ${sql.add(keyIds.get(entry.key) ?? -1)}::int`,
      )
      keys.push({
        expression: `case when ${name}.is_nan then 1 when ${name}.value is null then 2 else 0 end`,
        direction: 'asc',
      })
      keys.push({ expression: `${name}.value`, direction })
    } else if (entry.type === 'attribute') {
      const column = numberColumns[entry.key] ?? `${attributeColumns[entry.key] ?? 'r.id'} collate "C"`
      keys.push({ expression: column, direction: `${direction} nulls last` })
    } else {
      const name = `op${index}`
      const table = entry.type === 'tag' ? 'run_tag' : 'run_param'
      joins.push(`left join ${table} ${name} on ${name}.run_id = r.id and ${name}.key = ${sql.add(entry.key)}::text`)
      keys.push({ expression: `${name}.value collate "C"`, direction: `${direction} nulls last` })
    }
  }
  if (!order.some((entry) => entry.type === 'attribute' && entry.key === 'start_time'))
    keys.push({ expression: 'r.start_time_ms', direction: 'desc' })
  keys.push({ expression: 'r.id', direction: 'asc' })
  return { joins, keys }
}
