import { AppError } from '@keelson/process/app-error'
import type { z } from 'zod'

/** A JSON body by its schema; says which field is at fault. An empty body is an empty object. */
export function parseBody<T extends z.ZodType>(body: Buffer, schema: T): z.infer<T> {
  let value: unknown = {}
  try {
    if (body.length > 0) value = JSON.parse(body.toString('utf8'))
  } catch (cause) {
    throw new AppError('invalid', 'The body is not JSON.', { cause })
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map((issue) => ({ field: issue.path.join('.'), message: issue.message }))
  throw new AppError('invalid', faults.map(({ field, message }) => `${field}: ${message}`).join('; '), { faults })
}
