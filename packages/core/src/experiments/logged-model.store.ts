import type { Db } from '@keelson/db'
import { textArray } from './arrays.ts'
import { metricCondition, numberCondition, pairCondition, textCondition } from './clause.sql.ts'
import type { Clause } from './filter.rules.ts'
import { asMs, SqlParameters } from './sql.ts'
import type { LoggedModelStatus, Pair, TrackedModel } from './tracked.ts'

type ModelRow = {
  id: string
  experiment_id: string
  workspace: string
  name: string
  status: LoggedModelStatus
  model_type: string | null
  source_run_id: string | null
  artifact_location: string | null
  created_ms: number
  updated_ms: number
  deleted: boolean
  params: Record<string, string>
  tags: Record<string, string>
  metrics: [string, number, boolean, number, number, string, string, string][] | null
}

const columns = `m.id, m.experiment_id::text as experiment_id, m.workspace, m.name, m.status, m.model_type, m.source_run_id, e.artifact_location,
  ${asMs('m.created_at')} as created_ms, ${asMs('m.updated_at')} as updated_ms, m.deleted_at is not null as deleted, m.params, m.tags,
  (select json_agg(json_build_array(x.key, x.value, x.is_nan, x.time_ms, x.step, x.run_id, x.dataset_name, x.dataset_digest) order by x.key, x.step, x.time_ms)
     from logged_model_metric x where x.model_id = m.id) as metrics`

function toModel(row: ModelRow): TrackedModel {
  const location = row.artifact_location?.replace(/\/+$/, '') ?? `mlflow-artifacts:/${row.experiment_id}`
  return {
    id: row.id,
    experimentId: row.experiment_id,
    workspace: row.workspace,
    name: row.name,
    status: row.status,
    modelType: row.model_type ?? '',
    sourceRunId: row.source_run_id ?? '',
    artifactUri: `${location}/models/${row.id}/artifacts`,
    createdAtMs: row.created_ms,
    updatedAtMs: row.updated_ms,
    deleted: row.deleted,
    params: toPairs(row.params),
    tags: toPairs(row.tags),
    metrics: (row.metrics ?? []).map(([key, value, isNan, timeMs, step, runId, datasetName, datasetDigest]) => ({
      key,
      value: isNan ? Number.NaN : value,
      timeMs,
      step,
      runId,
      datasetName,
      datasetDigest,
    })),
  }
}

function toPairs(values: Record<string, string>): Pair[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }))
}

/** Pairs as the JSON object they are kept in; the last of a repeated key wins. */
export function pairsToJson(pairs: readonly Pair[]): string {
  return JSON.stringify(Object.fromEntries(pairs.map(({ key, value }) => [key, value])))
}

export async function findLoggedModel(db: Db, workspace: string, id: string): Promise<TrackedModel | null> {
  const rows = await db.query<ModelRow>(
    `select ${columns} from logged_model m join experiment e on e.id = m.experiment_id where m.id = $1 and m.workspace = $2`,
    id,
    workspace,
  )
  return rows[0] === undefined ? null : toModel(rows[0])
}

export async function insertLoggedModel(
  db: Db,
  model: {
    id: string
    experimentId: string
    workspace: string
    name: string
    modelType: string
    sourceRunId: string
    params: readonly Pair[]
    tags: readonly Pair[]
    at: Date
  },
): Promise<void> {
  await db.query(
    `insert into logged_model (id, experiment_id, workspace, name, status, model_type, source_run_id, params, tags, created_at, updated_at)
     values ($1, $2::bigint, $3, $4, 'PENDING', $5, $6, $7::jsonb, $8::jsonb, $9::timestamptz, $9::timestamptz) returning id`,
    model.id,
    model.experimentId,
    model.workspace,
    model.name,
    model.modelType,
    model.sourceRunId,
    pairsToJson(model.params),
    pairsToJson(model.tags),
    model.at.toISOString(),
  )
}

/** Merges and removes; each part is optional. One statement, so that two writers cannot undo each other. */
export async function updateLoggedModel(
  db: Db,
  id: string,
  change: {
    status?: LoggedModelStatus
    params?: readonly Pair[]
    tags?: readonly Pair[]
    dropTag?: string
    deletedAt?: Date
    at?: Date
  },
): Promise<void> {
  await db.query(
    `update logged_model set status = coalesce($2, status), params = params || $3::jsonb, tags = (tags || $4::jsonb) - coalesce($5, ''),
       deleted_at = coalesce($6::timestamptz, deleted_at), updated_at = coalesce($7::timestamptz, updated_at) where id = $1 returning id`,
    id,
    change.status ?? null,
    pairsToJson(change.params ?? []),
    pairsToJson(change.tags ?? []),
    change.dropTag ?? null,
    change.deletedAt?.toISOString() ?? null,
    change.at?.toISOString() ?? null,
  )
}

export async function insertRunOutputs(
  db: Db,
  runId: string,
  outputs: readonly { modelId: string; step: number }[],
): Promise<void> {
  await db.query(
    `insert into run_output (run_id, model_id, step)
     select distinct on (o.model_id) $1, o.model_id, o.step from unnest($2::text[], $3::bigint[]) as o(model_id, step) order by o.model_id, o.step desc
     on conflict (run_id, model_id) do update set step = greatest(run_output.step, excluded.step) returning model_id`,
    runId,
    textArray(outputs.map((output) => output.modelId)),
    `{${outputs.map((output) => output.step).join(',')}}`,
  )
}

