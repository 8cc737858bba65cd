/** Headers that are never believed, and those that every answer carries. Pure. */
import type { IncomingHttpHeaders } from 'node:http'

/** Names with which proxies of other installations say who is asking. Here nobody says that but a credential. */
const identityHeader =
  /^(forwarded|x-forwarded-.*|x-original-.*|x-rewrite-url|x-real-ip|kubeflow-.*|impersonate-.*|(x-)?remote-.*|x-auth-request-.*|x-goog-(authenticated|iap)-.*|x-ms-client-principal.*|x-ms-token-.*|x-webauth-.*|x-authenticated-.*|x-user(-.*)?|x-email|x-groups?|x-middleware-.*)$/

export function isIdentityHeader(name: string): boolean {
  return identityHeader.test(name.toLowerCase())
}

/** Removes them from a request in place, raw headers included, before anything else looks at it. */
export function stripIdentityHeaders(request: { headers: IncomingHttpHeaders; rawHeaders: string[] }): void {
  for (const name of Object.keys(request.headers)) {
    if (isIdentityHeader(name)) delete request.headers[name]
  }
  for (let index = request.rawHeaders.length - 2; index >= 0; index -= 2) {
    if (isIdentityHeader(request.rawHeaders[index] ?? '')) request.rawHeaders.splice(index, 2)
  }
}

/** RFC 9110 §7.6.1: what concerns one connection and not the message. */
export const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** The names that a message's own `Connection` header adds to {@link hopByHop}. */
export function namedByConnection(connection: string | undefined): Set<string> {
  return new Set((connection ?? '').split(',').map((name) => name.trim().toLowerCase()))
}

/** A `Cookie` header without the cookies that are hidden; undefined when nothing is left. */
export function withoutCookies(header: string | undefined, isHidden: (name: string) => boolean): string | undefined {
  const kept = (header ?? '')
    .split(';')
    .filter((pair) => pair.trim() !== '' && !isHidden(pair.split('=', 1)[0]?.trim() ?? ''))
  return kept.length === 0 ? undefined : kept.map((pair) => pair.trim()).join('; ')
}

/** For every answer of the front. The dashboard may send a stricter policy of its own, which then wins. */
export function securityHeaders(url: string, contentUrl: string): Record<string, string> {
  const policy = [
    "default-src 'self'",
    "script-src 'self' 'unsafe-inline'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    `frame-src 'self' ${contentUrl}`,
    "object-src 'none'",
    "base-uri 'self'",
    "frame-ancestors 'none'",
  ]
  return {
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
    ...(url.startsWith('https:') ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  }
}
