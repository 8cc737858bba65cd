/**
 * The other site. It knows no session and no token: a one-time code from the front becomes a cookie for one folder of artifacts, and
 * what is served may run nothing (`Content-Security-Policy: sandbox`). A script in an artifact is on another site than the platform,
 * with an origin of its own.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { allow, type IdentityResolver, type RefusalLog } from '@keelson/core/access'
import { type BaseCtx, withActor } from '@keelson/core/context'
import { AppError, toAppError } from '@keelson/process/app-error'
import { sendText } from '@keelson/process/http-body'
import type { RequestInfo } from '@keelson/process/http-server'
import { cookieValues } from '../front/credential.rules.ts'
import { parseTarget } from '../front/target.rules.ts'
import { mediaTypeOf } from './media-type.ts'
import { recheck, type Ticket, type Tickets, ticketTtlMs } from './tickets.ts'

export const contentCookie = 'keelson-content'

export type ContentSiteOptions = { base: BaseCtx; identities: IdentityResolver; tickets: Tickets; refusals: RefusalLog }

const policy =
  "sandbox; default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; font-src 'self' data:; media-src 'self'; frame-ancestors 'none'"

export function createContentSite(options: ContentSiteOptions) {
  const { base } = options
  const own = new URL(base.addresses.contentUrl)
  const answer = async (request: IncomingMessage, response: ServerResponse, info: RequestInfo): Promise<void> => {
    const { path } = parseTarget(request.url ?? '')
    if (path === '/healthz') return sendText(response, 200, 'ok\n')
    if ((request.headers.host ?? '').toLowerCase() !== own.host)
      throw new AppError('invalid', `This is ${own.origin}; the request was for another host.`)
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new AppError('invalid', 'This site is only for reading.')
    const headers = {
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'private, no-store',
    }
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    const code = /^\/c\/([A-Za-z0-9_-]{43})$/.exec(path)?.[1]
    if (code !== undefined) return redeem(options, code, own.protocol === 'https:', response)
    if (!path.startsWith('/artifacts/')) throw new AppError('not_found', 'There is nothing at this address.')
    await serve(options, path, request, response, info)
  }
  return async (request: IncomingMessage, response: ServerResponse, info: RequestInfo): Promise<void> => {
    await answer(request, response, info).catch((thrown) => {
      const { code } = toAppError(thrown)
      const workspace = /^\/artifacts\/([^/?]+)\//.exec(request.url ?? '')?.[1] ?? null
      // Who it was is not known here: the ticket that would say so is what was missing.
      if (code === 'forbidden' || code === 'unauthenticated' || code === 'invalid')
        options.refusals.record({ actor: null, workspace, what: 'content GET', code, door: 'gateway' })
      throw thrown
    })
  }
}

function redeem({ tickets }: ContentSiteOptions, code: string, isSecure: boolean, response: ServerResponse): void {
  const redeemed = tickets.redeem(code)
  if (redeemed === null)
    throw new AppError(
      'unauthenticated',
      'This link was used already or is too old. Open the artifact from the dashboard again.',
    )
  const { secret, ticket } = redeemed
  const attributes = `Path=${ticket.folder}; HttpOnly; SameSite=Lax; Max-Age=${ticketTtlMs / 1000}${isSecure ? '; Secure' : ''}`
  response.writeHead(303, { location: ticket.path, 'set-cookie': `${contentCookie}=${secret}; ${attributes}` }).end()
}

async function serve(
  options: ContentSiteOptions,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  info: RequestInfo,
) {
  const ticket = ticketFor(options.tickets, path, request)
  const actor = await recheck(options.identities, ticket)
  const log = options.base.log.with({ requestId: info.requestId })
  await allow(withActor({ ...options.base, log }, actor), {
    verb: 'get',
    resource: 'experiments',
    namespace: ticket.workspace,
  })
  const key = decodeURIComponent(path.slice('/artifacts/'.length))
  const { body, sizeBytes } = await options.base.artifacts.read(key)
  response.writeHead(200, { 'content-type': mediaTypeOf(key), 'content-length': sizeBytes })
  if (request.method === 'HEAD') {
    body.destroy()
    response.end()
    return
  }
  await pipeline(body, response).catch((error) => {
    // The reader left, or the file broke off: the connection is gone in both cases, and the length tells.
    log.info('artifact not delivered', { error })
  })
}

function ticketFor(tickets: Tickets, path: string, request: IncomingMessage): Ticket {
  for (const secret of cookieValues(request.headers.cookie, contentCookie)) {
    const ticket = tickets.find(secret)
    if (ticket !== null && path.startsWith(ticket.folder)) return ticket
  }
  throw new AppError('unauthenticated', 'Open the artifact from the dashboard.')
}
