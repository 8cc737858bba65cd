/** What a request brought to prove who it is, and whether a browser was tricked into sending it. Pure. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Credential } from '@keelson/core/access'
import { AppError } from '@keelson/process/app-error'

export const sessionCookie = 'keelson-session'

/**
 * `Authorization` wins over the cookie: Bearer, or Basic whose password is the token (the user name says nothing). Null when there is
 * neither. A cookie that came twice is refused: one of the two was planted.
 */
export function credentialOf(headers: IncomingHttpHeaders): Credential | null {
  if (headers.authorization !== undefined) return { kind: 'token', secret: tokenFrom(headers.authorization) }
  const values = cookieValues(headers.cookie, sessionCookie)
  if (values.length > 1)
    throw new AppError(
      'unauthenticated',
      'The session cookie came twice. Delete the cookies of this site and sign in again.',
    )
  const [secret] = values
  return secret === undefined || secret === '' ? null : { kind: 'session', secret }
}

function tokenFrom(authorization: string): string {
  const [, scheme = '', value = ''] = /^([A-Za-z]+) +(\S+) *$/.exec(authorization) ?? []
  if (scheme.toLowerCase() === 'bearer') return value
  if (scheme.toLowerCase() === 'basic') {
    const pair = Buffer.from(value, 'base64').toString('utf8')
    const colon = pair.indexOf(':')
    if (colon >= 0 && colon < pair.length - 1) return pair.slice(colon + 1)
  }
  throw new AppError(
    'unauthenticated',
    'Send a personal access token: "Authorization: Bearer kls_…", or as the password of Basic.',
  )
}

export function cookieValues(header: string | undefined, name: string): string[] {
  return (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

export type Sender = { method: string; headers: IncomingHttpHeaders; isUpgrade: boolean }

/**
 * Refuses what another site made a browser send along with its cookies (CSRF, and WebSocket hijacking, which no CORS rule stops).
 * A request that brings its own `Authorization`, or no cookie, cannot be such.
 */
export function checkOrigin(sender: Sender, origin: string): void {
  const { headers } = sender
  if (headers.authorization !== undefined || headers.cookie === undefined) return
  if (safeMethods.has(sender.method) && !sender.isUpgrade) return
  const site = headers['sec-fetch-site']
  const isOwn = headers.origin === undefined ? site === 'same-origin' : headers.origin === origin
  if (!isOwn)
    throw new AppError(
      'forbidden',
      'A change must come from the platform’s own pages, or bring an access token instead of a cookie.',
    )
}

/** Refuses another site's script that reads an API with the visitor's cookie: such an answer leaks by its timing and size. */
export function checkReader(headers: IncomingHttpHeaders): void {
  const site = headers['sec-fetch-site']
  const isForeign = site === 'cross-site' || site === 'same-site'
  if (
    isForeign &&
    headers.authorization === undefined &&
    headers.cookie !== undefined &&
    headers['sec-fetch-mode'] !== 'navigate'
  ) {
    throw new AppError('forbidden', 'Only the platform’s own pages may ask this with a cookie.')
  }
}
