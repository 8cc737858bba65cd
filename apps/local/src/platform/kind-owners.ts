import { KindOwner } from '@keelson/contracts/platform'
import pg from 'pg'
import { z } from 'zod'

const Kept = z.object({ kinds: z.array(KindOwner) })

/** Who owns each kind, as the leading controller saw it last; empty before it has looked, or when the database is away. */
export async function readKindOwners(databaseUrl: string): Promise<KindOwner[]> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 })
  try {
    await client.connect()
    const { rows } = await client.query("select value from setting where key = 'kinds'")
    const kept = Kept.safeParse(rows[0]?.value)
    return kept.success ? kept.data.kinds : []
  } catch {
    return []
  } finally {
    await client.end().catch(() => {})
  }
}
