/**
 * Postgres for the stores of `core`: one Prisma client, transactions, hand-written SQL in the same transaction, and
 * NOTIFY/LISTEN for the live stream. Knows tables, not rules; nothing above `core` may import it.
 */
import { type LiveChange, liveChannel } from '@keelson/contracts/live'
import { AppError } from '@keelson/process/app-error'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { Prisma, PrismaClient } from './generated/client.ts'

export { Prisma } from './generated/client.ts'

/** What a store works with: the database itself, or one transaction of it. */
export type Db = {
  readonly prisma: Prisma.TransactionClient
  /** Hand-written SQL with `$1` parameters, in the same transaction as `prisma`. bigint columns come back as BigInt. */
  query<Row>(sql: string, ...parameters: unknown[]): Promise<Row[]>
  /** Runs `work` in one transaction (the present one when there is one already). */
  transaction<T>(work: (tx: Db) => Promise<T>): Promise<T>
  /** Tells every open browser that something of this topic changed, when the transaction commits. */
  publish(change: LiveChange): Promise<void>
}

/** The database of a process: opened once in `main.ts`, closed at its end. */
export type Database = Db & {
  /** Resolves when the database answers; throws `unavailable` otherwise. */
  ping(): Promise<void>
  /** Calls `onChange` for every published change, also across reconnects, until `signal` aborts. */
  listen(onChange: (change: LiveChange) => void, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

export type OpenDatabaseOptions = {
  url: string
  /** Upper limit of pooled connections of this process. */
  maxConnections?: number
}

const transactionTimeoutMs = 30_000

export function openDatabase(options: OpenDatabaseOptions): Database {
  const schema = new URL(options.url).searchParams.get('schema') ?? undefined
  const adapter = new PrismaPg(
    { connectionString: options.url, max: options.maxConnections ?? 10, connectionTimeoutMillis: 5_000 },
    schema === undefined ? {} : { schema },
  )
  const client = new PrismaClient({ adapter })
  return {
    ...dbOver(client, (work) =>
      client.$transaction((tx) => work(dbInside(tx)), { timeout: transactionTimeoutMs, maxWait: 10_000 }),
    ),
    ping: async () => {
      await client.$queryRaw`select 1`.catch((cause) => {
        throw new AppError('unavailable', 'The database does not answer.', { cause })
      })
    },
    listen: (onChange, signal) => listenForChanges(options.url, onChange, signal),
    close: () => client.$disconnect(),
  }
}

function dbOver(prisma: Prisma.TransactionClient, transaction: <T>(work: (tx: Db) => Promise<T>) => Promise<T>): Db {
  return {
    prisma,
    query: <Row>(sql: string, ...parameters: unknown[]) => prisma.$queryRawUnsafe<Row[]>(sql, ...parameters),
    transaction,
    publish: async (change) => {
      await prisma.$executeRawUnsafe('select pg_notify($1, $2)', liveChannel, JSON.stringify(change))
    },
  }
}

function dbInside(tx: Prisma.TransactionClient): Db {
  const inside: Db = dbOver(tx, (work) => work(inside))
  return inside
}

/** Postgres unique-key violation, as Prisma or raw SQL reports it: the caller decides what it means. */
export function isUniqueViolation(error: unknown): boolean {
  if (error instanceof Prisma.PrismaClientKnownRequestError) {
    return (
      error.code === 'P2002' ||
      (error.code === 'P2010' && /23505|unique constraint/i.test(JSON.stringify(error.meta ?? {})))
    )
  }
  return false
}

const reconnectMs = 1_000

async function listenForChanges(
  url: string,
  onChange: (change: LiveChange) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const client = new pg.Client({ connectionString: url, application_name: 'keelson-live' })
    try {
      const ended = new Promise<void>((resolve) => {
        client.once('end', resolve)
        client.once('error', () => resolve())
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
      await client.connect()
      client.on('notification', (message) => {
        if (message.payload) onChange(JSON.parse(message.payload) as LiveChange)
      })
      await client.query(`listen ${liveChannel}`)
      await ended
    } catch {
      // The database is away: try again. Readers ask anew when the stream comes back.
    } finally {
      await client.end().catch(() => {})
    }
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, reconnectMs))
  }
}
