/** Applies the migrations and ends: what runs before the platform's processes where no launcher starts them. */
import { AppError } from '@keelson/process/app-error'
import { EnvError } from '@keelson/process/env'
import { readEnv } from './env.ts'
import { migrate } from './migrate.ts'

try {
  const { applied, alreadyApplied } = await migrate({ url: readEnv().DATABASE_URL })
  process.stdout.write(`${JSON.stringify({ msg: 'migrated', applied, alreadyApplied })}\n`)
} catch (error) {
  const isForPeople = error instanceof AppError || error instanceof EnvError
  process.stderr.write(`${error instanceof Error ? (isForPeople ? error.message : error.stack) : String(error)}\n`)
  process.exitCode = 1
}
