import { type NextRequest, NextResponse } from 'next/server'

/**
 * Before every page: a fresh nonce for its scripts (nothing else may run), and the path, which a page needs to send
 * somebody to the login and back. `style-src` keeps 'unsafe-inline': positions and sizes are set as style attributes.
 */
export function proxy(request: NextRequest): NextResponse {
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64')
  const policy = [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${isDevelopment ? " 'unsafe-eval'" : ''}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "frame-src 'none'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self' https:",
    "frame-ancestors 'none'",
  ].join('; ')
  const headers = new Headers(request.headers)
  headers.set('x-nonce', nonce)
  headers.set('x-keelson-path', `${request.nextUrl.pathname}${request.nextUrl.search}`)
  // Next reads the nonce for its own scripts from the request's policy.
  headers.set('content-security-policy', policy)
  const response = NextResponse.next({ request: { headers } })
  response.headers.set('content-security-policy', policy)
  response.headers.set('x-content-type-options', 'nosniff')
  response.headers.set('referrer-policy', 'same-origin')
  return response
}

// biome-ignore lint/style/noProcessEnv: NODE_ENV is a constant of the build, not configuration
const isDevelopment = process.env.NODE_ENV === 'development'

export const config = { matcher: ['/((?!api/|_next/|icon.svg|favicon.ico).*)'] }
