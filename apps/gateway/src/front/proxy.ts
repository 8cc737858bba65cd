/** A reverse proxy to one upstream over node:http: streams both ways, keeps several Set-Cookie, splices upgrades. */
import {
  Agent,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http'
import { type Duplex, pipeline } from 'node:stream'
import { AppError } from '@keelson/process/app-error'
import { hopByHop, isIdentityHeader, namedByConnection, withoutCookies } from './header.rules.ts'
import type { FrontCall } from './route.ts'

export type ProxyOptions = {
  /** What people call it: "The dashboard". */
  title: string
  /** `http://127.0.0.1:7702`. */
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

const connectMs = 5_000

export function createProxy(options: ProxyOptions): Proxy {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 64 })
  return {
    handle: (call) => forward(options, agent, call, true),
    upgrade: (call, socket, head) => splice(options, call, socket, head),
  }
}

function forward(options: ProxyOptions, agent: Agent, call: FrontCall, mayRetry: boolean): Promise<void> {
  const { request, response, signal } = call
  const upstream = new URL(options.upstream)
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      host: upstream.hostname,
      port: upstream.port,
      method: request.method,
      path: request.url,
      headers: requestHeaders(options, request),
      agent,
    })
    // An abort before the answer began is the client's: there is nobody left to tell.
    const onAbort = () => {
      outgoing.destroy()
      resolve()
    }
    signal.addEventListener('abort', onAbort, { once: true })
    const connecting = setTimeout(() => outgoing.destroy(new Error('no connection in time')), connectMs)
    outgoing.once('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => clearTimeout(connecting))
      else clearTimeout(connecting)
    })
    outgoing.once('error', (cause: NodeJS.ErrnoException) => {
      clearTimeout(connecting)
      signal.removeEventListener('abort', onAbort)
      if (signal.aborted) return resolve()
      const wasStale = outgoing.reusedSocket && cause.code === 'ECONNRESET' && !hasBody(request)
      if (mayRetry && wasStale && !response.headersSent) return resolve(forward(options, agent, call, false))
      request.unpipe(outgoing)
      reject(new AppError('unavailable', `${options.title} does not answer at the moment. Try again soon.`, { cause }))
    })
    outgoing.once('response', (answer) => {
      writeHead(response, answer)
      pipeline(answer, response, () => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      })
    })
    if (hasBody(request)) request.pipe(outgoing)
    else outgoing.end()
  })
}

function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
}

function requestHeaders(options: ProxyOptions, request: IncomingMessage): OutgoingHttpHeaders {
  const publicUrl = new URL(options.publicUrl)
  const dropped = namedByConnection(request.headers.connection)
  const headers: OutgoingHttpHeaders = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (!hopByHop.has(name) && !dropped.has(name)) headers[name] = value
  }
  const cookie = withoutCookies(request.headers.cookie, options.hiddenCookies ?? [])
  if (cookie === undefined) delete headers.cookie
  else headers.cookie = cookie
  if (request.headers['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked'
  return {
    ...headers,
    host: publicUrl.host,
    'x-forwarded-host': publicUrl.host,
    'x-forwarded-proto': publicUrl.protocol.slice(0, -1),
    'x-forwarded-for': request.socket.remoteAddress ?? '',
  }
}

function writeHead(response: ServerResponse, answer: IncomingMessage): void {
  const dropped = namedByConnection(answer.headers.connection)
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined && !hopByHop.has(name) && !dropped.has(name) && !isIdentityHeader(name))
      response.setHeader(name, value)
  }
  response.writeHead(answer.statusCode ?? 502)
}

/** Hands an upgrade on: what the upstream answers, also a refusal, goes back as it is, and then bytes both ways. */
function splice(options: ProxyOptions, call: Omit<FrontCall, 'response'>, socket: Duplex, head: Buffer): Promise<void> {
  const { request } = call
  const upstream = new URL(options.upstream)
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      host: upstream.hostname,
      port: upstream.port,
      method: request.method,
      path: request.url,
      headers: { ...requestHeaders(options, request), connection: 'Upgrade', upgrade: request.headers.upgrade },
      agent: false,
      timeout: connectMs,
    })
    socket.once('close', () => {
      outgoing.destroy()
      resolve()
    })
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in time')))
    outgoing.once('error', (cause) => {
      if (socket.destroyed) return resolve()
      reject(new AppError('unavailable', `${options.title} does not answer at the moment. Try again soon.`, { cause }))
    })
    outgoing.once('response', (answer) => {
      socket.write(statusLine(answer))
      pipeline(answer, socket, () => resolve())
    })
    outgoing.once('upgrade', (answer, upstreamSocket, upstreamHead) => {
      upstreamSocket.setTimeout(0)
      socket.write(statusLine(answer))
      if (upstreamHead.length > 0) socket.write(upstreamHead)
      if (head.length > 0) upstreamSocket.write(head)
      pipeline(upstreamSocket, socket, upstreamSocket, () => {
        upstreamSocket.destroy()
        socket.destroy()
        resolve()
      })
    })
    outgoing.end()
  })
}

function statusLine(answer: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${answer.statusCode ?? 502} ${answer.statusMessage ?? ''}`]
  const isUpgrade = answer.statusCode === 101
  for (let index = 0; index < answer.rawHeaders.length; index += 2) {
    const name = answer.rawHeaders[index] ?? ''
    const isHop = hopByHop.has(name.toLowerCase())
    if (isIdentityHeader(name) || (isHop && !(isUpgrade && /^(connection|upgrade)$/i.test(name)))) continue
    lines.push(`${name}: ${answer.rawHeaders[index + 1] ?? ''}`)
  }
  return `${lines.join('\r\n')}\r\n${isUpgrade ? '' : 'connection: close\r\n'}\r\n`
}
