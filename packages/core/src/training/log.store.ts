import type { Db } from '@keelson/db'
import { AppError } from '@keelson/process/app-error'
import type { LogPosition } from './log-position.rules.ts'
import { type Sample, samples } from './sample.store.ts'

/** One run of one container of a pod: `restart` counts from 0. */
export type LogStreamKey = { podUid: string; container: string; restart: number }
export type LogStreamRow = LogStreamKey & { position: LogPosition; newestKept: string | null; complete: boolean }
export type KeptLine = { id: string; podUid: string; container: string; at: string; text: string }

/** The stream's state; begins it where it is new. */
async function open(db: Db, key: LogStreamKey, workspace: string, pod: string): Promise<LogStreamRow> {
  await db.query(
    `insert into log_stream (pod_uid, container, restart, workspace, pod) values ($1, $2, $3, $4, $5)
     on conflict do nothing returning pod_uid`,
    key.podUid,
    key.container,
    key.restart,
    workspace,
    pod,
  )
  const rows = await db.query<{ since: number | null; count: number; complete: boolean; newest: Date | null }>(
    `select extract(epoch from s.last_at)::float8 as since, s.last_count as count, s.complete,
       (select max(at) from log_line l where l.pod_uid = s.pod_uid and l.container = s.container and l.restart = s.restart) as newest
     from log_stream s where pod_uid = $1 and container = $2 and restart = $3`,
    key.podUid,
    key.container,
    key.restart,
  )
  const [row] = rows
  if (!row) throw new AppError('internal', 'A log stream vanished while it was opened.')
  return {
    ...key,
    complete: row.complete,
    newestKept: row.newest?.toISOString() ?? null,
    position: { sinceSeconds: row.since, count: row.count },
  }
}

/**
 * Keeps lines, and the numbers that they told, and moves the position in one transaction: all or nothing. Refused with `conflict` when the position is not
 * `from` any more, because another controller keeps this log.
 *
 * Line ids are the cursor of readers. Writers of one job take turns (the lock is held to the end of the transaction), so
 * that no line becomes visible below an id that somebody has read already.
 */
async function append(
  db: Db,
  stream: LogStreamKey & { from: LogPosition; to: LogPosition; orderedBy: string },
  lines: readonly { at: string; text: string }[],
  numbers: readonly Sample[] = [],
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query(
      `select 1 as locked from (select pg_advisory_xact_lock(hashtextextended($1, 7))) as l`,
      stream.orderedBy,
    )
    const moved = await tx.query(
      `update log_stream set last_at = to_timestamp($4::float8), last_count = $5
       where pod_uid = $1 and container = $2 and restart = $3 and not complete
         and last_at is not distinct from to_timestamp($6::float8) and last_count = $7
       returning pod_uid`,
      stream.podUid,
      stream.container,
      stream.restart,
      stream.to.sinceSeconds,
      stream.to.count,
      stream.from.sinceSeconds,
      stream.from.count,
    )
    if (moved.length === 0) throw new AppError('conflict', 'Another controller keeps this log.')
    await tx.query(
      `insert into log_line (pod_uid, container, restart, at, text)
       select $1, $2, $3, line.at, line.text
       from unnest($4::timestamptz[], $5::text[]) with ordinality as line (at, text, n) order by line.n
       returning 1 as one`,
      stream.podUid,
      stream.container,
      stream.restart,
      lines.map((line) => line.at),
      lines.map((line) => storable(line.text)),
    )
    await samples.append(tx, numbers)
  })
}

/** Postgres text has no NUL; everything else is kept as it is, colours and all. */
function storable(text: string): string {
  return text.replaceAll('\u0000', '\uFFFD')
}

async function complete(db: Db, key: LogStreamKey): Promise<void> {
  await db.query(
    `update log_stream set complete = true where pod_uid = $1 and container = $2 and restart = $3 returning pod_uid`,
    key.podUid,
    key.container,
    key.restart,
  )
}

/** Ends all streams of a pod that is gone: nothing more can come. */
async function completePod(db: Db, podUid: string): Promise<void> {
  await db.query(`update log_stream set complete = true where pod_uid = $1 and not complete returning pod_uid`, podUid)
}

/** Pods whose logs are, as far as history knows, still being kept. */
async function podsOfOpenStreams(db: Db): Promise<string[]> {
  const rows = await db.query<{ pod_uid: string }>(`select distinct pod_uid from log_stream where not complete`)
  return rows.map((row) => row.pod_uid)
}

/** Lines of these pods after `afterId`, in the order in which they were kept. */
function list(db: Db, podUids: readonly string[], afterId: string, limit: number): Promise<KeptLine[]> {
  return db.query<KeptLine>(
    `select id::text as id, pod_uid as "podUid", container,
       to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, text
     from log_line where pod_uid = any($1::text[]) and log_line.id > $2::bigint order by log_line.id limit $3`,
    [...podUids],
    afterId,
    limit,
  )
}

async function allComplete(db: Db, podUids: readonly string[]): Promise<boolean> {
  const rows = await db.query(
    `select 1 as open from log_stream where pod_uid = any($1::text[]) and not complete limit 1`,
    [...podUids],
  )
  return rows.length === 0
}

export const logs = { open, append, complete, completePod, podsOfOpenStreams, list, allComplete }
