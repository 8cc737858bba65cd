/** The people as operators see them, all together. */
import type { PersonSummary } from '@keelson/contracts/access'
import type { Db } from '@keelson/db'

const mostShown = 1_000

type Row = {
  id: string
  username: string
  name: string
  email: string
  groups: string[]
  created_at: Date
  seen_at: Date
  disabled_at: Date | null
  sessions: number
  tokens: number
}

const select = `select p.id, p.username, p.name, p.email, p.groups, p.created_at, p.seen_at, p.disabled_at,
    (select count(*)::int from session s where s.person_id = p.id and s.revoked_at is null and s.expires_at > $1::timestamptz) as sessions,
    (select count(*)::int from access_token t where t.person_id = p.id and t.revoked_at is null
      and (t.expires_at is null or t.expires_at > $1::timestamptz)) as tokens
  from person p`

async function listPeople(db: Db, search: string, now: Date): Promise<PersonSummary[]> {
  const rows = await db.query<Row>(
    `${select} where $2 = '' or strpos(lower(p.username || ' ' || p.name || ' ' || p.email), lower($2)) > 0
     order by p.seen_at desc, p.id limit ${mostShown}`,
    now.toISOString(),
    search,
  )
  return rows.map(toSummary)
}

async function findPerson(db: Db, id: string, now: Date): Promise<PersonSummary | null> {
  const rows = await db.query<Row>(`${select} where p.id = $2::uuid`, now.toISOString(), id)
  return rows[0] === undefined ? null : toSummary(rows[0])
}

async function setDisabled(db: Db, id: string, at: Date | null): Promise<void> {
  await db.prisma.person.update({ where: { id }, data: { disabledAt: at }, select: { id: true } })
}

/** How many people each group of the provider has, as of their latest sign-in. */
async function countGroups(db: Db): Promise<Map<string, number>> {
  const rows = await db.query<{ name: string; people: number }>(
    `select member.name, count(*)::int as people from person p, unnest(p.groups) as member(name) group by member.name`,
  )
  return new Map(rows.map(({ name, people }) => [name, people]))
}

function toSummary(row: Row): PersonSummary {
  const { id, username, name, email, groups, sessions, tokens } = row
  return {
    id,
    username,
    name,
    email,
    groups,
    sessions,
    tokens,
    firstSeenAt: new Date(row.created_at).toISOString(),
    lastSeenAt: new Date(row.seen_at).toISOString(),
    disabledAt: row.disabled_at === null ? null : new Date(row.disabled_at).toISOString(),
  }
}

export const directory = { listPeople, findPerson, setDisabled, countGroups }
