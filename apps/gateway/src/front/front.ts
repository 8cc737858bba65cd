/**
 * The one way in: every request is judged (target, Host, identity headers, origin, credential, size) before a route sees it, and
 * leaves one line in the log and one count in the metrics.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Actor } from '@keelson/contracts/access'
import {
  askerOf,
  type Credential,
  type IdentityResolver,
  type RefusalLog,
  type ResolvedIdentity,
  sameSecret,
} from '@keelson/core/access'
import { type BaseCtx, type Ctx, refuseView, withActor } from '@keelson/core/context'
import { AppError, toAppError } from '@keelson/process/app-error'
import { checkDeclaredLength, readBody, sendError } from '@keelson/process/http-body'
import type { RequestInfo } from '@keelson/process/http-server'
import type { FrontMetrics } from '../front-metrics.ts'
import { checkOrigin, checkReader, credentialOf } from './credential.rules.ts'
import { securityHeaders, stripIdentityHeaders } from './header.rules.ts'
import { type Matcher, matcherOf } from './match.rules.ts'
import type { OpenCalls } from './open-calls.ts'
import type { FrontCall, FrontRoute, RouteMatch } from './route.ts'
import { judgeHost, parseTarget, type Target } from './target.rules.ts'

export type FrontOptions = {
  routes: readonly FrontRoute[]
  base: BaseCtx
  identities: IdentityResolver
  openCalls: OpenCalls
  metrics: FrontMetrics
  /** The audit trail of what was refused here. */
  refusals: RefusalLog
  /** What the dashboard's server shows. */
  internalSecret: string
}

export type Front = {
  handle(request: IncomingMessage, response: ServerResponse, info: RequestInfo): Promise<void>
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, info: RequestInfo): Promise<void>
}

/** The header in which the dashboard's server shows the installation's internal secret. */
const internalHeader = 'x-keelson-internal'
const defaultMaxBodyBytes = 10 * 1024 * 1024
const noMatch: RouteMatch = { params: {}, rest: '', path: '', query: new URLSearchParams() }

type Arrival = { request: IncomingMessage; info: RequestInfo; isUpgrade: boolean }
type Found = { route: FrontRoute; match: RouteMatch; target: Target }
type Proved = { credential: Credential; identity: ResolvedIdentity }

export function createFront(options: FrontOptions): Front {
  const { base } = options
  const matcher = matcherOf(options.routes)
  const headers = Object.entries(securityHeaders(base.addresses.url, base.addresses.contentUrl))

  const handle: Front['handle'] = async (request, response, info) => {
    const event = beginEvent(options, request, info)
    response.once('close', () => event.end(response.writableFinished ? response.statusCode : 499))
    for (const [name, value] of headers) response.setHeader(name, value)
    let found: Found | null = null
    try {
      found = findRoute(matcher, request)
      event.route = found.route.name
      if (redirectsToOwnHost(base, request, response, found)) return
      const proved = await judge(options, { request, info, isUpgrade: false }, found, event)
      const call = { ...callFor(options, { request, info, isUpgrade: false }, found, proved, event), response }
      const untrack = proved === null ? () => {} : track(options, found, proved, () => response.destroy())
      response.once('close', untrack)
      await found.route.handle(call)
    } catch (thrown) {
      const error = toAppError(thrown)
      event.error = thrown
      event.code = error.code
      recordRefusal(options, request, found, event)
      if (response.destroyed) return
      const fail = response.headersSent ? undefined : found?.route.fail
      if (fail) fail({ request, response, requestId: info.requestId, match: found?.match ?? noMatch }, error)
      else sendError(request, response, error, info.requestId)
    }
  }

  const upgrade: Front['upgrade'] = async (request, socket, head, info) => {
    const event = beginEvent(options, request, info)
    socket.once('close', () => event.end(event.code === null ? 101 : 400))
    let found: Found | null = null
    try {
      const arrival = { request, info, isUpgrade: true }
      found = findRoute(matcher, request)
      event.route = found.route.name
      const proved = await judge(options, arrival, found, event)
      if (!found.route.upgrade) throw new AppError('invalid', 'This address takes no upgrade.')
      if (proved !== null) {
        socket.once(
          'close',
          track(options, found, proved, () => socket.destroy()),
        )
      }
      await found.route.upgrade(callFor(options, arrival, found, proved, event), socket, head)
    } catch (thrown) {
      event.error = thrown
      event.code = toAppError(thrown).code
      recordRefusal(options, request, found, event)
      throw thrown
    }
  }
  return { handle, upgrade }
}

function track({ openCalls }: FrontOptions, { match }: Found, proved: Proved, end: () => void): () => void {
  const { workspace, namespace } = match.params
  return openCalls.track(proved.credential, proved.identity, end, workspace ?? namespace)
}

/**
 * For the audit trail: who may not, who proved to be nobody, addresses that no honest client sends (climbing paths, another's
 * Host), and, apart from these, requests at fault. What a procedure refuses inside an answer is recorded by the procedure.
 */
function recordRefusal(options: FrontOptions, request: IncomingMessage, found: Found | null, event: WideEvent): void {
  const { code } = event
  const isHostile = code === 'invalid' && (found === null || event.error instanceof ForeignHost)
  if (code !== 'forbidden' && code !== 'unauthenticated' && code !== 'invalid') return
  const { workspace = found?.match.params.workspace } = event.fields
  options.refusals.record({
    actor: event.asker,
    workspace: typeof workspace === 'string' ? workspace : null,
    what: `${event.route} ${event.isUpgrade ? 'upgrade' : (request.method ?? '')}`,
    ...(found?.match.rest ? { name: found.match.rest } : {}),
    code,
    door: 'gateway',
    isFault: code === 'invalid' && !isHostile,
  })
}

