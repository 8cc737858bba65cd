import { type ErrorBody, errorCodes } from '@keelson/contracts/errors'

/**
 * Any thrown thing as the error a screen can show. What carries no body of ours never reached the platform (the network,
 * a restart), so it is `unavailable`; the texts of those two are ours, never the thrown one's.
 */
export function errorBodyOf(thrown: unknown): ErrorBody {
  const data = (thrown as { data?: { error?: Partial<ErrorBody>; httpStatus?: number } } | null)?.data
  const body = data?.error
  if (body?.code !== undefined && errorCodes.includes(body.code)) return { message: '', ...body, code: body.code }
  if (data?.httpStatus === 401) return { code: 'unauthenticated', message: 'Sign in first.' }
  if (data && (data.httpStatus ?? 0) >= 500 && data.httpStatus !== 503)
    return { code: 'internal', message: 'Something went wrong on our side.' }
  return { code: 'unavailable', message: 'The platform does not answer.' }
}
