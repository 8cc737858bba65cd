import type { RunStatus } from '@keelson/contracts/experiments'
import type { Db } from '@keelson/db'
import { textArray } from './arrays.ts'
import { type LifecycleStage, type Pair, runNameTag, type TrackedRun } from './tracked.ts'

export type RunRow = {
  id: string
  number: string
  experiment_id: string
  workspace: string
  name: string
  status: RunStatus
  lifecycle_stage: LifecycleStage
  user_name: string
  created_by: string
  start_ms: number | null
  end_ms: number | null
  artifact_location: string | null
  job_uid: string | null
  pod_uid: string | null
  retry_of: string | null
}

/** What hangs on a run, as JSON arrays: one statement for a whole page of runs. */
export type RunParts = {
  metrics: [string, number, boolean, number, number][] | null
  params: [string, string][] | null
  tags: [string, string][] | null
  datasets: [string, string, string, string, string | null, string | null, Pair[]][] | null
  inputs: string[] | null
  outputs: [string, number][] | null
}

export const runColumns = `r.id, r.number::text as number, r.experiment_id::text as experiment_id, r.workspace, r.name, r.status, r.lifecycle_stage,
  r.user_name, r.created_by, r.start_time_ms::float8 as start_ms, r.end_time_ms::float8 as end_ms, e.artifact_location,
  r.job_uid, r.pod_uid, r.retry_of`

export const runParts = `
  (select json_agg(json_build_array(k.name, m.value, m.is_nan, m.time_ms, m.step) order by m.key_id)
     from latest_metric m join metric_key k on k.id = m.key_id where m.run_number = r.number) as metrics,
  (select json_agg(json_build_array(p.key, p.value) order by p.key) from run_param p where p.run_id = r.id) as params,
  (select json_agg(json_build_array(t.key, t.value) order by t.key) from run_tag t where t.run_id = r.id) as tags,
  (select json_agg(json_build_array(d.name, d.digest, d.source_type, d.source, d.schema, d.profile, i.tags) order by d.id)
     from run_input i join dataset d on d.id = i.dataset_id where i.run_id = r.id) as datasets,
  (select json_agg(i.model_id order by i.model_id) from run_model_input i where i.run_id = r.id) as inputs,
  (select json_agg(json_build_array(o.model_id, o.step) order by o.step, o.model_id) from run_output o where o.run_id = r.id) as outputs`

export const artifactUriSql = `coalesce(rtrim(e.artifact_location, '/'), 'mlflow-artifacts:/' || e.id::text) || '/' || r.id || '/artifacts'`

export function artifactUriOf(location: string, runId: string): string {
  return `${location.replace(/\/+$/, '')}/${runId}/artifacts`
}

export function toRun(row: RunRow & Partial<RunParts>): TrackedRun {
  return {
    id: row.id,
    experimentId: row.experiment_id,
    workspace: row.workspace,
    name: row.name,
    status: row.status,
    lifecycleStage: row.lifecycle_stage,
    userName: row.user_name,
    createdBy: row.created_by,
    startTimeMs: row.start_ms,
    endTimeMs: row.end_ms,
    artifactUri: artifactUriOf(row.artifact_location ?? `mlflow-artifacts:/${row.experiment_id}`, row.id),
    metrics: (row.metrics ?? []).map(([key, value, isNan, timeMs, step]) => ({
      key,
      value: isNan ? Number.NaN : value,
      timeMs,
      step,
    })),
    params: (row.params ?? []).map(([key, value]) => ({ key, value })),
    tags: (row.tags ?? []).map(([key, value]) => ({ key, value })),
    datasets: (row.datasets ?? []).map(([name, digest, sourceType, source, schema, profile, tags]) => ({
      name,
      digest,
      sourceType,
      source,
      schema,
      profile,
      tags,
    })),
    modelInputs: row.inputs ?? [],
    modelOutputs: (row.outputs ?? []).map(([modelId, step]) => ({ modelId, step })),
    jobUid: row.job_uid,
    podUid: row.pod_uid,
    retryOf: row.retry_of,
  }
}

/** The run with everything that hangs on it, or null. */
export async function findRun(db: Db, workspace: string, runId: string): Promise<TrackedRun | null> {
  const rows = await db.query<RunRow & RunParts>(
    `select ${runColumns}, ${runParts} from run r join experiment e on e.id = r.experiment_id where r.id = $1 and r.workspace = $2`,
    runId,
    workspace,
  )
  return rows[0] === undefined ? null : toRun(rows[0])
}

