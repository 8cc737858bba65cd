import type { Db } from '@keelson/db'

export type EventRow = {
  uid: string
  workspace: string
  at: string
  level: 'normal' | 'warning'
  reason: string
  message: string
  count: number
  source: string | null
  objectKind: string
  objectName: string
  objectUid: string | null
}

/** Writes events, each once by its uid; a newer count or time replaces the older. Gives the workspaces in which something changed. */
async function put(db: Db, rows: readonly EventRow[]): Promise<string[]> {
  const changed = await db.query<{ workspace: string }>(
    `insert into kube_event (uid, workspace, at, level, reason, message, count, source, object_kind, object_name, object_uid)
     select * from jsonb_to_recordset($1::jsonb) as e(uid text, workspace text, at timestamptz, level text, reason text,
       message text, count int, source text, "objectKind" text, "objectName" text, "objectUid" text)
     on conflict (uid) do update set at = excluded.at, count = excluded.count, message = excluded.message
     where (kube_event.at, kube_event.count, kube_event.message) is distinct from (excluded.at, excluded.count, excluded.message)
     returning workspace`,
    JSON.stringify(rows),
  )
  return [...new Set(changed.map((row) => row.workspace))]
}

export const events = { put }
