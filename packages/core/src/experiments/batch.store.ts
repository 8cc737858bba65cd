import type { Db } from '@keelson/db'
import { plainArray, textArray } from './arrays.ts'
import { type LifecycleStage, type LoggedMetric, type Pair, runNameTag } from './tracked.ts'
import { storedValue } from './tracking.rules.ts'

export type StoredBatch = {
  workspace: string
  runId: string
  metrics: readonly LoggedMetric[]
  keyIds: ReadonlyMap<string, number>
  params: readonly Pair[]
  tags: readonly Pair[]
}

/**
 * Everything of a batch in one statement, so that it is there whole or not at all and costs one round trip:
 * - points already there are absorbed;
 * - the latest point of a key is the greatest (step, time, value), also when batches run at the same time, because the
 *   comparison is made on the locked row;
 * - a parameter that has another value turns its column null, which the table refuses: the whole statement is undone.
 *   {@link isParamConflict} knows that refusal.
 * Rows go in the order of their keys everywhere, so that two batches cannot lock each other out.
 */
export async function writeBatch(
  db: Db,
  batch: StoredBatch,
): Promise<{ experimentId: string; stage: LifecycleStage } | null> {
  const parameters: unknown[] = [batch.runId, batch.workspace]
  const ctes = [
    `target as (select number, id, experiment_id, lifecycle_stage from run where id = $1 and workspace = $2)`,
    `active as (select number, id from target where lifecycle_stage = 'active')`,
  ]
  if (batch.metrics.length > 0) ctes.push(...metricParts(batch, parameters))
  if (batch.params.length > 0) ctes.push(paramPart(batch.params, parameters))
  if (batch.tags.length > 0) ctes.push(...tagParts(batch.tags, parameters))
  const rows = await db.query<{ experiment_id: string; lifecycle_stage: LifecycleStage }>(
    `with ${ctes.join(',\n')} select experiment_id::text as experiment_id, lifecycle_stage from target`,
    ...parameters,
  )
  const row = rows[0]
  return row === undefined ? null : { experimentId: row.experiment_id, stage: row.lifecycle_stage }
}

function metricParts(batch: StoredBatch, parameters: unknown[]): string[] {
  const stored = batch.metrics.map((metric) => ({
    ...metric,
    ...storedValue(metric.value),
    keyId: batch.keyIds.get(metric.key) ?? -1,
  }))
  const first = parameters.length + 1
  parameters.push(
    plainArray(stored.map((point) => point.keyId)),
    plainArray(stored.map((point) => point.step)),
    plainArray(stored.map((point) => point.timeMs)),
    plainArray(stored.map((point) => point.value)),
    plainArray(stored.map((point) => point.isNan)),
  )
  const types = ['int', 'bigint', 'bigint', 'float8', 'bool']
  const lists = types.map((type, index) => `$${first + index}::${type}[]`).join(', ')
  const parts = [
    `given as (select * from unnest(${lists}) as g(key_id, step, time_ms, value, is_nan))`,
    `points as (
       insert into metric_point (run_number, key_id, step, time_ms, value, is_nan)
       select active.number, g.key_id, g.step, g.time_ms, g.value, g.is_nan from active cross join given g
       order by g.key_id, g.step, g.time_ms, g.value, g.is_nan
       on conflict do nothing)`,
    `latest as (
       insert into latest_metric (run_number, key_id, step, time_ms, value, is_nan)
       select distinct on (g.key_id) active.number, g.key_id, g.step, g.time_ms, g.value, g.is_nan
       from active cross join given g order by g.key_id, g.step desc, g.time_ms desc, g.value desc, g.is_nan
       on conflict (run_number, key_id) do update
         set step = excluded.step, time_ms = excluded.time_ms, value = excluded.value, is_nan = excluded.is_nan
         where (excluded.step, excluded.time_ms, excluded.value) > (latest_metric.step, latest_metric.time_ms, latest_metric.value))`,
  ]
  if (stored.some((point) => point.modelId !== undefined)) parts.push(modelMetricPart(stored, parameters))
  return parts
}

