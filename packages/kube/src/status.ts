import type { ErrorCode, FieldFault } from '@keelson/contracts/errors'
import { AppError, type Retry } from '@keelson/process/app-error'

/** `meta/v1 Status`, what the API server answers when it refuses. */
export type KubeStatus = {
  kind?: string
  code?: number
  reason?: string
  message?: string
  details?: {
    retryAfterSeconds?: number
    causes?: { field?: string; reason?: string; message?: string }[]
  }
}

/** The cause of an AppError that the API server's answer became: what it said, for those who must tell cases apart. */
export class KubeRefusal extends Error {
  readonly httpStatus: number
  readonly reason: string

  constructor(httpStatus: number, reason: string) {
    super(`HTTP ${httpStatus}${reason === '' ? '' : ` ${reason}`}`)
    this.name = 'KubeRefusal'
    this.httpStatus = httpStatus
    this.reason = reason
  }
}

// Reasons: k8s.io/apimachinery/pkg/apis/meta/v1 StatusReason.
const codeOfReason: Readonly<Record<string, ErrorCode>> = {
  Unauthorized: 'unauthenticated',
  Forbidden: 'forbidden',
  NotFound: 'not_found',
  AlreadyExists: 'already_exists',
  Conflict: 'conflict',
  Gone: 'precondition',
  Expired: 'precondition',
  Invalid: 'invalid',
  BadRequest: 'invalid',
  RequestEntityTooLarge: 'invalid',
  UnsupportedMediaType: 'invalid',
  NotAcceptable: 'invalid',
  MethodNotAllowed: 'unimplemented',
  TooManyRequests: 'exhausted',
  Timeout: 'unavailable',
  ServerTimeout: 'unavailable',
  ServiceUnavailable: 'unavailable',
  InternalError: 'unavailable',
}

const codeOfHttp: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'unimplemented',
  409: 'conflict',
  410: 'precondition',
  413: 'invalid',
  415: 'invalid',
  422: 'invalid',
  429: 'exhausted',
  501: 'unimplemented',
}

/** The AppError of an answer that is not 2xx; `body` is its text, a Status or whatever a proxy in between wrote. */
export function errorOfAnswer(httpStatus: number, body: string, retryAfter?: string | undefined): AppError {
  const status = parseStatus(body)
  const reason = status?.reason ?? ''
  const code = codeOfReason[reason] ?? codeOfHttp[httpStatus] ?? (httpStatus >= 500 ? 'unavailable' : 'invalid')
  const message = status?.message || plainText(body) || `The Kubernetes API answered ${httpStatus}.`
  const faults: FieldFault[] = (status?.details?.causes ?? []).map((cause) => ({
    field: cause.field ?? '',
    message: cause.message ?? cause.reason ?? '',
  }))
  const retry = retryOf(code, status?.details?.retryAfterSeconds ?? Number(retryAfter ?? Number.NaN))
  return new AppError(code, message, { cause: new KubeRefusal(httpStatus, reason), faults, retry })
}

function retryOf(code: ErrorCode, retryAfterSeconds: number): Retry {
  if (code !== 'exhausted' && code !== 'unavailable') return 'backoff'
  return Number.isFinite(retryAfterSeconds) && retryAfterSeconds > 0
    ? { afterMs: retryAfterSeconds * 1_000 }
    : 'backoff'
}

/** The error of a call that got no answer at all. */
export function errorOfSilence(cause: unknown): AppError {
  return new AppError('unavailable', 'The Kubernetes API does not answer.', { cause })
}

/** True when a list or watch cannot go on from its resourceVersion and must start anew (HTTP 410). */
export function isExpired(error: unknown): boolean {
  if (!(error instanceof AppError) || !(error.cause instanceof KubeRefusal)) return false
  return error.cause.httpStatus === 410 || error.cause.reason === 'Expired' || error.cause.reason === 'Gone'
}

function parseStatus(body: string): KubeStatus | null {
  try {
    const parsed: unknown = JSON.parse(body)
    if (parsed === null || typeof parsed !== 'object') return null
    return 'kind' in parsed && parsed.kind === 'Status' ? (parsed as KubeStatus) : null
  } catch {
    return null
  }
}

function plainText(body: string): string {
  const text = body.trim()
  return text.startsWith('<') || text.startsWith('{') ? '' : text.slice(0, 500)
}
