import type { ActivityEntry } from '@keelson/contracts/activity'
import type { Db } from '@keelson/db'
import { faultAction, refusalAction } from '../access/index.ts'

/** Where a page ended: its last entry's time (microseconds, as Postgres has it) and id. */
export type ActivityPosition = { at: string; id: string }

export type ActivityQuery = {
  workspace: string
  objectUid?: string | undefined
  objectKind?: string | undefined
  objectName?: string | undefined
  source?: 'event' | 'audit' | 'warning' | undefined
  actor?: string | undefined
  search?: string | undefined
  since?: string | undefined
  until?: string | undefined
  withAudit: boolean
  before: ActivityPosition | null
  limit: number
}

type Row = Omit<ActivityEntry, 'object' | 'at' | 'facts'> & {
  at: string
  after: unknown
  object_kind: string
  object_name: string
  object_uid: string | null
}

const instant = `to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at`

/**
 * Each side gives its own first page by its index; the union of both is then cut. To a job belong the events of its pods:
 * why one of them waits or failed is said there.
 */
async function list(db: Db, query: ActivityQuery): Promise<(ActivityEntry & { position: ActivityPosition })[]> {
  const rows = await db.query<Row>(
    `with entries as (
       (select 'e' || uid as id, at, 'event' as source, level, reason, message, source as actor, count,
          object_kind, object_name, object_uid, null::jsonb as after
        from kube_event
        where workspace = $1 and ($2::text is null or object_uid = $2 or object_uid in (select uid from job_pod where job_uid = $2))
          and ($3::text is null or object_kind = $3) and ($4::text is null or object_name = $4)
          and ($5::timestamptz is null or (at, 'e' || uid) < ($5, $6::text))
          and ($9 = '' or $9 = 'event' or ($9 = 'warning' and level = 'warning'))
          and ($10 = '' or source = $10) and ($12::timestamptz is null or at >= $12) and ($13::timestamptz is null or at < $13)
          and ($11 = '' or strpos(lower(concat_ws(' ', reason, message, object_kind, object_name, source)), lower($11)) > 0)
        order by at desc, uid desc limit $7)
       union all
       (select 'a' || lpad(id::text, 20, '0') as id, at, 'audit', case action when '${refusalAction}' then 'warning' else 'normal' end,
          action, action || ' ' || subject, actor, case action when '${refusalAction}' then (after->>'count')::int else 1 end,
          split_part(subject, '/', 1), split_part(subject, '/', 2), null, after
        from audit_event
        where workspace = $1 and $8 and $2::text is null and action <> '${faultAction}'
          and ($3::text is null or lower(split_part(subject, '/', 1)) = lower($3))
          and ($4::text is null or split_part(subject, '/', 2) = $4)
          and ($5::timestamptz is null or (at, 'a' || lpad(id::text, 20, '0')) < ($5, $6::text))
          and ($9 = '' or $9 = 'audit')
          and ($10 = '' or actor = $10) and ($12::timestamptz is null or at >= $12) and ($13::timestamptz is null or at < $13)
          and ($11 = '' or strpos(lower(concat_ws(' ', action, subject, actor)), lower($11)) > 0)
        order by audit_event.id desc limit $7)
     )
     select id, ${instant}, source, level, reason, message, actor, count, object_kind, object_name, object_uid, after
     from entries order by entries.at desc, id desc limit $7`,
    query.workspace,
    query.objectUid ?? null,
    query.objectKind ?? null,
    query.objectName ?? null,
    query.before?.at ?? null,
    query.before?.id ?? null,
    query.limit,
    query.withAudit,
    query.source ?? '',
    query.actor ?? '',
    query.search ?? '',
    query.since ?? null,
    query.until ?? null,
  )
  return rows.map(({ object_kind: kind, object_name: name, object_uid: uid, after, ...row }) => ({
    ...row,
    facts: plainValues(after),
    object: { kind, name, uid },
    position: { at: row.at, id: row.id },
  }))
}

/** What a record holds besides plain values (a whole spec, a gate's result) is for the audit trail, not for a list. */
function plainValues(after: unknown): ActivityEntry['facts'] {
  if (typeof after !== 'object' || after === null || Array.isArray(after)) return {}
  const isPlain = (entry: [string, unknown]): entry is [string, string | number | boolean] =>
    ['string', 'number', 'boolean'].includes(typeof entry[1])
  return Object.fromEntries(Object.entries(after).filter(isPlain))
}

export const activity = { list }
