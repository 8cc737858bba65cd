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

/** Turns anything thrown into an AppError; what was not meant for a person becomes `internal` with its text hidden. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  return new AppError('internal', 'Something went wrong on our side.', { cause: thrown })
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
