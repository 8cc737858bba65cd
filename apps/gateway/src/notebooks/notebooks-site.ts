/**
 * The notebooks' own site, which serves all web apps of workspaces. It knows no session: a one-time code from the front becomes a cookie
 * for one web app, and programs bring a token. Neither reaches its server, and what that server answers acts within its own prefix only.
 */
import { Agent, type IncomingMessage, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { allow, askerOf, type Credential, type IdentityResolver, type RefusalLog } from '@keelson/core/access'
import { type BaseCtx, type Ctx, refuseView, withActor } from '@keelson/core/context'
import {
  connectQuestion,
  existingRoute,
  parseWebAppPath,
  type WebAppName,
  type WebAppRoute,
  type WebAppRoutes,
  webAppPrefix,
  webApps,
} from '@keelson/core/webapps'
import { AppError, toAppError } from '@keelson/process/app-error'
import { sendText } from '@keelson/process/http-body'
import type { RequestInfo } from '@keelson/process/http-server'
import { checkOrigin, checkReader, cookieValues, credentialOf } from '../front/credential.rules.ts'
import { type Exchange, forward, splice } from '../front/exchange.ts'
import { stripIdentityHeaders } from '../front/header.rules.ts'
import type { OpenCalls } from '../front/open-calls.ts'
import { passedHeaders, reachedAt } from '../front/proxy.ts'
import { parseTarget } from '../front/target.rules.ts'
import { webAppOrigin } from './address.rules.ts'
import { bearerOf, isPlatformCookie, notebookAnswer, notebookCookie } from './header.rules.ts'
import type { WebAppCalls } from './open-calls-of-web-apps.ts'
import { sendFailure } from './page.ts'
import type { WebAppTickets } from './tickets.ts'

export type NotebooksSiteOptions = {
  base: BaseCtx
  notebooksUrl: string
  identities: IdentityResolver
  tickets: WebAppTickets
  routes: WebAppRoutes
  refusals: RefusalLog
  openCalls: OpenCalls
  calls: WebAppCalls
}

export type NotebooksSite = {
  handle(request: IncomingMessage, response: ServerResponse, info: RequestInfo): Promise<void>
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, info: RequestInfo): Promise<void>
}

type Asked = WebAppName & { rest: string; search: string; origin: string }
type Entered = { route: WebAppRoute; exchange: Exchange; track(end: () => void): () => void }
/** What is known of a request so far, for its line in the log and the record of a refusal. */
type Seen = { asked: WebAppName | null; actor: string | null; isUpgrade: boolean }

export function createNotebooksSite(options: NotebooksSiteOptions): NotebooksSite {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 64 })
  const answer = async (request: IncomingMessage, response: ServerResponse, info: RequestInfo, seen: Seen) => {
    const { path, search } = parseTarget(request.url ?? '')
    if (path === '/healthz') return sendText(response, 200, 'ok\n')
    const code = /^\/c\/([A-Za-z0-9_-]{1,4000})$/.exec(path)?.[1]
    if (code !== undefined) return redeem(options, code, request, response, seen)
    if (parseWebAppPath(`${path}/`)?.rest === '')
      return void response.writeHead(308, { location: `${path}/${search && `?${search}`}` }).end()
    const asked = askedBy(options, request, path, search, seen)
    const { exchange, track } = await enter(options, request, asked, info, seen)
    const untrack = track(() => response.destroy())
    response.once('close', untrack)
    // A cell may say nothing for hours; who is gone is found by the connection's own probes.
    keepOpen(request.socket)
    await forward(exchange, agent, { request, response, signal: info.signal })
  }
  const handle: NotebooksSite['handle'] = async (request, response, info) => {
    const seen: Seen = { asked: null, actor: null, isUpgrade: false }
    note(options, request, info, seen, response)
    await answer(request, response, info, seen).catch((thrown) => {
      const error = failed(options, request, seen, thrown)
      sendFailure(request, response, error, info.requestId, pageOf(options, request, seen, error))
    })
  }
  const upgrade: NotebooksSite['upgrade'] = async (request, socket, head, info) => {
    const seen: Seen = { asked: null, actor: null, isUpgrade: true }
    note(options, request, info, seen, null)
    try {
      const { path, search } = parseTarget(request.url ?? '')
      const asked = askedBy(options, request, path, search, seen)
      const { exchange, track } = await enter(options, request, asked, info, seen)
      socket.once(
        'close',
        track(() => socket.destroy()),
      )
      if (socket instanceof Socket) keepOpen(socket)
      await splice(exchange, { request }, socket, head)
    } catch (thrown) {
      failed(options, request, seen, thrown)
      throw thrown
    }
  }
  return { handle, upgrade }
}

