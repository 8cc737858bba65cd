import type { Ctx } from '../context/ctx.ts'

export type AuditRecord = {
  workspace: string | null
  /** `<domain>.<verb>` in the past tense of what was asked: `models.transition`, `tokens.create`. */
  action: string
  /** What was changed, as people address it: `model/churn/versions/3`. */
  subject: string
  before?: unknown
  after?: unknown
}

/**
 * Writes who changed what. Call it inside the transaction of the change (`inTransaction`), so that neither is there without
 * the other. Values are kept as JSON: leave out secrets.
 */
export async function recordAudit(ctx: Pick<Ctx, 'actor' | 'clock' | 'db'>, record: AuditRecord): Promise<void> {
  await ctx.db.query(
    `insert into audit_event (at, actor, workspace, action, subject, before, after)
     values ($1::timestamptz, $2, $3, $4, $5, $6::jsonb, $7::jsonb) returning id`,
    ctx.clock.now().toISOString(),
    ctx.actor.username,
    record.workspace,
    record.action,
    record.subject,
    record.before === undefined ? null : JSON.stringify(record.before),
    record.after === undefined ? null : JSON.stringify(record.after),
  )
}
