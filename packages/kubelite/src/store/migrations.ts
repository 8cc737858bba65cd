import type { Client } from 'pg'

/** Numbered, append-only: an entry is never edited after a release. */
const migrations: readonly string[] = [
  `CREATE TABLE kubelite.log (
     rv bigint PRIMARY KEY,
     resource text NOT NULL,
     key text NOT NULL,
     op "char" NOT NULL,
     object text NOT NULL
   );
   CREATE INDEX log_resource_key ON kubelite.log (resource, key, rv);
   CREATE TABLE kubelite.meta (name text PRIMARY KEY, value bigint NOT NULL);
   INSERT INTO kubelite.meta (name, value) VALUES ('compacted', 0);`,
]

/** Brings schema `kubelite` to the newest version. The caller holds kubelite's advisory lock. */
export async function migrate(client: Client): Promise<void> {
  await client.query('CREATE SCHEMA IF NOT EXISTS kubelite')
  await client.query(
    'CREATE TABLE IF NOT EXISTS kubelite.migration (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
  )
  const { rows } = await client.query<{ version: number | null }>(
    'SELECT max(version) AS version FROM kubelite.migration',
  )
  const current = rows[0]?.version ?? 0
  if (current > migrations.length) {
    throw new Error(
      `The database was written by a newer kubelite (schema ${current}, this one knows ${migrations.length}).`,
    )
  }
  for (const [index, sql] of migrations.entries()) {
    const version = index + 1
    if (version <= current) continue
    await client.query('BEGIN')
    await client.query(sql)
    await client.query('INSERT INTO kubelite.migration (version) VALUES ($1)', [version])
    await client.query('COMMIT')
  }
}
