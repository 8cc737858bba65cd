import type { AuditEvent, ListAudit } from '@keelson/contracts/access'
import type { Ctx } from '../context/ctx.ts'
import { allowOperator } from './allow.ts'
import { recordAudit } from './record-audit.ts'

const pageSize = 100

type Row = Omit<AuditEvent, 'at'> & { at: Date }

/**
 * The audit trail of the whole installation for operators, the newest first. `before` is the last id of the page before. That
 * somebody began to read it is itself a record.
 */
export async function listAudit(ctx: Ctx, input: ListAudit): Promise<AuditEvent[]> {
  await allowOperator(ctx)
  if (input.before === undefined && !input.search)
    await recordAudit(ctx, { workspace: null, action: 'audit.read', subject: 'audit/all' })
  const rows = await ctx.db.query<Row>(
    `select id::text, at, actor, workspace, action, subject, before, after from audit_event
     where ($1::bigint is null or id < $1::bigint)
       and ($2 = '' or strpos(lower(actor || ' ' || action || ' ' || subject || ' ' || coalesce(workspace, '')), lower($2)) > 0)
       and ($3::text is null or actor = $3) and ($4::text is null or action = $4)
     order by audit_event.id desc limit ${pageSize}`,
    input.before ?? null,
    input.search ?? '',
    input.actor ?? null,
    input.action ?? null,
  )
  return rows.map((row) => ({ ...row, at: new Date(row.at).toISOString() }))
}
