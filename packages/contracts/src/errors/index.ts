/**
 * The closed list of error codes that every part of Keelson uses, with their meaning on each wire.
 * Nothing else may be thrown on purpose; anything else that is thrown is a bug and is shown as `internal`.
 */
export const errorCodes = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'not_found',
  'already_exists',
  'conflict',
  'precondition',
  'exhausted',
  'unavailable',
  'unimplemented',
  'internal',
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** HTTP status of each code. MLflow answers `already_exists` with 400; its adapter says so itself. */
export const httpStatusOf: Readonly<Record<ErrorCode, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  already_exists: 409,
  conflict: 409,
  precondition: 412,
  exhausted: 429,
  unavailable: 503,
  unimplemented: 501,
  internal: 500,
}

/** One fault of an input: where (a dotted path, `metrics[3].name`) and what is wrong there. */
export type FieldFault = { field: string; message: string }

/** What an error carries over a wire of our own (tRPC and the platform's REST). */
export type ErrorBody = {
  code: ErrorCode
  message: string
  requestId?: string
  faults?: FieldFault[]
}