function modelMetricPart(stored: readonly (LoggedMetric & { isNan: boolean })[], parameters: unknown[]): string {
  const measured = stored.filter((point) => point.modelId !== undefined)
  const first = parameters.length + 1
  parameters.push(
    textArray(measured.map((point) => point.modelId ?? '')),
    textArray(measured.map((point) => point.key)),
    plainArray(measured.map((point) => point.step)),
    plainArray(measured.map((point) => point.timeMs)),
    plainArray(measured.map((point) => point.value)),
    plainArray(measured.map((point) => point.isNan)),
    textArray(measured.map((point) => point.datasetName ?? '')),
    textArray(measured.map((point) => point.datasetDigest ?? '')),
  )
  const types = ['text', 'text', 'bigint', 'bigint', 'float8', 'bool', 'text', 'text']
  const lists = types.map((type, index) => `$${first + index}::${type}[]`).join(', ')
  return `measured as (
    insert into logged_model_metric (model_id, key, step, time_ms, value, is_nan, run_id, dataset_name, dataset_digest)
    select g.model_id, g.key, g.step, g.time_ms, g.value, g.is_nan, active.id, g.dataset_name, g.dataset_digest
    from active cross join unnest(${lists}) as g(model_id, key, step, time_ms, value, is_nan, dataset_name, dataset_digest)
    where exists (select 1 from logged_model m where m.id = g.model_id and m.workspace = $2)
    order by 1, 2, 3, 4, 5 on conflict do nothing)`
}

function paramPart(params: readonly Pair[], parameters: unknown[]): string {
  const first = parameters.length + 1
  parameters.push(textArray(params.map((param) => param.key)), textArray(params.map((param) => param.value)))
  return `params as (
    insert into run_param (run_id, key, value)
    select active.id, p.key, p.value from active cross join unnest($${first}::text[], $${first + 1}::text[]) as p(key, value) order by p.key
    on conflict (run_id, key) do update set value = case when run_param.value = excluded.value then excluded.value end
      where run_param.value <> excluded.value)`
}

function tagParts(tags: readonly Pair[], parameters: unknown[]): string[] {
  const first = parameters.length + 1
  parameters.push(textArray(tags.map((tag) => tag.key)), textArray(tags.map((tag) => tag.value)))
  const parts = [
    `tags as (
       insert into run_tag (run_id, key, value)
       select active.id, t.key, t.value from active cross join unnest($${first}::text[], $${first + 1}::text[]) as t(key, value) order by t.key
       on conflict (run_id, key) do update set value = excluded.value where run_tag.value <> excluded.value)`,
  ]
  const name = tags.find((tag) => tag.key === runNameTag)?.value
  if (name !== undefined && name !== '') {
    parameters.push(name)
    parts.push(`renamed as (update run set name = $${parameters.length} where id = (select id from active))`)
  }
  return parts
}

/** True when {@link writeBatch} was undone because a parameter has another value already. */
export function isParamConflict(error: unknown): boolean {
  const text = describe(error)
  return /run_param/.test(text) && /(23502|null value|Null constraint)/i.test(text)
}

/** True when Postgres broke a deadlock by undoing this statement, or could not serialise it: it may be repeated. */
export function isRetryable(error: unknown): boolean {
  return /40P01|40001|deadlock detected/i.test(describe(error))
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const meta = 'meta' in error ? JSON.stringify(error.meta) : ''
  return `${error.message} ${meta}`
}

export async function findParams(db: Db, runId: string, keys: readonly string[]): Promise<Map<string, string>> {
  const rows = await db.query<{ key: string; value: string }>(
    'select key, value from run_param where run_id = $1 and key = any($2::text[])',
    runId,
    textArray(keys),
  )
  return new Map(rows.map((row) => [row.key, row.value]))
}