function findRoute(matcher: Matcher, request: IncomingMessage): Found {
  const target = parseTarget(request.url ?? '')
  stripIdentityHeaders(request)
  const found = matcher(target.path, target.search)
  if (found === null) throw new AppError('not_found', 'There is nothing at this address.')
  return { ...found, target }
}

/** True when it answered: a page that was asked for at another name of this machine. */
function redirectsToOwnHost(base: BaseCtx, request: IncomingMessage, response: ServerResponse, found: Found): boolean {
  if (found.route.anyHost) return false
  const wanted = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html')
  const verdict = judgeHost(request.rawHeaders, base.addresses, { target: found.target, wanted })
  if (verdict.kind === 'refused') throw new ForeignHost(base)
  if (verdict.kind !== 'redirect') return false
  response.writeHead(307, { location: verdict.to, 'cache-control': 'no-store' }).end()
  return true
}

class ForeignHost extends AppError {
  constructor(base: BaseCtx) {
    super('invalid', `This is ${base.addresses.url}; the request was for another host.`)
  }
}

/** Throws unless the request may reach its route; gives the proved identity where the route wants one. */
async function judge(
  options: FrontOptions,
  arrival: Arrival,
  { route, target }: Found,
  event: WideEvent,
): Promise<Proved | null> {
  const { request, isUpgrade } = arrival
  const { base } = options
  const host = judgeHost(request.rawHeaders, base.addresses, { target, wanted: false }).kind
  if (!route.anyHost && host !== 'own' && host !== 'alias') throw new ForeignHost(base)
  checkOrigin(
    { method: request.method ?? 'GET', headers: request.headers, isUpgrade },
    new URL(base.addresses.url).origin,
  )
  const limit = route.maxBodyBytes === undefined ? defaultMaxBodyBytes : route.maxBodyBytes
  if (limit !== null) checkDeclaredLength(request, limit)
  if (route.identity === 'none') return null
  checkReader(request.headers)
  const { authorization, cookie } = request.headers
  // The dashboard's server asks at the name that pods use, with the visitor's cookie, and proves itself.
  const believesCookie = host === 'own' || isDashboard(options, request)
  const credential = credentialOf(believesCookie ? { authorization, cookie } : { authorization })
  if (credential !== null) {
    const identity = await options.identities.resolve(credential)
    event.asker = askerOf(identity.actor)
    checkView(identity.actor, route, { method: request.method ?? 'GET', isUpgrade })
    return { credential, identity }
  }
  if (route.identity === 'optional') return null
  throw new AppError('unauthenticated', 'Sign in first, or send a personal access token.')
}

/** Who looks as somebody else only reads; the dashboard's own API refuses its changes itself and ends such a view. */
function checkView(actor: Actor, route: FrontRoute, asked: { method: string; isUpgrade: boolean }): void {
  if (route.name === 'trpc' || (!asked.isUpgrade && ['GET', 'HEAD'].includes(asked.method))) return
  refuseView(actor)
}

function isDashboard({ internalSecret }: FrontOptions, request: IncomingMessage): boolean {
  const shown = request.headers[internalHeader]
  return typeof shown === 'string' && sameSecret(shown, internalSecret)
}

function callFor(
  options: FrontOptions,
  arrival: Arrival,
  found: Found,
  proved: Proved | null,
  event: WideEvent,
): Omit<FrontCall, 'response'> {
  const { request, info } = arrival
  const { signal, requestId } = info
  const log = options.base.log.with({ requestId })
  const base: BaseCtx = { ...options.base, log, signal }
  const core: Ctx | null = proved === null ? null : withActor(base, proved.identity.actor)
  if (core) event.fields.actor = core.actor.username
  const limit = found.route.maxBodyBytes === undefined ? defaultMaxBodyBytes : found.route.maxBodyBytes
  return {
    request,
    match: found.match,
    core,
    base,
    requestId,
    signal,
    readBody: () => readBody(request, limit ?? Number.MAX_SAFE_INTEGER),
    note: (fields) => void Object.assign(event.fields, fields),
  }
}

type WideEvent = {
  route: string
  code: string | null
  error: unknown
  isUpgrade: boolean
  /** Who proved to be somebody, for the record of a refusal. */
  asker: string | null
  fields: Record<string, unknown>
  end(status: number): void
}

/** The path goes to the log without its query: queries carry codes and searches. */
function beginEvent(options: FrontOptions, request: IncomingMessage, info: RequestInfo): WideEvent {
  const started = performance.now()
  const method = request.method ?? ''
  const path = (request.url ?? '').split('?', 1)[0]?.slice(0, 500) ?? ''
  const closed = options.metrics.open()
  const event: WideEvent = {
    route: 'none',
    code: null,
    error: undefined,
    isUpgrade: request.headers.upgrade !== undefined,
    asker: null,
    fields: {},
    end: (status) => {
      const durationMs = Math.round((performance.now() - started) * 10) / 10
      closed(event.route, method, status, durationMs / 1000)
      const fields = {
        requestId: info.requestId,
        route: event.route,
        method,
        path,
        status,
        durationMs,
        ...event.fields,
      }
      const failure = event.code === null ? {} : { code: event.code, error: event.error }
      if (event.code === 'internal' || event.code === 'unavailable')
        options.base.log.error('request', { ...fields, ...failure })
      else if (event.route === 'health') options.base.log.debug('request', fields)
      else options.base.log.info('request', { ...fields, ...failure })
    },
  }
  return event
}
