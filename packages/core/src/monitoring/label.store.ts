import type { SubmitLabels } from '@keelson/contracts/monitoring'
import type { Db } from '@keelson/db'

type Label = SubmitLabels['labels'][number]
export type KeptLabel = {
  requestId: string
  rowIndex: number
  endpointUid: string
  known: boolean
  before: unknown
  changed: boolean
  isNew: boolean
}

/**
 * Finds what each label belongs to: the prediction of that request and row of any life of the endpoint (an endpoint that was
 * deleted and made again has another uid), else the present one, for a prediction that is still on its way.
 */
export async function matchLabels(
  db: Db,
  at: { workspace: string; endpoint: string; uid: string },
  labels: readonly Label[],
): Promise<KeptLabel[]> {
  const rows = await db.query<{
    request_id: string
    row_index: number
    endpoint_uid: string
    known: boolean
    before: unknown
    changed: boolean
    is_new: boolean
  }>(
    `with given as (select "requestId" as request_id, "rowIndex" as row_index, coalesce(label, 'null'::jsonb) as label
         from jsonb_to_recordset($1::jsonb) as g("requestId" text, "rowIndex" int, label jsonb)),
       lives as (select uid from endpoint where workspace = $2 and name = $3),
       found as (select distinct on (g.request_id, g.row_index) g.*, p.endpoint_uid from given g left join prediction p
         on p.request_id = g.request_id and p.row_index = g.row_index and p.endpoint_uid in (select uid from lives)
         order by g.request_id, g.row_index, p.id desc nulls last)
     select f.request_id, f.row_index, coalesce(f.endpoint_uid, $4) as endpoint_uid, f.endpoint_uid is not null as known, l.label as before,
       l.label is distinct from f.label as changed, l.label is null as is_new
     from found f left join prediction_label l
       on l.endpoint_uid = coalesce(f.endpoint_uid, $4) and l.request_id = f.request_id and l.row_index = f.row_index`,
    JSON.stringify(labels),
    at.workspace,
    at.endpoint,
    at.uid,
  )
  return rows.map((row) => ({
    requestId: row.request_id,
    rowIndex: row.row_index,
    endpointUid: row.endpoint_uid,
    known: row.known,
    before: row.before,
    changed: row.changed,
    isNew: row.is_new,
  }))
}

/** Writes labels; the last one wins. */
export async function upsertLabels(
  db: Db,
  workspace: string,
  by: string,
  at: Date,
  labels: readonly { endpointUid: string; requestId: string; rowIndex: number; label: unknown }[],
): Promise<void> {
  await db.query(
    `insert into prediction_label (endpoint_uid, request_id, row_index, workspace, label, labelled_by, at)
     select "endpointUid", "requestId", "rowIndex", $2, coalesce(label, 'null'::jsonb), $3, $4::timestamptz
     from jsonb_to_recordset($1::jsonb) as g("endpointUid" text, "requestId" text, "rowIndex" int, label jsonb)
     on conflict (endpoint_uid, request_id, row_index) do update set label = excluded.label, labelled_by = excluded.labelled_by, at = excluded.at
     returning request_id`,
    JSON.stringify(labels),
    workspace,
    by,
    at.toISOString(),
  )
}
