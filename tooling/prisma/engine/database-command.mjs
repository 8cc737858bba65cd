import pg from 'pg'
import { readAddress } from './address.mjs'

/** `schema-engine cli <command>`: create, drop or reach a database. Returns the exit code; faults go to stderr as JSON lines. */
export async function runDatabaseCommand(command, url) {
  // The CLI reads standard error line by line and expects one before the first message.
  process.stderr.write('\n')
  try {
    const address = readAddress(url)
    const name = pg.escapeIdentifier(address.database)
    if (command === 'can-connect-to-database') await query(address.url, 'select 1')
    else if (command === 'create-database') await query(address.adminUrl, `create database ${name}`)
    else if (command === 'drop-database') await query(address.adminUrl, `drop database if exists ${name} with (force)`)
    else throw new Error(`Unknown command ${command}`)
    log('INFO', 'done')
    return 0
  } catch (error) {
    const code = prismaCodes[error.code] ?? 'P1001'
    log('ERROR', error.message || String(error.code), { error_code: code, is_panic: false })
    return 1
  }
}

/** Postgres' SQLSTATE → Prisma's code; everything else counts as "cannot be reached". */
const prismaCodes = { '3D000': 'P1003', '28P01': 'P1000', 28000: 'P1000', '42P04': 'P1009' }

async function query(url, sql) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

function log(level, message, extra = {}) {
  const line = {
    timestamp: new Date().toISOString(),
    level,
    fields: { message, ...extra },
    target: 'schema_engine::logger',
  }
  process.stderr.write(`${JSON.stringify(line)}\n`)
}
