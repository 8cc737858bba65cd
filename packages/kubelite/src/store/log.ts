/**
 * The append-only log in Postgres, one row per change with the resourceVersion as its key (kine's layout). One kubelite
 * writes to one database: the session that writes holds an advisory lock, so losing the session is losing the right to write.
 */
import { Client } from 'pg'
import { migrate } from './migrations.ts'

export type LogOp = 'c' | 'u' | 'd'
export type LogRow = { rv: number; resource: string; key: string; op: LogOp; object: string }

/** "kubelite" in ASCII, cut to a signed 64-bit number. */
const lockKey = '7742081186540777'

export class LogLockedError extends Error {
  constructor() {
    super('Another kubelite is writing to this database.')
    this.name = 'LogLockedError'
  }
}

export class PostgresLog {
  readonly #url: string
  #client: Client | null = null

  constructor(url: string) {
    this.#url = url
  }

  /** Connects, takes the lock and migrates. Safe to call again after a failure. */
  async open(lockTimeoutMs = 10_000): Promise<void> {
    await this.close()
    const client = new Client({ connectionString: this.#url, application_name: 'kubelite', keepAlive: true })
    client.on('error', () => {
      if (this.#client === client) this.#client = null
    })
    await client.connect()
    try {
      await takeLock(client, lockTimeoutMs)
      await client.query('SET synchronous_commit = on')
      await migrate(client)
    } catch (error) {
      await client.end().catch(() => {})
      throw error
    }
    this.#client = client
  }

  async close(): Promise<void> {
    const client = this.#client
    this.#client = null
    await client?.end().catch(() => {})
  }

  /** Durable when it resolves. One statement, so all rows or none. */
  async append(rows: readonly LogRow[]): Promise<void> {
    await this.#connected().query({
      name: 'kubelite-append',
      text: `INSERT INTO kubelite.log (rv, resource, key, op, object)
             SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::"char"[], $5::text[])`,
      values: [
        rows.map((row) => row.rv),
        rows.map((row) => row.resource),
        rows.map((row) => row.key),
        rows.map((row) => row.op),
        rows.map((row) => row.object),
      ],
    })
  }

  /** All rows after `rv`, in order. */
  async *read(after: number): AsyncIterable<LogRow> {
    const page = 2_000
    for (let from = after; ; ) {
      const { rows } = await this.#connected().query<Omit<LogRow, 'rv'> & { rv: string }>(
        'SELECT rv, resource, key, op, object FROM kubelite.log WHERE rv > $1 ORDER BY rv LIMIT $2',
        [from, page],
      )
      for (const row of rows) yield { ...row, rv: Number(row.rv) }
      const last = rows.at(-1)
      if (last === undefined || rows.length < page) return
      from = Number(last.rv)
    }
  }

  async compacted(): Promise<number> {
    const { rows } = await this.#connected().query<{ value: string }>(
      "SELECT value FROM kubelite.meta WHERE name = 'compacted'",
    )
    return Number(rows[0]?.value ?? 0)
  }

  /** Forgets history up to `rv`: of every key only its newest row survives, and none when that row is a deletion. */
  async compact(rv: number): Promise<void> {
    const client = this.#connected()
    await client.query(
      `WITH mark AS (UPDATE kubelite.meta SET value = $1 WHERE name = 'compacted' AND value < $1)
       DELETE FROM kubelite.log old WHERE old.rv <= $1 AND (
         old.op = 'd' OR EXISTS (SELECT 1 FROM kubelite.log newer
           WHERE newer.resource = old.resource AND newer.key = old.key AND newer.rv > old.rv AND newer.rv <= $1))`,
      [rv],
    )
  }

  #connected(): Client {
    if (this.#client === null) throw new Error('The connection to Postgres is lost.')
    return this.#client
  }
}

/** Waits a little, because the session of a killed kubelite may live for a moment longer than it. */
async function takeLock(client: Client, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [lockKey])
    if (rows[0]?.taken) return
    if (Date.now() > deadline) throw new LogLockedError()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