/** Without metrics, parameters, tags and the like. `lock` keeps others from changing it until the transaction ends. */
export async function findRunRow(db: Db, workspace: string, runId: string, lock = false): Promise<TrackedRun | null> {
  const rows = await db.query<RunRow>(
    `select ${runColumns} from run r join experiment e on e.id = r.experiment_id
     where r.id = $1 and r.workspace = $2 ${lock ? 'for update of r' : ''}`,
    runId,
    workspace,
  )
  return rows[0] === undefined ? null : toRun(rows[0])
}

export type NewRun = {
  id: string
  experimentId: string
  workspace: string
  name: string
  userName: string
  createdBy: string
  startTimeMs: number
  jobUid: string | null
  podUid: string | null
  tags: readonly Pair[]
}

/**
 * Inserts a run with its tags in one statement. A later pod of the same job that starts a run of the same name makes a
 * retry: it points to the newest earlier one.
 */
export async function insertRun(db: Db, run: NewRun): Promise<{ retryOf: string | null }> {
  const rows = await db.query<{ retry_of: string | null }>(
    `with made as (
       insert into run (id, experiment_id, workspace, name, status, user_name, created_by, start_time_ms, job_uid, pod_uid, retry_of)
       values ($1, $2::bigint, $3, $4, 'RUNNING', $5, $6, $7::bigint, $8, $9,
         (select r.id from run r where $8::text is not null and r.job_uid = $8 and r.workspace = $3 and r.name = $4
            and r.experiment_id = $2::bigint and r.pod_uid is distinct from $9 order by r.number desc limit 1))
       returning retry_of),
     tagged as (
       insert into run_tag (run_id, key, value)
       select $1, t.key, t.value from unnest($10::text[], $11::text[]) as t(key, value) returning 1)
     select retry_of from made`,
    run.id,
    run.experimentId,
    run.workspace,
    run.name,
    run.userName,
    run.createdBy,
    run.startTimeMs.toString(),
    run.jobUid,
    run.podUid,
    textArray(run.tags.map((tag) => tag.key)),
    textArray(run.tags.map((tag) => tag.value)),
  )
  return { retryOf: rows[0]?.retry_of ?? null }
}

export async function updateRunRow(
  db: Db,
  runId: string,
  change: { status?: RunStatus | undefined; endTimeMs?: number | undefined; name?: string | undefined },
): Promise<void> {
  await db.query(
    `update run set status = coalesce($2, status), end_time_ms = coalesce($3::bigint, end_time_ms), name = coalesce($4, name)
     where id = $1 returning id`,
    runId,
    change.status ?? null,
    change.endTimeMs === undefined ? null : change.endTimeMs.toString(),
    change.name ?? null,
  )
  if (change.name !== undefined) await upsertRunTag(db, runId, { key: runNameTag, value: change.name })
}

/**
 * Gives a run to the pod that takes it up: one that no pod had, as MLflow Projects makes them before there is a pod, or one of an
 * earlier attempt of the same job.
 */
export async function adoptRun(db: Db, runId: string, pod: { podUid: string; jobUid: string }): Promise<void> {
  await db.query(
    `update run set pod_uid = $2, job_uid = $3
     where id = $1 and (pod_uid is null or job_uid = $3) and pod_uid is distinct from $2 returning id`,
    runId,
    pod.podUid,
    pod.jobUid,
  )
}

export async function upsertRunTag(db: Db, runId: string, tag: Pair): Promise<void> {
  await db.query(
    `insert into run_tag (run_id, key, value) values ($1, $2, $3)
     on conflict (run_id, key) do update set value = excluded.value returning key`,
    runId,
    tag.key,
    tag.value,
  )
}

export async function deleteRunTag(db: Db, runId: string, key: string): Promise<boolean> {
  const rows = await db.query('delete from run_tag where run_id = $1 and key = $2 returning key', runId, key)
  return rows.length > 0
}

export async function setRunStage(db: Db, runId: string, stage: LifecycleStage, at: Date): Promise<void> {
  await db.query(
    `update run set lifecycle_stage = $2, deleted_at = case when $2 = 'deleted' then $3::timestamptz end where id = $1 returning id`,
    runId,
    stage,
    at.toISOString(),
  )
}

/** Runs of a pod that say they are still going on. */
export function findOpenRunsOfPod(db: Db, podUid: string): Promise<{ id: string; workspace: string }[]> {
  return db.query(
    `select id, workspace from run where pod_uid = $1 and status in ('RUNNING', 'SCHEDULED') and lifecycle_stage = 'active'`,
    podUid,
  )
}
