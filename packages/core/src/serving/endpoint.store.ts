import type { Endpoint } from '@keelson/contracts/serving'
import type { Db } from '@keelson/db'

/** An InferenceService as the projector saw it last. */
export type EndpointRow = Omit<Endpoint, 'exists'> & { manifest: unknown; deletedAt: string | null }

type Row = {
  uid: string
  workspace: string
  name: string
  status: Endpoint['status']['status']
  reason: string | null
  message: string | null
  status_since: Date | null
  url: string | null
  model: string | null
  model_version: number | null
  revision: string | null
  framework: string
  manifest: unknown
  created_at: Date
  deleted_at: Date | null
}

const columns =
  'uid, workspace, name, status, reason, message, status_since, url, model, model_version, revision, framework, created_at, deleted_at'

function toEndpoint(row: Omit<Row, 'manifest'>): Endpoint {
  return {
    uid: row.uid,
    workspace: row.workspace,
    name: row.name,
    status: {
      status: row.status,
      reason: row.reason,
      message: row.message,
      since: row.status_since?.toISOString() ?? null,
    },
    url: row.url,
    model: row.model,
    modelVersion: row.model_version,
    revision: row.revision,
    framework: row.framework,
    createdAt: row.created_at.toISOString(),
    exists: row.deleted_at === null,
  }
}

/** Endpoints of a workspace that exist, newest first. `after` is the position of the last one of the page before. */
export async function listEndpointRows(
  db: Db,
  workspace: string,
  limit: number,
  after: { createdAt: string; uid: string } | null,
): Promise<Endpoint[]> {
  const rows = await db.query<Omit<Row, 'manifest'>>(
    `select ${columns} from endpoint where workspace = $1 and deleted_at is null
       and ($2::timestamptz is null or (created_at, uid) < ($2::timestamptz, $3::text))
     order by created_at desc, uid desc limit $4::int`,
    workspace,
    after?.createdAt ?? null,
    after?.uid ?? '',
    limit,
  )
  return rows.map(toEndpoint)
}

/** The endpoint of that name: the one that exists, else the one that was deleted last. */
export async function findEndpointRow(
  db: Db,
  workspace: string,
  name: string,
): Promise<{ endpoint: Endpoint; manifest: unknown } | null> {
  const [row] = await db.query<Row>(
    `select ${columns}, manifest from endpoint where workspace = $1 and name = $2
     order by (deleted_at is null) desc, created_at desc limit 1`,
    workspace,
    name,
  )
  return row === undefined ? null : { endpoint: toEndpoint(row), manifest: row.manifest }
}

/** Writes what was seen; true when it differs from what was kept. */
export async function upsertEndpointRow(db: Db, row: Omit<EndpointRow, 'deletedAt'>): Promise<boolean> {
  const written = await db.query(
    `insert into endpoint as e (uid, workspace, name, status, reason, message, status_since, url, model, model_version, revision, framework, manifest, created_at)
     values ($1, $2, $3, $4, $5, $6, $7::timestamptz, $8, $9, $10::int, $11, $12, $13::jsonb, $14::timestamptz)
     on conflict (uid) do update set status = excluded.status, reason = excluded.reason, message = excluded.message,
       status_since = excluded.status_since, url = excluded.url, model = excluded.model, model_version = excluded.model_version,
       revision = excluded.revision, framework = excluded.framework, manifest = excluded.manifest, deleted_at = null
     where (e.status, e.reason, e.message, e.url, e.model, e.model_version, e.revision, e.framework, e.manifest, e.deleted_at)
       is distinct from (excluded.status, excluded.reason, excluded.message, excluded.url, excluded.model, excluded.model_version,
         excluded.revision, excluded.framework, excluded.manifest, excluded.deleted_at)
     returning uid`,
    row.uid,
    row.workspace,
    row.name,
    row.status.status,
    row.status.reason,
    row.status.message,
    row.status.since,
    row.url,
    row.model,
    row.modelVersion,
    row.revision,
    row.framework,
    JSON.stringify(row.manifest),
    row.createdAt,
  )
  return written.length > 0
}

/** Marks endpoints of this name that are not `presentUid` as gone; returns how many were. */
export async function markEndpointsGone(
  db: Db,
  workspace: string,
  name: string,
  presentUid: string | null,
  at: Date,
): Promise<number> {
  const gone = await db.query(
    `update endpoint set deleted_at = $4::timestamptz, status = 'stopped', reason = 'Deleted', message = null, status_since = $4::timestamptz
     where workspace = $1 and name = $2 and deleted_at is null and uid is distinct from $3 returning uid`,
    workspace,
    name,
    presentUid,
    at.toISOString(),
  )
  return gone.length
}

/** `<workspace>/<name>` of every endpoint that is kept as existing: what may have gone while nobody watched. */
export async function listPresentEndpointKeys(db: Db): Promise<string[]> {
  const rows = await db.query<{ workspace: string; name: string }>(
    'select workspace, name from endpoint where deleted_at is null',
  )
  return rows.map((row) => `${row.workspace}/${row.name}`)
}
