import type { ServerResponse } from 'node:http'
import type { ErrorCode } from '@keelson/contracts/errors'
import type { AppError } from '@keelson/process/app-error'
import { sendJson } from '@keelson/process/http-body'

/** Our codes in MLflow's words (`databricks.proto`): clients branch on them. */
const wireCodes: Readonly<Record<ErrorCode, string>> = {
  invalid: 'INVALID_PARAMETER_VALUE',
  unauthenticated: 'UNAUTHENTICATED',
  forbidden: 'PERMISSION_DENIED',
  not_found: 'RESOURCE_DOES_NOT_EXIST',
  already_exists: 'RESOURCE_ALREADY_EXISTS',
  conflict: 'RESOURCE_CONFLICT',
  precondition: 'BAD_REQUEST',
  exhausted: 'RESOURCE_EXHAUSTED',
  unavailable: 'TEMPORARILY_UNAVAILABLE',
  unimplemented: 'NOT_IMPLEMENTED',
  internal: 'INTERNAL_ERROR',
}

/** What is taken already is a bad request to MLflow, not a conflict; the same for what is not ready. */
function statusOf(error: AppError): number {
  return error.code === 'already_exists' || error.code === 'precondition' ? 400 : error.httpStatus
}

export function toWireError(error: AppError): { status: number; body: { error_code: string; message: string } } {
  return { status: statusOf(error), body: { error_code: wireCodes[error.code], message: error.message } }
}

export function sendWireError(response: ServerResponse, error: AppError, requestId: string): void {
  const { status, body } = toWireError(error)
  if (error.code === 'unauthenticated') response.setHeader('www-authenticate', 'Bearer realm="keelson"')
  if (error.code === 'unavailable' || error.code === 'exhausted') response.setHeader('retry-after', '1')
  sendJson(response, status, error.code === 'internal' ? { ...body, request_id: requestId } : body)
}
