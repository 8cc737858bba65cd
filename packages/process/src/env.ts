import { readFileSync } from 'node:fs'
import type { z } from 'zod'

/**
 * Marks a key whose value never appears in a log, and that may come from a file named by `<KEY>_FILE`. Kept in zod's own
 * metadata, which `.describe()` and the like hand on to the schema that they make.
 */
export function secret<T extends z.ZodType>(schema: T): T {
  return schema.meta({ ...schema.meta(), secret: true }) as T
}

function isSecret(schema: z.ZodType): boolean {
  return schema.meta()?.secret === true
}

export type EnvShape = Record<string, z.ZodType>

/** All problems of an environment at once, one line each, fit to be printed as it is. */
export class EnvError extends Error {
  constructor(problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
    this.name = 'EnvError'
  }
}

/**
 * Reads a flat environment once, at the start of a process. Every key has a default or is optional; a secret may come
 * from the file that `<KEY>_FILE` names. Throws {@link EnvError} with every problem.
 */
export function parseEnv<T extends EnvShape>(
  shape: T,
  source: Record<string, string | undefined> = process.env,
): { [K in keyof T]: z.infer<T[K]> } {
  const values: Record<string, unknown> = {}
  const problems: string[] = []
  for (const [key, schema] of Object.entries(shape)) {
    try {
      const parsed = schema.safeParse(readKey(key, schema, source))
      if (parsed.success) values[key] = parsed.data
      else problems.push(...parsed.error.issues.map((issue) => `${key}: ${issue.message}`))
    } catch (error) {
      problems.push(`${key}_FILE: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  if (problems.length > 0) throw new EnvError(problems)
  return values as { [K in keyof T]: z.infer<T[K]> }
}

function readKey(key: string, schema: z.ZodType, source: Record<string, string | undefined>): string | undefined {
  const file = isSecret(schema) ? source[`${key}_FILE`] : undefined
  if (file !== undefined) return readFileSync(file, 'utf8').trim()
  const value = source[key]
  return value === '' ? undefined : value
}

/** The effective configuration for the log, secrets masked by type. */
export function describeEnv(shape: EnvShape, values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(shape).map(([key, schema]) => [
      key,
      isSecret(schema) && values[key] !== undefined ? '***' : values[key],
    ]),
  )
}
