/** A small node:http server as a {@link Service}: several addresses, time-outs, request ids, an abort signal per request, graceful stop. */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { toAppError } from './app-error.ts'
import { trackConnections } from './connections.ts'
import { sendError } from './http-body.ts'
import type { Logger } from './logger.ts'
import type { RunningService, Service } from './service.ts'

export type RequestInfo = {
  requestId: string
  /** Aborts when the client goes away before the answer is complete, or the server stops. */
  signal: AbortSignal
}

export type HttpServiceOptions = {
  name: string
  /** The addresses to listen on; the first must work, the others are left out where the machine has none such (`::1`). */
  hosts: readonly string[]
  /** 0 = one that the system picks (the same for all hosts); read it from `onListening`. */
  port: number
  /** PEM texts: the server speaks HTTPS. */
  tls?: { cert: string; key: string }
  log: Logger
  /** What it throws is answered as JSON when nothing was sent yet. */
  handle(request: IncomingMessage, response: ServerResponse, info: RequestInfo): Promise<void> | void
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer, info: RequestInfo): Promise<void> | void
  onListening?(port: number): void
}

/** A socket with nothing to say for this long in the middle of a request is closed. Streams ping more often than that. */
const idleMs = 300_000
const headersMs = 20_000
/** Above the usual 60 s of clients' pools, so that the client closes first and no request meets a closed socket. */
const keepAliveMs = 65_000
const maxHeaderBytes = 32 * 1024
const graceMs = 3_000

export function httpService(options: HttpServiceOptions): Service {
  return {
    name: options.name,
    start: async (signal) => {
      const stopping = new AbortController()
      const servers: Closable[] = []
      let port = options.port
      for (const [index, host] of options.hosts.entries()) {
        const server = makeServer(options, stopping.signal)
        const closeAll = trackConnections(server)
        const bound = await listen(server, host, port).catch((error: NodeJS.ErrnoException) => {
          if (index > 0 && (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT')) return null
          throw error.code === 'EADDRINUSE'
            ? new Error(`Port ${port} on ${host} is taken by another program.`, { cause: error })
            : error
        })
        if (bound === null) continue
        port = bound
        servers.push({ server, closeAll })
      }
      options.onListening?.(port)
      signal.addEventListener('abort', () => stopping.abort(), { once: true })
      return running(servers, stopping)
    },
  }
}

type Closable = { server: Server; closeAll: () => void }

function running(servers: readonly Closable[], stopping: AbortController): RunningService {
  let stopped: Promise<void> | null = null
  const done = new Promise<void>((resolve, reject) => {
    for (const { server } of servers) {
      server.once('close', resolve)
      server.once('error', reject)
    }
  })
  return {
    done,
    stop: () => {
      stopped ??= (async () => {
        stopping.abort()
        await Promise.all(servers.map(closeGently))
      })()
      return stopped
    },
  }
}

function closeGently({ server, closeAll }: Closable): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(closeAll, graceMs)
    server.close(() => {
      clearTimeout(force)
      resolve()
    })
    server.closeIdleConnections()
  })
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, ipv6Only: host.includes(':') }, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

function makeServer(options: HttpServiceOptions, stopping: AbortSignal): Server {
  const limits = {
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: headersMs,
    requestTimeout: 0,
    keepAliveTimeout: keepAliveMs,
  }
  const server = options.tls ? createTlsServer({ ...limits, ...options.tls }) : createServer(limits)
  server.setTimeout(idleMs)
  server.on('request', (request, response) => void onRequest(options, stopping, request, response))
  server.on('upgrade', (request, socket, head) => void onUpgrade(options, stopping, request, socket, head))
  server.on('connect', (_request, socket) => refuseSocket(socket, 405, 'This is no proxy.'))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'HPE_HEADER_OVERFLOW') refuseSocket(socket, 431, 'The headers are too large.')
    else refuseSocket(socket, error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400, 'The request is not valid HTTP.')
  })
  return server
}

async function onRequest(
  options: HttpServiceOptions,
  stopping: AbortSignal,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const requestId = requestIdOf(request)
  response.setHeader('x-request-id', requestId)
  const abort = new AbortController()
  const onStop = () => abort.abort()
  stopping.addEventListener('abort', onStop, { once: true })
  response.once('close', () => {
    stopping.removeEventListener('abort', onStop)
    if (!response.writableFinished) abort.abort()
  })
  // A client that breaks off is no failure of ours: without listeners its error would end the process.
  request.on('error', () => {})
  response.on('error', () => {})
  try {
    await options.handle(request, response, { requestId, signal: abort.signal })
  } catch (thrown) {
    const error = toAppError(thrown)
    if (error.code === 'internal') options.log.error('request failed', { requestId, error: thrown })
    sendError(request, response, error, requestId)
  }
}

async function onUpgrade(
  options: HttpServiceOptions,
  stopping: AbortSignal,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
) {
  const requestId = requestIdOf(request)
  const abort = new AbortController()
  const onStop = () => {
    abort.abort()
    socket.destroy()
  }
  stopping.addEventListener('abort', onStop, { once: true })
  socket.on('error', () => {})
  socket.once('close', () => {
    stopping.removeEventListener('abort', onStop)
    abort.abort()
  })
  if (!options.upgrade) return refuseSocket(socket, 400, 'Nothing here takes an upgrade.')
  try {
    await options.upgrade(request, socket, head, { requestId, signal: abort.signal })
  } catch (thrown) {
    const error = toAppError(thrown)
    if (error.code === 'internal') options.log.error('upgrade failed', { requestId, error: thrown })
    refuseSocket(socket, error.httpStatus, error.message)
  }
}

const reasonOf: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  503: 'Service Unavailable',
}

/** Writes a bare HTTP answer on a socket that has no response object, and closes it. */
export function refuseSocket(socket: Duplex, status: number, message: string): void {
  if (!socket.writable) return void socket.destroy()
  const body = JSON.stringify({ message })
  socket.end(
    `HTTP/1.1 ${status} ${reasonOf[status] ?? 'Refused'}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}

/** The caller's own id when it is a harmless word, so that traces join; otherwise a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && /^[A-Za-z0-9-]{8,64}$/.test(given) ? given : randomUUID()
}
