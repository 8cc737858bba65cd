import type { Db } from '@keelson/db'

/** Answers are kept in the create's own transaction; see `repeat-call.ts` for when they go. Keys are `\x`-hex of bytea. */
export async function insertUnconfirmed(
  db: Db,
  row: { key: Buffer; actor: string; answer: unknown; at: Date },
): Promise<void> {
  await db.query(
    `insert into unconfirmed_call (key, actor, answer, created_at) values (decode($1, 'hex'), $2, $3::jsonb, $4::timestamptz) returning actor`,
    row.key.toString('hex'),
    row.actor,
    JSON.stringify(row.answer),
    row.at.toISOString(),
  )
}

/** The answers to this call whose delivery was never confirmed, oldest first. `prefix` is the call's hash. */
export async function listUnconfirmed(
  db: Db,
  prefix: Buffer,
  after: Date,
): Promise<{ key: string; answer: unknown }[]> {
  return db.query(
    `select encode(key, 'hex') as key, answer from unconfirmed_call
     where key >= decode($1, 'hex') and key < decode($2, 'hex') and created_at > $3::timestamptz order by created_at, key`,
    prefix.toString('hex'),
    `${prefix.toString('hex')}ffffffffffffffffff`,
    after.toISOString(),
  )
}

export async function deleteUnconfirmed(db: Db, key: string): Promise<void> {
  await db.query(`delete from unconfirmed_call where key = decode($1, 'hex') returning actor`, key)
}

export async function deleteUnconfirmedBefore(db: Db, before: Date): Promise<void> {
  await db.query(
    'delete from unconfirmed_call where created_at < $1::timestamptz returning actor',
    before.toISOString(),
  )
}
