import type { Ctx } from '../context/index.ts'

/** By then the history of the job, which the name goes into, has long been begun. */
const keptFor = '1 day'

/**
 * Writes down who makes an object, told by the API server before it is there. Of one that is refused after all nothing comes: its
 * uid is never seen again, and the row goes in time.
 */
export async function keepCreator(ctx: Ctx, { uid, username }: { uid: string; username: string }): Promise<void> {
  await ctx.db.query(
    'insert into object_creator (uid, username) values ($1, $2) on conflict (uid) do nothing returning uid',
    uid,
    username,
  )
  await ctx.db.query(
    `delete from object_creator where uid in
       (select uid from object_creator where at < now() - interval '${keptFor}' limit 100) returning uid`,
  )
}