function keepOpen(socket: Socket): void {
  socket.setTimeout(0)
  socket.setNoDelay(true)
  socket.setKeepAlive(true, 30_000)
}

/** Which web app an address is of; `invalid` for a Host that is not its own. */
function askedBy(
  { notebooksUrl }: NotebooksSiteOptions,
  request: IncomingMessage,
  path: string,
  search: string,
  seen: Seen,
): Asked {
  const parsed = parseWebAppPath(path)
  if (parsed === null) throw new AppError('not_found', 'There is nothing at this address.')
  const { kind, workspace, name, rest } = parsed
  seen.asked = { kind, workspace, name }
  const origin = webAppOrigin(notebooksUrl, parsed)
  requireHost(request, origin)
  return { kind, workspace, name, rest, search, origin }
}

function requireHost(request: IncomingMessage, origin: string): void {
  const hosts = request.headersDistinct.host ?? []
  if (hosts.length !== 1 || hosts[0]?.toLowerCase() !== new URL(origin).host)
    throw new AppError('invalid', 'The request was for another host.')
}

function redeem(
  { base, tickets, notebooksUrl }: NotebooksSiteOptions,
  code: string,
  request: IncomingMessage,
  response: ServerResponse,
  seen: Seen,
): void {
  const redeemed = request.method === 'GET' ? tickets.redeem(code) : null
  if (redeemed === null)
    throw new AppError('unauthenticated', 'This link was used already or is too old. Open it from the dashboard again.')
  const { cookie, ticket } = redeemed
  seen.asked = ticket
  const origin = webAppOrigin(notebooksUrl, ticket)
  requireHost(request, origin)
  const prefix = webAppPrefix(ticket)
  const secure = origin.startsWith('https:') ? '; Secure' : ''
  base.log.debug('web app opened', { kind: ticket.kind, workspace: ticket.workspace, name: ticket.name })
  response
    .writeHead(303, {
      location: `${prefix}${ticket.start}`,
      'set-cookie': `${notebookCookie}=${cookie}; Path=${prefix}; HttpOnly; SameSite=Lax${secure}`,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    })
    .end()
}

/** Throws unless the request may reach the web app; gives how it is handed on. */
async function enter(
  options: NotebooksSiteOptions,
  request: IncomingMessage,
  asked: Asked,
  info: RequestInfo,
  seen: Seen,
): Promise<Entered> {
  const { base, identities, routes, openCalls, calls } = options
  stripIdentityHeaders(request)
  const method = request.method ?? 'GET'
  if (method === 'TRACE') throw new AppError('invalid', 'TRACE is not taken here.')
  const { credential, uid, query } = proofOf(options, request, asked)
  const identity = await identities.resolve(credential)
  seen.actor = askerOf(identity.actor)
  const log = base.log.with({ requestId: info.requestId })
  const core: Ctx = withActor({ ...base, log }, identity.actor)
  refuseView(identity.actor)
  await allow(core, connectQuestion(asked))
  const route = existingRoute(routes, asked)
  if (uid !== null && uid !== route.uid)
    throw new AppError(
      'unauthenticated',
      `This was opened for an earlier ${webApps[asked.kind].noun} of the same name.`,
    )
  if (route.fault !== null) throw new AppError('unavailable', route.fault)
  const [target] = route.targets
  if (target === undefined) throw new AppError('unavailable', route.reason)
  const track = (end: () => void) => {
    const untrackers = [
      openCalls.track(credential, identity, end, asked.workspace),
      calls.track({ core, ...asked, uid: route.uid, end }),
    ]
    return () => {
      for (const untrack of untrackers) untrack()
    }
  }
  return { route, exchange: exchangeOf(route, target, asked, request, query), track }
}

/** What a request brought: a program's token, or the cookie of this web app. Throws `unauthenticated` when neither. */
function proofOf(
  { tickets }: NotebooksSiteOptions,
  request: IncomingMessage,
  asked: Asked,
): { credential: Credential; uid: string | null; query: string } {
  const { headers } = request
  const inQuery = tokenInQuery(asked.search)
  const authorization = bearerOf(headers) ?? (inQuery === null ? undefined : `Bearer ${inQuery.token}`)
  const query = inQuery === null ? asked.search : inQuery.rest
  if (authorization !== undefined) {
    const credential = credentialOf({ authorization })
    if (credential !== null) return { credential, uid: null, query }
  }
  checkOrigin({ method: request.method ?? 'GET', headers, isUpgrade: headers.upgrade !== undefined }, asked.origin)
  checkReader(headers)
  for (const value of cookieValues(headers.cookie, notebookCookie)) {
    const ticket = tickets.read(value)
    if (ticket === null || ticket.kind !== asked.kind) continue
    if (ticket.workspace === asked.workspace && ticket.name === asked.name)
      return { credential: ticket.credential, uid: ticket.uid, query }
  }
  throw new AppError('unauthenticated', `Open this ${webApps[asked.kind].noun} from the dashboard.`)
}

