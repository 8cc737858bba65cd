import type { Db } from '@keelson/db'
import type { Metric } from './tracked.ts'

type PointRow = { step: number; time_ms: number; value: number; is_nan: boolean }

const point = 'p.step::float8 as step, p.time_ms::float8 as time_ms, p.value, p.is_nan'

function toMetric(key: string, row: PointRow): Metric {
  return { key, value: row.is_nan ? Number.NaN : row.value, timeMs: row.time_ms, step: row.step }
}

/** Points of a metric in MLflow's order (time, step, value). Empty for an unknown run or key. */
export async function listPoints(
  db: Db,
  metric: { workspace: string; runId: string; key: string },
  page: { offset: number; limit: number | null },
): Promise<Metric[]> {
  const rows = await db.query<PointRow>(
    `select ${point} from metric_point p
     where p.run_number = (select number from run where id = $1 and workspace = $2) and p.key_id = (select id from metric_key where name = $3)
     order by p.time_ms, p.step, p.value, p.is_nan offset $4::int limit $5::int`,
    metric.runId,
    metric.workspace,
    metric.key,
    page.offset,
    page.limit,
  )
  return rows.map((row) => toMetric(metric.key, row))
}

/**
 * At most `most` points of a metric, evenly over all of them in order of (step, time, value), the first and the last always
 * among them. The database numbers the rows; only the sample leaves it.
 */
export async function samplePoints(
  db: Db,
  metric: { workspace: string; runId: string; key: string },
  sample: { most: number; steps: { from: number; to: number } | null },
): Promise<Metric[]> {
  const rows = await db.query<PointRow>(
    `with numbered as (
       select ${point}, row_number() over (order by p.step, p.time_ms, p.value, p.is_nan) - 1 as n, count(*) over () as total
       from metric_point p
       where p.run_number = (select number from run where id = $1 and workspace = $2)
         and p.key_id = (select id from metric_key where name = $3)
         and ($5::bigint is null or p.step between $5::bigint and $6::bigint))
     select step, time_ms, value, is_nan from numbered
     where total <= $4::int or n = total - 1
        or ($4::int > 1 and n < total - 1 and n in (select floor(i * (total - 1)::float8 / ($4::int - 1))::bigint from generate_series(0, $4::int - 2) i))
     order by n`,
    metric.runId,
    metric.workspace,
    metric.key,
    sample.most,
    sample.steps === null ? null : sample.steps.from.toString(),
    sample.steps === null ? null : sample.steps.to.toString(),
  )
  return rows.map((row) => toMetric(metric.key, row))
}

export type Curve = { runId: string; key: string; points: { step: number; timeMs: number; value: number }[] }

/**
 * All metrics of some runs, each thinned evenly to about `most` points, its last one among them. A value that is no number is
 * left out: a curve has a gap there.
 */
export async function listCurves(
  db: Db,
  wanted: { workspace: string; runIds: readonly string[]; most: number; mostCurves: number },
): Promise<{ curves: Curve[]; leftOff: number }> {
  const rows = await db.query<{
    run_id: string
    key: string
    step: number
    time_ms: number
    value: number
    curve: number
  }>(
    `with of_runs as (
       select r.id as run_id, r.number, m.key_id, k.name as key,
         row_number() over (order by k.name, r.number)::int as curve
       from run r join latest_metric m on m.run_number = r.number join metric_key k on k.id = m.key_id
       where r.workspace = $1 and r.id in (select json_array_elements_text($2::json))),
     numbered as (
       select c.run_id, c.key, c.curve, ${point}, row_number() over last_first as back, count(*) over (partition by c.curve) as total
       from of_runs c join metric_point p on p.run_number = c.number and p.key_id = c.key_id
       where c.curve <= $4::int
       window last_first as (partition by c.curve order by p.step desc, p.time_ms desc))
     select run_id, key, step, time_ms, value, (select count(*) from of_runs)::int as curve from numbered
     where not is_nan and (back - 1) % ceil(greatest(1, total::float8 / $3::int))::int = 0
     order by numbered.curve, step, time_ms`,
    wanted.workspace,
    JSON.stringify(wanted.runIds),
    wanted.most,
    wanted.mostCurves,
  )
  const curves = Map.groupBy(rows, ({ run_id, key }) => JSON.stringify([run_id, key]))
  return {
    curves: [...curves.values()].flatMap(([first, ...rest]) =>
      first
        ? [
            {
              runId: first.run_id,
              key: first.key,
              points: [first, ...rest].map(({ step, time_ms: timeMs, value }) => ({ step, timeMs, value })),
            },
          ]
        : [],
    ),
    leftOff: Math.max(0, (rows[0]?.curve ?? 0) - wanted.mostCurves),
  }
}

/** Which of these runs exist in the workspace. */
export async function existingRuns(db: Db, workspace: string, runIds: readonly string[]): Promise<Set<string>> {
  const rows = await db.query<{ id: string }>(
    'select id from run where workspace = $1 and id in (select json_array_elements_text($2::json))',
    workspace,
    JSON.stringify(runIds),
  )
  return new Set(rows.map((row) => row.id))
}

/** The latest value of a metric of a run, or null. */
export async function findLatest(db: Db, workspace: string, runId: string, key: string): Promise<number | null> {
  const rows = await db.query<{ value: number; is_nan: boolean }>(
    `select m.value, m.is_nan from latest_metric m join metric_key k on k.id = m.key_id join run r on r.number = m.run_number
     where r.id = $1 and r.workspace = $2 and k.name = $3`,
    runId,
    workspace,
    key,
  )
  const row = rows[0]
  return row === undefined ? null : row.is_nan ? Number.NaN : row.value
}
