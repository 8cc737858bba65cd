import type { Db } from '@keelson/db'

/** Who wrote an object last through the platform, by the audit trail; null where nobody did. */
async function findActor(db: Db, workspace: string | null, subject: string): Promise<string | null> {
  const [row] = await db.query<{ actor: string }>(
    `select actor from audit_event
     where workspace is not distinct from $1 and subject = $2 and action in ('objects.create', 'objects.update')
     order by id desc limit 1`,
    workspace,
    subject,
  )
  return row?.actor ?? null
}

export const lastChange = { findActor }
