/** Numbers over time of a job's pods: what their log lines told, and what they used. Bounded, however long a job runs. */
import type { Db } from '@keelson/db'

export type Sample = {
  podUid: string
  jobUid: string
  source: 'log' | 'usage'
  name: string
  step: number | null
  at: string
  value: number
}

export type KeptSeries = {
  podUid: string
  source: 'log' | 'usage'
  name: string
  points: { step: number | null; timeMs: number; value: number }[]
}

/** A series that holds this many is thinned to half. */
const mostKept = 2_000
/** Different names of one pod; a batch may carry it this far beyond once more. */
const mostNames = 100
/** What one answer holds: of each series at most this many points, and of all of them together about the other. */
const mostShown = 400
const mostShownInAll = 40_000
const mostSeries = 600

/** Adds numbers in their order. Within the transaction that keeps the lines they come from, where there is one. */
async function append(db: Db, numbers: readonly Sample[]): Promise<void> {
  const wanted = withFewNames(numbers)
  if (wanted.length === 0) return
  const rows = await db.query<{ id: bigint }>(
    `with given as (
       select *, row_number() over of_series - 1 as k, count(*) over (partition by pod_uid, source, name) as total
       from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[])
         with ordinality as g (pod_uid, job_uid, source, name, step, at, value, o)
       where exists (select 1 from pod_series s where s.pod_uid = g.pod_uid and s.source = g.source and s.name = g.name)
         or (select count(*) from pod_series s where s.pod_uid = g.pod_uid and s.source = g.source) < ${mostNames}
       window of_series as (partition by pod_uid, source, name order by o)),
     series as (
       insert into pod_series as kept (pod_uid, job_uid, source, name, seen, last_step, last_at, last_value)
       select pod_uid, job_uid, source, name, total, step::float8, at, value::float8 from given where k = total - 1
       on conflict (pod_uid, source, name) do update set seen = kept.seen + excluded.seen,
         last_step = excluded.last_step, last_at = excluded.last_at, last_value = excluded.last_value
       returning id, pod_uid, source, name, seen, stride)
     insert into pod_sample (series_id, n, step, at, value)
     select s.id, s.seen - g.total + g.k, g.step::float8, g.at, g.value::float8
     from given g join series s using (pod_uid, source, name)
     where (s.seen - g.total + g.k) % s.stride = 0
     returning series_id as id`,
    wanted.map(({ podUid }) => podUid),
    wanted.map(({ jobUid }) => jobUid),
    wanted.map(({ source }) => source),
    wanted.map(({ name }) => name),
    wanted.map(({ step }) => (step === null ? null : String(step))),
    wanted.map(({ at }) => at),
    wanted.map(({ value }) => String(value)),
  )
  await thin(
    db,
    [...new Set(rows.map(({ id }) => id))].map((id) => String(id)),
  )
}

/** Halves the series that have become too long: what is left lies evenly over all of it. */
async function thin(db: Db, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await db.query(
    `with long as (update pod_series set stride = stride * 2
       where id = any($1::bigint[]) and seen / stride >= ${mostKept} returning id, stride)
     delete from pod_sample p using long where p.series_id = long.id and p.n % long.stride <> 0 returning p.n`,
    [...ids],
  )
}

function withFewNames(numbers: readonly Sample[]): readonly Sample[] {
  const names = new Set(numbers.map(({ name }) => name))
  if (names.size <= mostNames) return numbers
  const kept = new Set([...names].slice(0, mostNames))
  return numbers.filter(({ name }) => kept.has(name))
}

type PointRow = { id: bigint; step: number | null; time_ms: number; value: number }

/** The series of a job, thinned evenly to what a chart can show, each with its newest number. `leftOff` counts those beyond the bound. */
async function list(db: Db, jobUid: string): Promise<{ series: KeptSeries[]; leftOff: number }> {
  const found = await db.query<PointRow & { pod_uid: string; source: 'log' | 'usage'; name: string }>(
    `select id, pod_uid, source, name, last_step as step, extract(epoch from last_at)::float8 * 1000 as time_ms, last_value as value
     from pod_series where job_uid = $1 order by source desc, name, id`,
    jobUid,
  )
  const shown = found.slice(0, mostSeries)
  const each = Math.max(30, Math.min(mostShown, Math.floor(mostShownInAll / Math.max(1, shown.length))))
  const rows = await db.query<PointRow>(
    `select p.series_id as id, p.step, extract(epoch from p.at)::float8 * 1000 as time_ms, p.value
     from pod_sample p join pod_series s on s.id = p.series_id
     where s.id = any($1::bigint[]) and p.n < s.seen - 1
       and p.n % (s.stride * ceil(greatest(1, s.seen::float8 / s.stride / $2::int))::int) = 0
     order by p.series_id, p.n`,
    shown.map(({ id }) => String(id)),
    each,
  )
  const points = Map.groupBy(rows, ({ id }) => id)
  return {
    series: shown.map(({ pod_uid: podUid, source, name, ...last }) => ({
      podUid,
      source,
      name,
      points: [...(points.get(last.id) ?? []), last].map(({ step, time_ms: timeMs, value }) => ({
        step,
        timeMs,
        value,
      })),
    })),
    leftOff: found.length - shown.length,
  }
}

export const samples = { append, list }
