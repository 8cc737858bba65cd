import type { FeatureDrift, TrafficPoint } from '@keelson/contracts/monitoring'
import type { Db } from '@keelson/db'
import type { z } from 'zod'
import type { LoggedPrediction } from './logged-call.ts'
import type { Labelled } from './quality.rules.ts'

export type Latency = { p50Ms: number | null; p95Ms: number | null; p99Ms: number | null }

/** Latency of answered requests since a time, in milliseconds as the gateway measured it. */
export async function readLatency(db: Db, endpointUid: string, since: Date): Promise<Latency> {
  const [row] = await db.query<{ p50: number | null; p95: number | null; p99: number | null }>(
    `select percentile_cont(0.5) within group (order by latency_ms) as p50, percentile_cont(0.95) within group (order by latency_ms) as p95,
       percentile_cont(0.99) within group (order by latency_ms) as p99
     from inference_request where endpoint_uid = $1 and at >= $2::timestamptz and status < 400`,
    endpointUid,
    since.toISOString(),
  )
  return { p50Ms: row?.p50 ?? null, p95Ms: row?.p95 ?? null, p99Ms: row?.p99 ?? null }
}

/** Requests in windows of `stepMs`, oldest first; windows without any are left out. */
export async function readTraffic(
  db: Db,
  endpointUid: string,
  since: Date,
  stepMs: number,
): Promise<z.infer<typeof TrafficPoint>[]> {
  const rows = await db.query<{ at: Date; requests: number; errors: number; p50: number | null; p99: number | null }>(
    `select date_bin(make_interval(secs => $3::float8 / 1000), at, 'epoch'::timestamptz) as at, count(*)::int as requests,
       (count(*) filter (where status >= 400))::int as errors,
       percentile_cont(0.5) within group (order by latency_ms) filter (where status < 400) as p50,
       percentile_cont(0.99) within group (order by latency_ms) filter (where status < 400) as p99
     from inference_request where endpoint_uid = $1 and at >= $2::timestamptz group by 1 order by 1`,
    endpointUid,
    since.toISOString(),
    stepMs,
  )
  return rows.map((row) => ({
    at: row.at.toISOString(),
    requests: row.requests,
    errors: row.errors,
    p50Ms: row.p50,
    p99Ms: row.p99,
  }))
}

/** When the first request since a time came; null without any. */
export async function findFirstRequest(db: Db, endpointUid: string, since: Date): Promise<Date | null> {
  const [row] = await db.query<{ at: Date | null }>(
    'select min(at) as at from inference_request where endpoint_uid = $1 and at >= $2::timestamptz',
    endpointUid,
    since.toISOString(),
  )
  return row?.at ?? null
}

export async function countPredictions(
  db: Db,
  endpointUid: string,
  since: Date,
): Promise<{ predictions: number; labelled: number }> {
  const [row] = await db.query<{ predictions: number; labelled: number }>(
    `select count(*)::int as predictions, count(l.request_id)::int as labelled from prediction p left join prediction_label l
       on l.endpoint_uid = p.endpoint_uid and l.request_id = p.request_id and l.row_index = p.row_index
     where p.endpoint_uid = $1 and p.at >= $2::timestamptz`,
    endpointUid,
    since.toISOString(),
  )
  return row ?? { predictions: 0, labelled: 0 }
}

/** The newest labelled predictions since a time. */
export async function readLabelled(db: Db, endpointUid: string, since: Date, limit: number): Promise<Labelled[]> {
  return db.query<Labelled>(
    `select p.at, p.prediction, p.scores, l.label from prediction p join prediction_label l
       on l.endpoint_uid = p.endpoint_uid and l.request_id = p.request_id and l.row_index = p.row_index
     where p.endpoint_uid = $1 and p.at >= $2::timestamptz order by p.id desc limit $3::int`,
    endpointUid,
    since.toISOString(),
    limit,
  )
}

export type DriftReport = {
  computedAt: string
  share: number
  drifted: boolean
  reference: string
  features: FeatureDrift[]
}

export async function findLastDrift(db: Db, endpointUid: string): Promise<DriftReport | null> {
  const [row] = await db.query<Omit<DriftReport, 'computedAt'> & { computed_at: Date }>(
    'select computed_at, share, drifted, reference, features from drift_report where endpoint_uid = $1 order by computed_at desc, id desc limit 1',
    endpointUid,
  )
  return row === undefined
    ? null
    : {
        computedAt: row.computed_at.toISOString(),
        share: row.share,
        drifted: row.drifted,
        reference: row.reference,
        features: row.features,
      }
}

export type DriftWindow = {
  lastPredictionId: string
  modelVersion: number | null
  features: LoggedPrediction['features'][]
}

/** The newest rows that the endpoint's newest version predicted; null when there are none. */
export async function readDriftWindow(db: Db, endpointUid: string, limit: number): Promise<DriftWindow | null> {
  const rows = await db.query<{ id: bigint; model_version: number | null; features: LoggedPrediction['features'] }>(
    `with newest as (select model_version from prediction where endpoint_uid = $1 order by id desc limit 1)
     select p.id, p.model_version, p.features from prediction p, newest n
     where p.endpoint_uid = $1 and p.model_version is not distinct from n.model_version order by p.id desc limit $2::int`,
    endpointUid,
    limit,
  )
  const [newest] = rows
  if (newest === undefined) return null
  return {
    lastPredictionId: newest.id.toString(),
    modelVersion: newest.model_version,
    features: rows.map((row) => row.features),
  }
}

export type NewDriftReport = Omit<DriftReport, 'computedAt'> & {
  workspace: string
  endpoint: string
  endpointUid: string
  modelVersion: number | null
  rows: number
  lastPredictionId: string
  computedAt: Date
}

export async function insertDriftReport(db: Db, report: NewDriftReport): Promise<void> {
  await db.query(
    `insert into drift_report (workspace, endpoint, endpoint_uid, model_version, computed_at, rows, last_prediction_id, share, drifted, reference, features)
     values ($1, $2, $3, $4::int, $5::timestamptz, $6::int, $7::bigint, $8::float8, $9::boolean, $10, $11::jsonb) returning id`,
    report.workspace,
    report.endpoint,
    report.endpointUid,
    report.modelVersion,
    report.computedAt.toISOString(),
    report.rows,
    report.lastPredictionId,
    report.share,
    report.drifted,
    report.reference,
    JSON.stringify(report.features),
  )
}

export type DriftCandidate = {
  workspace: string
  name: string
  uid: string
  fresh: number
  lastComputedAt: Date | null
}

/** Endpoints with predictions that the last report has not seen; counted up to `enough`. */
export async function listDriftCandidates(db: Db, enough: number): Promise<DriftCandidate[]> {
  const rows = await db.query<{
    workspace: string
    name: string
    uid: string
    fresh: number
    computed_at: Date | null
  }>(
    `select e.workspace, e.name, e.uid, f.fresh, r.computed_at from endpoint e
     left join lateral (select d.last_prediction_id, d.computed_at from drift_report d where d.endpoint_uid = e.uid
       order by d.computed_at desc, d.id desc limit 1) r on true
     cross join lateral (select count(*)::int as fresh from (select 1 from prediction p where p.endpoint_uid = e.uid
       and p.id > coalesce(r.last_prediction_id, 0) limit $1::int) few) f
     where e.deleted_at is null and e.model is not null and f.fresh > 0`,
    enough,
  )
  return rows.map((row) => ({
    workspace: row.workspace,
    name: row.name,
    uid: row.uid,
    fresh: row.fresh,
    lastComputedAt: row.computed_at,
  }))
}