/** `?token=kls_…`, as Jupyter's clients send it where they can send no header (VS Code's sockets): taken here and not handed on. */
function tokenInQuery(search: string): { token: string; rest: string } | null {
  if (!/(^|&)token=kls_/.test(search)) return null
  const parts = search.split('&')
  const token = parts.find((part) => part.startsWith('token=kls_'))?.slice('token='.length) ?? ''
  return { token, rest: parts.filter((part) => !part.startsWith('token=kls_')).join('&') }
}

function exchangeOf(
  route: WebAppRoute,
  target: string,
  asked: Asked,
  request: IncomingMessage,
  query: string,
): Exchange {
  const prefix = webAppPrefix(route)
  const headers = passedHeaders(request, isPlatformCookie)
  for (const name of Object.keys(headers)) if (/^(authorization|x-keelson-.*)$/.test(name)) delete headers[name]
  const place = { origin: asked.origin, prefix, rewriteUri: route.rewriteUri }
  return {
    title: `The server of the ${webApps[route.kind].noun} ${route.name}`,
    upstream: target,
    path: `${route.rewriteUri ?? prefix}${asked.rest}${query && `?${query}`}`,
    headers: { ...headers, ...route.requestHeaders, ...reachedAt(new URL(asked.origin), request) },
    answerHeaders: (answer) => notebookAnswer(answer, place),
  }
}

function failed(options: NotebooksSiteOptions, request: IncomingMessage, seen: Seen, thrown: unknown): AppError {
  const error = toAppError(thrown)
  const { code } = error
  if (code === 'internal') options.base.log.error('notebook request failed', { error: thrown })
  if (code === 'forbidden' || code === 'unauthenticated' || code === 'invalid')
    options.refusals.record({
      actor: seen.actor,
      workspace: seen.asked?.workspace ?? null,
      what: `${seen.asked?.kind ?? 'notebook'} ${seen.isUpgrade ? 'upgrade' : (request.method ?? '')}`,
      ...(seen.asked === null ? {} : { name: seen.asked.name }),
      code,
      door: 'gateway',
      isFault: false,
    })
  return error
}

function pageOf({ base, routes }: NotebooksSiteOptions, request: IncomingMessage, { asked }: Seen, error: AppError) {
  const { url } = base.addresses
  if (asked === null) return { title: 'There is nothing here', link: { href: url, text: 'To the dashboard' } }
  const { noun, page, resource } = webApps[asked.kind]
  const list = { href: `${url}/w/${asked.workspace}/${page}`, text: `To the ${page} in the dashboard` }
  if (error.code === 'unauthenticated') {
    const start = parseWebAppPath((request.url ?? '').split('?', 1)[0] ?? '')?.rest ?? ''
    const href = `${url}/workspaces/${asked.workspace}/${resource.plural}/${asked.name}/open?path=${encodeURIComponent(decodeURIComponent(start))}`
    return { title: `Open this ${noun} again`, link: { href, text: 'Open it' } }
  }
  if (error.code !== 'unavailable') return { title: `This ${noun} cannot be opened`, link: list }
  const route = routes.find(asked)
  if (route?.isStopped) return { title: `This ${noun} is stopped`, link: list }
  if (route?.fault) return { title: `This ${noun} cannot be reached`, link: list }
  return { title: 'One moment', link: list, refreshSeconds: 3 }
}

/** One line for each request, without its path: names of files are the person's. */
function note(
  { base }: NotebooksSiteOptions,
  request: IncomingMessage,
  info: RequestInfo,
  seen: Seen,
  response: ServerResponse | null,
): void {
  const started = performance.now()
  const closing = response ?? request.socket
  closing.once('close', () => {
    base.log.info('notebook request', {
      requestId: info.requestId,
      method: seen.isUpgrade ? 'upgrade' : (request.method ?? ''),
      ...(seen.asked === null ? {} : { kind: seen.asked.kind, workspace: seen.asked.workspace, name: seen.asked.name }),
      ...(seen.actor === null ? {} : { actor: seen.actor }),
      ...(response === null ? {} : { status: response.writableFinished ? response.statusCode : 499 }),
      durationMs: Math.round(performance.now() - started),
    })
  })
}
