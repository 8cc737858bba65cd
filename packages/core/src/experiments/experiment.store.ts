import type { Db } from '@keelson/db'
import { textArray } from './arrays.ts'
import { numberCondition, pairCondition, textCondition } from './clause.sql.ts'
import type { Clause, Ordering } from './filter.rules.ts'
import { asMs, SqlParameters } from './sql.ts'
import type { LifecycleStage, Pair, TrackedExperiment, ViewType } from './tracked.ts'
import { lastOfEachKey, parseExperimentId } from './tracking.rules.ts'

export type ExperimentRow = {
  id: string
  workspace: string
  name: string
  lifecycle_stage: LifecycleStage
  artifact_location: string | null
  created_ms: number
  updated_ms: number
  tags: [string, string][] | null
}

const columns = `e.id::text as id, e.workspace, e.name, e.lifecycle_stage, e.artifact_location,
  ${asMs('e.created_at')} as created_ms, ${asMs('e.updated_at')} as updated_ms,
  (select json_agg(json_build_array(t.key, t.value) order by t.key) from experiment_tag t where t.experiment_id = e.id) as tags`

export const stagesOf: Readonly<Record<ViewType, readonly LifecycleStage[]>> = {
  ACTIVE_ONLY: ['active'],
  DELETED_ONLY: ['deleted'],
  ALL: ['active', 'deleted'],
}

function toExperiment(row: ExperimentRow): TrackedExperiment {
  return {
    id: row.id,
    workspace: row.workspace,
    name: row.name,
    lifecycleStage: row.lifecycle_stage,
    artifactLocation: row.artifact_location ?? `mlflow-artifacts:/${row.id}`,
    createdAtMs: row.created_ms,
    updatedAtMs: row.updated_ms,
    tags: (row.tags ?? []).map(([key, value]) => ({ key, value })),
  }
}

export async function findExperiment(db: Db, workspace: string, id: bigint): Promise<TrackedExperiment | null> {
  const rows = await db.query<ExperimentRow>(
    `select ${columns} from experiment e where e.workspace = $1 and e.id = $2::bigint`,
    workspace,
    id.toString(),
  )
  return rows[0] === undefined ? null : toExperiment(rows[0])
}

export async function findExperimentByName(db: Db, workspace: string, name: string): Promise<TrackedExperiment | null> {
  const rows = await db.query<ExperimentRow>(
    `select ${columns} from experiment e where e.workspace = $1 and e.name = $2`,
    workspace,
    name,
  )
  return rows[0] === undefined ? null : toExperiment(rows[0])
}

/** The new id, or null when the name is taken (by a deleted experiment too). */
export async function insertExperiment(
  db: Db,
  row: { workspace: string; name: string; artifactLocation: string | null; at: Date },
): Promise<string | null> {
  const rows = await db.query<{ id: string }>(
    `insert into experiment (workspace, name, artifact_location, created_at, updated_at)
     values ($1, $2, $3, $4::timestamptz, $4::timestamptz) on conflict (workspace, name) do nothing returning id::text as id`,
    row.workspace,
    row.name,
    row.artifactLocation,
    row.at.toISOString(),
  )
  return rows[0]?.id ?? null
}

export async function upsertExperimentTags(db: Db, experimentId: string, tags: readonly Pair[]): Promise<void> {
  const distinct = lastOfEachKey(tags)
  if (distinct.length === 0) return
  await db.query(
    `insert into experiment_tag (experiment_id, key, value)
     select $1::bigint, t.key, t.value from unnest($2::text[], $3::text[]) as t(key, value) order by t.key
     on conflict (experiment_id, key) do update set value = excluded.value returning key`,
    experimentId,
    textArray(distinct.map((tag) => tag.key)),
    textArray(distinct.map((tag) => tag.value)),
  )
}

/** False when there was no such tag. */
export async function deleteExperimentTag(db: Db, experimentId: string, key: string): Promise<boolean> {
  const rows = await db.query(
    'delete from experiment_tag where experiment_id = $1::bigint and key = $2 returning key',
    experimentId,
    key,
  )
  return rows.length > 0
}

