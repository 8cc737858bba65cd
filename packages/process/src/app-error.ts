import { type ErrorBody, type ErrorCode, type FieldFault, httpStatusOf } from '@keelson/contracts/errors'

/** How a reconciler should treat the failure: back off (default), never again, or after a fixed time. */
export type Retry = 'backoff' | 'never' | { afterMs: number }

export type AppErrorOptions = { cause?: unknown; faults?: FieldFault[]; retry?: Retry }

/**
 * The only error that is thrown on purpose. `message` is safe to show to the person who caused it; what only operators
 * may see goes into `cause`.
 */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly faults: readonly FieldFault[]
  readonly retry: Retry

  constructor(code: ErrorCode, safeMessage: string, options: AppErrorOptions = {}) {
    super(safeMessage, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.faults = options.faults ?? []
    this.retry = options.retry ?? 'backoff'
  }

  get httpStatus(): number {
    return httpStatusOf[this.code]
  }
}

/**
 * Turns anything thrown into an AppError; what was not meant for a person becomes `internal` with its text hidden. A connection that is
 * lost or cannot be made is `unavailable`: nothing is wrong with what was asked.
 */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  if (isLostConnection(thrown)) {
    return new AppError('unavailable', 'A part of the platform does not answer at the moment. Try again soon.', {
      cause: thrown,
    })
  }
  return new AppError('internal', 'Something went wrong on our side.', { cause: thrown })
}

/**
 * How node (E…), Postgres (SQLSTATE classes 08 and 57P, 53300) and Prisma (P1001 cannot reach, P1002 and P1008 timed out, P1017 closed,
 * P2024 and P2028 no connection in time) name it.
 */
const lostCodes =
  /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOTFOUND|08\d{3}|57P0[1-5]|53300|P1001|P1002|P1008|P1017|P2024|P2028)$/
/** node-postgres has no code for these (lib/client.js). */
const lostMessages =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Can't reach database server)|Can't reach database server at/

function isLostConnection(thrown: unknown, depth = 0): boolean {
  if (!(thrown instanceof Error) || depth > 5) return false
  const { code } = thrown as { code?: unknown }
  if (typeof code === 'string' && lostCodes.test(code)) return true
  return lostMessages.test(thrown.message) || isLostConnection(thrown.cause, depth + 1)
}

/** The body of an error on our own wires. */
export function toErrorBody(error: AppError, requestId?: string): ErrorBody {
  return {
    code: error.code,
    message: error.message,
    ...(requestId === undefined ? {} : { requestId }),
    ...(error.faults.length === 0 ? {} : { faults: [...error.faults] }),
  }
}

/** The text of a cause chain for logs: `outer: inner: innermost`. */
export function describeError(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const inner = thrown.cause === undefined ? '' : `: ${describeError(thrown.cause)}`
  return `${thrown.message || thrown.name}${inner}`
}
