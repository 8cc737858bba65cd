/** A reverse proxy to one upstream of the front: what goes there and back of headers. */
import { Agent, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Exchange, forward, type HeaderList, splice } from './exchange.ts'
import { hopByHop, isIdentityHeader, namedByConnection, withoutCookies } from './header.rules.ts'
import type { FrontCall } from './route.ts'

export type ProxyOptions = {
  /** What people call it: "The dashboard". */
  title: string
  /** `http://127.0.0.1:7703`. */
  upstream: string
  /** The address that the upstream is told it was reached at. */
  publicUrl: string
  /** Cookies that are none of the upstream's business. */
  hiddenCookies?: readonly string[]
}

export type Proxy = {
  handle(call: FrontCall): Promise<void>
  upgrade(call: Omit<FrontCall, 'response'>, socket: Duplex, head: Buffer): Promise<void>
}

export function createProxy(options: ProxyOptions): Proxy {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 64 })
  const exchangeOf = ({ request }: Pick<FrontCall, 'request'>): Exchange => ({
    title: options.title,
    upstream: options.upstream,
    path: request.url ?? '/',
    headers: {
      ...passedHeaders(request, (name) => options.hiddenCookies?.includes(name) ?? false),
      ...reachedAt(new URL(options.publicUrl), request),
    },
    answerHeaders: (answer) => answeredHeaders(answer).filter(([name]) => !isIdentityHeader(name)),
  })
  return {
    handle: (call) => forward(exchangeOf(call), agent, call),
    upgrade: (call, socket, head) => splice(exchangeOf(call), call, socket, head),
  }
}

/** The headers of a request that concern the message, and of its cookies those that are not hidden. */
export function passedHeaders(request: IncomingMessage, isHidden: (cookie: string) => boolean): OutgoingHttpHeaders {
  const dropped = namedByConnection(request.headers.connection)
  const headers: OutgoingHttpHeaders = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (!hopByHop.has(name) && !dropped.has(name)) headers[name] = value
  }
  const cookie = withoutCookies(request.headers.cookie, isHidden)
  if (cookie === undefined) delete headers.cookie
  else headers.cookie = cookie
  if (request.headers['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked'
  return headers
}

/** How the upstream was reached, in the words that servers behind proxies read. */
export function reachedAt(publicUrl: URL, request: IncomingMessage): OutgoingHttpHeaders {
  return {
    host: publicUrl.host,
    'x-forwarded-host': publicUrl.host,
    'x-forwarded-proto': publicUrl.protocol.slice(0, -1),
    'x-forwarded-for': request.socket.remoteAddress ?? '',
  }
}

/** The headers of an answer that concern the message; a repeated one (`Set-Cookie`) keeps its values apart. */
export function answeredHeaders(answer: IncomingMessage): HeaderList {
  const dropped = namedByConnection(answer.headers.connection)
  return Object.entries(answer.headersDistinct).flatMap(([name, values = []]) =>
    hopByHop.has(name) || dropped.has(name) ? [] : [[name, values.length === 1 ? (values[0] ?? '') : values] as const],
  )
}