/** Throws a unique violation when the name is taken. */
export async function renameExperiment(db: Db, experimentId: string, name: string, at: Date): Promise<void> {
  await db.query(
    'update experiment set name = $2, updated_at = $3::timestamptz where id = $1::bigint returning id',
    experimentId,
    name,
    at.toISOString(),
  )
}

/** Deletes or restores an experiment and all its runs with it. */
export async function setExperimentStage(db: Db, experimentId: string, stage: LifecycleStage, at: Date): Promise<void> {
  await db.query(
    'update experiment set lifecycle_stage = $2, updated_at = $3::timestamptz where id = $1::bigint returning id',
    experimentId,
    stage,
    at.toISOString(),
  )
  await db.query(
    `with changed as (
       update run set lifecycle_stage = $2, deleted_at = case when $2 = 'deleted' then $3::timestamptz end
       where experiment_id = $1::bigint returning 1)
     select count(*)::int as count from changed`,
    experimentId,
    stage,
    at.toISOString(),
  )
}

const orderColumns: Readonly<Record<string, string>> = {
  name: 'e.name collate "C"',
  experiment_id: 'e.id',
  creation_time: 'e.created_at',
  last_update_time: 'e.updated_at',
}

function condition(clause: Clause, sql: SqlParameters): string {
  if (clause.type === 'tag') return pairCondition('experiment_tag p where p.experiment_id = e.id', clause, sql)
  if (clause.key === 'name') return textCondition('e.name', clause, sql)
  if (clause.key === 'creation_time') return numberCondition(asMs('e.created_at'), clause, sql)
  if (clause.key === 'last_update_time') return numberCondition(asMs('e.updated_at'), clause, sql)
  // experiment_id: compared as a number, though it is written as text.
  const ids = (Array.isArray(clause.value) ? clause.value : [String(clause.value)]).map((id) =>
    parseExperimentId(id).toString(),
  )
  const negated = clause.comparator === '!=' || clause.comparator === 'NOT IN'
  return `e.id ${negated ? '<> all' : '= any'}(${sql.add(`{${ids.join(',')}}`)}::bigint[])`
}

export async function searchExperimentRows(
  db: Db,
  search: {
    workspace: string
    view: ViewType
    clauses: readonly Clause[]
    order: readonly Ordering[]
    offset: number
    limit: number
  },
): Promise<TrackedExperiment[]> {
  const sql = new SqlParameters()
  const where = [
    `e.workspace = ${sql.add(search.workspace)}`,
    `e.lifecycle_stage = any(${sql.add(textArray(stagesOf[search.view]))}::text[])`,
    ...search.clauses.map((clause) => condition(clause, sql)),
  ]
  const order = search.order.map((entry) => `${orderColumns[entry.key]} ${entry.ascending ? 'asc' : 'desc'}`)
  if (order.length === 0) order.push('e.created_at desc')
  if (!search.order.some((entry) => entry.key === 'experiment_id'))
    order.push(search.order.length === 0 ? 'e.id asc' : 'e.id desc')
  const rows = await db.query<ExperimentRow>(
    `select ${columns} from experiment e where ${where.join(' and ')} order by ${order.join(', ')}
     limit ${sql.add(search.limit)}::int offset ${sql.add(search.offset)}::int`,
    ...sql.values,
  )
  return rows.map(toExperiment)
}

/** How many runs that are not deleted each of these experiments has. */
export async function countRuns(db: Db, experimentIds: readonly string[]): Promise<Map<string, number>> {
  if (experimentIds.length === 0) return new Map()
  const rows = await db.query<{ id: string; count: number }>(
    `select experiment_id::text as id, count(*)::int as count from run
     where experiment_id = any($1::bigint[]) and lifecycle_stage = 'active' group by experiment_id`,
    `{${experimentIds.join(',')}}`,
  )
  return new Map(rows.map((row) => [row.id, row.count]))
}
