import pg from 'pg'

/**
 * The embedded provider is named by the front port, and people are pinned to their provider: when the port of a state
 * folder changes, the same people move with it. Only the launcher knows that it is the same provider.
 */
export async function moveIssuer(databaseUrl: string, from: string, to: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query('update person set issuer = $2 where issuer = $1', [from, to])
  } finally {
    await client.end()
  }
}
