import { parseEnv, secret } from '@keelson/process/env'
import { z } from 'zod'

/** What the migration on its own is told, where no launcher applies it. */
export const migrateEnv = { DATABASE_URL: secret(z.string().min(1)).describe('Postgres.') }

export function readEnv() {
  return parseEnv(migrateEnv)
}
