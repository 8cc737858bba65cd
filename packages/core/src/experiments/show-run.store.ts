import type { Stage } from '@keelson/contracts/registry'
import type { Db } from '@keelson/db'
import { textArray } from './arrays.ts'

/** Names of jobs by uid, from the projection: it outlives the objects. */
export async function jobNames(db: Db, uids: readonly string[]): Promise<Map<string, string>> {
  if (uids.length === 0) return new Map()
  const rows = await db.query<{ uid: string; name: string }>(
    'select uid, name from job where uid = any($1::text[])',
    textArray(uids),
  )
  return new Map(rows.map((row) => [row.uid, row.name]))
}

/** The logged models that a run made or was the source of. */
export function modelsOfRun(
  db: Db,
  workspace: string,
  runId: string,
): Promise<{ modelId: string; name: string; status: string }[]> {
  return db.query(
    `select m.id as "modelId", m.name, m.status from logged_model m
     where m.workspace = $1 and m.deleted_at is null
       and (m.source_run_id = $2 or m.id in (select o.model_id from run_output o where o.run_id = $2)) order by m.created_at, m.id`,
    workspace,
    runId,
  )
}

/** The registered versions that came from a run. */
export function versionsOfRun(
  db: Db,
  workspace: string,
  runId: string,
): Promise<{ model: string; version: number; stage: Stage }[]> {
  return db.query(
    `select m.name as model, v.version, v.stage from model_version v join registered_model m on m.id = v.model_id
     where m.workspace = $1 and v.run_id = $2 order by m.name, v.version`,
    workspace,
    runId,
  )
}
