import type { FieldFault } from '@keelson/contracts/errors'
import { AppError } from '@keelson/process/app-error'

/**
 * A refusal with the fields that its text names. The server gives `details.causes` for what its validation finds; what its decoder
 * finds (`strict decoding error: unknown field "spec.foo"`, `json: cannot unmarshal string into Go struct field JobSpec.spec.parallelism
 * of type int32`) is in the message alone.
 */
export function withNamedFields(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== 'invalid' || error.faults.length > 0) return error
  const faults = fieldsIn(error.message)
  return faults.length === 0 ? error : new AppError(error.code, error.message, { cause: error, faults })
}

export function fieldsIn(message: string): FieldFault[] {
  const named = [...message.matchAll(/(unknown|duplicate) field "([^"]+)"/g)].map(([, what, field = '']) => ({
    field,
    message: what === 'unknown' ? 'There is no such field.' : 'The field is there twice.',
  }))
  const typed = [...message.matchAll(/cannot unmarshal (\w+) into Go struct field \w+\.(\S+) of type (\S+)/g)].map(
    ([, given = '', field = '', wanted = '']) => ({ field, message: `Expected ${wordsOf(wanted)}, found ${given}.` }),
  )
  return [...named, ...typed]
}

/** A Go type as a person would call it. */
function wordsOf(type: string): string {
  if (/^u?int\d*$/.test(type)) return 'a whole number'
  if (/^float\d*$/.test(type)) return 'a number'
  if (type === 'bool') return 'true or false'
  if (type === 'string') return 'a text'
  if (type.startsWith('[]')) return 'a list'
  return type.startsWith('map[') ? 'a mapping' : type
}
