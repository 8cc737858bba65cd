import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppError, toErrorBody } from './app-error.ts'

/** A body over its limit: `invalid` for the caller, 413 on the wire. */
export class PayloadTooLarge extends AppError {
  constructor(limitBytes: number) {
    super('invalid', `The body is larger than ${limitBytes} bytes, the most that this address takes.`)
  }

  override get httpStatus(): number {
    return 413
  }
}

/** Throws at once when the request already says that it is too large. */
export function checkDeclaredLength(request: IncomingMessage, limitBytes: number): void {
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw new PayloadTooLarge(limitBytes)
}

/** The whole body, or {@link PayloadTooLarge}, or `invalid` when the client broke off. */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  checkDeclaredLength(request, limitBytes)
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += chunk.length
      if (size > limitBytes) throw new PayloadTooLarge(limitBytes)
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('invalid', 'The request broke off before its body was complete.', { cause: error })
  }
  return Buffer.concat(chunks, size)
}

/** The body as JSON; `invalid` with the parser's position when it is none. */
export async function readJson(request: IncomingMessage, limitBytes: number): Promise<unknown> {
  const text = (await readBody(request, limitBytes)).toString('utf8')
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new AppError('invalid', `The body is not JSON: ${error instanceof Error ? error.message : 'unreadable'}`, {
      cause: error,
    })
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  sendBytes(response, status, 'application/json; charset=utf-8', Buffer.from(JSON.stringify(body)), headers)
}

export function sendText(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  sendBytes(response, status, 'text/plain; charset=utf-8', Buffer.from(body), headers)
}

function sendBytes(
  response: ServerResponse,
  status: number,
  type: string,
  body: Buffer,
  headers: Record<string, string>,
): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': body.length,
    'cache-control': 'no-store',
    ...headers,
  })
  response.end(body)
}

/**
 * Answers an error as our JSON `ErrorBody`. When the answer had already begun the connection is cut, so that nobody takes half an
 * answer for a whole one. An unread body is drained for a moment and then cut off.
 */
export function sendError(
  request: IncomingMessage,
  response: ServerResponse,
  error: AppError,
  requestId: string,
): void {
  if (response.headersSent) return void response.destroy()
  if (error.code === 'unauthenticated') response.setHeader('www-authenticate', 'Bearer realm="keelson"')
  if (error.code === 'unavailable' || error.code === 'exhausted') response.setHeader('retry-after', '1')
  releaseBody(request, response)
  sendJson(response, error.httpStatus, toErrorBody(error, requestId))
}

const drainMs = 1_000

/** For answers that are given before the body was read: lets a client finish sending for a moment, then closes. */
export function releaseBody(request: IncomingMessage, response: ServerResponse): void {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  if (request.complete || request.readableEnded || (encoding === undefined && Number(length ?? 0) === 0)) return
  if (!response.headersSent) response.setHeader('connection', 'close')
  request.resume()
  const cut = setTimeout(() => request.socket.destroy(), drainMs)
  cut.unref()
  request.once('end', () => clearTimeout(cut))
  request.once('error', () => clearTimeout(cut))
}
