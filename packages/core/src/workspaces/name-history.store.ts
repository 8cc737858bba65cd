/** What Postgres keeps under a name after its workspace is gone: experiments, models, logs, events, the audit trail. */
import type { Db } from '@keelson/db'

type Row = { has_history: boolean; owner: string | null }

/**
 * Whether what is kept under `name` is not `username`'s own: a new workspace of that name would show it to its owner. What was
 * refused there is no history; a wrong guess of a name must not take it from everybody.
 */
async function isOfAnother(db: Db, name: string, username: string): Promise<boolean> {
  const [row] = await db.query<Row>(
    `select exists (select 1 from experiment where workspace = $1)
         or exists (select 1 from registered_model where workspace = $1)
         or exists (select 1 from job where workspace = $1)
         or exists (select 1 from kube_event where workspace = $1)
         or exists (select 1 from audit_event where workspace = $1 and action not in ('access.refused', 'request.refused')) as has_history,
       (select case action when 'workspaces.delete' then before->>'owner'
                 else coalesce(after->'owner'->>'name', after->>'owner') end
        from audit_event
        where workspace = $1 and action in ('workspaces.create', 'workspaces.transfer', 'workspaces.delete')
        order by id desc limit 1) as owner`,
    name,
  )
  return row?.has_history === true && row.owner !== username
}

export const nameHistory = { isOfAnother }
