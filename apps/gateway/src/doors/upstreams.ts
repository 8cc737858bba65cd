import { AppError } from '@keelson/process/app-error'
import { sendError } from '@keelson/process/http-body'
import { sessionCookie } from '../front/credential.rules.ts'
import { createProxy } from '../front/proxy.ts'
import type { FrontRoute } from '../front/route.ts'

export type UpstreamOptions = { url: string; web: string; oidc: string | null }

/** What other processes answer: the identity provider, where it is ours, and the dashboard, which takes all that is left. */
export function upstreamRoutes(options: UpstreamOptions): FrontRoute[] {
  const web = createProxy({ title: 'The dashboard', upstream: options.web, publicUrl: options.url })
  const oidc = options.oidc
  return [
    ...(oidc === null ? [] : oidcRoutes(oidc, options.url)),
    { name: 'auth', pattern: '/api/auth/*', identity: 'none', handle: web.handle, fail },
    nothing('/api/*'),
    nothing('/workspaces/*'),
    nothing('/internal/*'),
    { name: 'web', pattern: '/*', identity: 'none', handle: web.handle, upgrade: web.upgrade, fail },
  ]
}

/** The provider's own internal address is for the gateway only, and our session is none of its business. */
function oidcRoutes(upstream: string, publicUrl: string): FrontRoute[] {
  const title = 'The identity provider'
  const proxy = createProxy({ title, upstream, publicUrl, hiddenCookies: [sessionCookie] })
  return [
    nothing('/oidc/internal/*'),
    { name: 'oidc', pattern: '/oidc/*', identity: 'none', handle: proxy.handle, fail },
  ]
}

/** An address that must not fall through to the dashboard's pages. */
function nothing(pattern: string): FrontRoute {
  return {
    name: 'none',
    pattern,
    identity: 'none',
    handle: async () => {
      throw new AppError('not_found', 'There is nothing at this address.')
    },
  }
}

/** A person gets a page that tries again by itself; a program gets JSON. */
const fail: NonNullable<FrontRoute['fail']> = ({ request, response, requestId }, error) => {
  const isPage = error.code === 'unavailable' && (request.headers.accept ?? '').includes('text/html')
  if (!isPage) return sendError(request, response, error, requestId)
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="2"><meta name="color-scheme" content="light dark"><title>Keelson is starting</title><body style="font-family:system-ui;display:grid;place-content:center;min-height:90vh;text-align:center"><h1 style="font-size:1.25rem">One moment</h1><p>${error.message}</p><p>This page tries again by itself.</p></body></html>`
  response
    .writeHead(503, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'retry-after': '2' })
    .end(body)
}
