/** The parts of a Postgres address that the engine needs. `schema` is Prisma's own parameter, so it is taken out. */
export function readAddress(text) {
  const url = new URL(text)
  const schema = url.searchParams.get('schema') ?? undefined
  url.searchParams.delete('schema')
  const admin = new URL(url)
  admin.pathname = '/postgres'
  const sslMode = url.searchParams.get('sslmode')
  const ssl = sslMode && sslMode !== 'disable' ? { rejectUnauthorized: sslMode === 'verify-full' } : undefined
  const database = decodeURIComponent(url.pathname.slice(1)) || 'postgres'
  return {
    url: url.toString(),
    adminUrl: admin.toString(),
    schema,
    database,
    // As parts and not as connectionString: that would win over the `database` of a shadow database.
    connection: {
      host: decodeURIComponent(url.hostname),
      port: Number(url.port || 5432),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database,
      ...(ssl === undefined ? {} : { ssl }),
    },
  }
}