export async function insertRunModelInputs(db: Db, runId: string, modelIds: readonly string[]): Promise<void> {
  await db.query(
    `insert into run_model_input (run_id, model_id) select distinct $1, i.id from unnest($2::text[]) as i(id) order by 2 on conflict do nothing returning model_id`,
    runId,
    textArray(modelIds),
  )
}

/** Which of these models are in the workspace. */
export async function existingModels(db: Db, workspace: string, ids: readonly string[]): Promise<Set<string>> {
  const rows = await db.query<{ id: string }>(
    'select id from logged_model where workspace = $1 and id = any($2::text[])',
    workspace,
    textArray(ids),
  )
  return new Set(rows.map((row) => row.id))
}

export type ModelOrdering = {
  field: string
  metric: boolean
  ascending: boolean
  datasetName?: string | undefined
  datasetDigest?: string | undefined
}
export type DatasetFilter = { name: string; digest: string | null }

const textColumns: Readonly<Record<string, string>> = {
  name: 'm.name',
  model_id: 'm.id',
  model_type: 'm.model_type',
  status: 'm.status',
  source_run_id: 'm.source_run_id',
}
const timeColumns: Readonly<Record<string, string>> = {
  creation_timestamp_ms: 'm.created_at',
  last_updated_timestamp_ms: 'm.updated_at',
}

function datasetTest(datasets: readonly DatasetFilter[], sql: SqlParameters): string {
  const tests = datasets.map((dataset) => {
    const name = `m.dataset_name = ${sql.add(dataset.name)}`
    return dataset.digest === null ? name : `(${name} and m.dataset_digest = ${sql.add(dataset.digest)})`
  })
  return `(${tests.join(' or ')})`
}

function condition(clause: Clause, datasets: readonly DatasetFilter[], sql: SqlParameters): string {
  switch (clause.type) {
    case 'metric': {
      // Inside, `m` is the metric; the model is `model` there.
      const key = `m.key = ${sql.add(clause.key)}`
      const test = datasets.length === 0 ? key : `${key} and ${datasetTest(datasets, sql)}`
      return metricCondition('logged_model_metric m where m.model_id = model.id', test, clause, sql)
    }
    case 'parameter':
    case 'tag':
      return pairCondition(
        `jsonb_each_text(model.${clause.type === 'tag' ? 'tags' : 'params'}) as p(key, value) where true`,
        clause,
        sql,
      )
    default: {
      const time = timeColumns[clause.key]
      if (time !== undefined) return numberCondition(asMs(time), clause, sql)
      return textCondition(textColumns[clause.key] ?? 'm.id', clause, sql)
    }
  }
}

export async function searchLoggedModelRows(
  db: Db,
  search: {
    workspace: string
    experimentIds: readonly string[]
    clauses: readonly Clause[]
    datasets: readonly DatasetFilter[]
    order: readonly ModelOrdering[]
    offset: number
    limit: number
  },
): Promise<TrackedModel[]> {
  const sql = new SqlParameters()
  const where = [
    `m.workspace = ${sql.add(search.workspace)}`,
    `m.experiment_id = any(${sql.add(`{${search.experimentIds.join(',')}}`)}::bigint[])`,
    'm.deleted_at is null',
    ...search.clauses.map((clause) => condition(clause, search.datasets, sql)),
  ]
  if (search.datasets.length > 0 && !search.clauses.some((clause) => clause.type === 'metric'))
    where.push(
      `exists (select 1 from logged_model_metric m where m.model_id = model.id and ${datasetTest(search.datasets, sql)})`,
    )
  const { joins, order } = orderBy(search.order, sql)
  const rows = await db.query<ModelRow>(
    `select ${columns} from logged_model m join lateral (select m.id, m.tags, m.params) model on true
     join experiment e on e.id = m.experiment_id ${joins.join(' ')}
     where ${where.join(' and ')} order by ${order.join(', ')} limit ${sql.add(search.limit)}::int offset ${sql.add(search.offset)}::int`,
    ...sql.values,
  )
  return rows.map(toModel)
}

function orderBy(entries: readonly ModelOrdering[], sql: SqlParameters): { joins: string[]; order: string[] } {
  const joins: string[] = []
  const order: string[] = []
  for (const [index, entry] of entries.entries()) {
    const direction = entry.ascending ? 'asc' : 'desc'
    if (!entry.metric) {
      const text = textColumns[entry.field]
      order.push(`${text === undefined ? timeColumns[entry.field] : `${text} collate "C"`} ${direction} nulls last`)
      continue
    }
    const tests = [`x.key = ${sql.add(entry.field)}`]
    if (entry.datasetName) tests.push(`x.dataset_name = ${sql.add(entry.datasetName)}`)
    if (entry.datasetDigest) tests.push(`x.dataset_digest = ${sql.add(entry.datasetDigest)}`)
    joins.push(`left join lateral (select x.value, x.is_nan from logged_model_metric x where x.model_id = m.id and ${tests.join(' and ')}
      order by x.time_ms desc, x.step desc, x.run_id limit 1) o${index} on true`)
    order.push(
      `case when o${index}.is_nan then 1 when o${index}.value is null then 2 else 0 end`,
      `o${index}.value ${direction}`,
    )
  }
  if (!entries.some((entry) => entry.field === 'creation_timestamp_ms')) order.push('m.created_at desc')
  if (!entries.some((entry) => entry.field === 'model_id')) order.push('m.id asc')
  return { joins, order }
}
