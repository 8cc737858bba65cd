/** One request handed to one server over node:http: streamed both ways, upgrades spliced. Decides nothing about headers. */
import { type Agent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { type Duplex, pipeline } from 'node:stream'
import { AppError } from '@keelson/process/app-error'
import { releaseBody } from '@keelson/process/http-body'
import type { FrontCall } from './route.ts'

export type HeaderList = readonly (readonly [name: string, value: string | readonly string[]])[]

export type Exchange = {
  /** Throws `unavailable` under this name: "The dashboard". */
  title: string
  /** `http://127.0.0.1:7703`. */
  upstream: string
  /** Path and query for the server. */
  path: string
  headers: OutgoingHttpHeaders
  /** What of the answer's headers goes back, connection headers apart. It may throw: then nothing does. */
  answerHeaders(answer: IncomingMessage): HeaderList
}

export type ExchangeCall = Pick<FrontCall, 'request' | 'response' | 'signal'>

const connectMs = 5_000

export function forward(exchange: Exchange, agent: Agent, call: ExchangeCall, mayRetry = true): Promise<void> {
  const { request, response, signal } = call
  const upstream = new URL(exchange.upstream)
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      host: upstream.hostname.replace(/^\[|\]$/g, ''),
      port: upstream.port,
      method: request.method,
      path: exchange.path,
      headers: exchange.headers,
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
    outgoing.on('error', (cause: NodeJS.ErrnoException) => {
      clearTimeout(connecting)
      signal.removeEventListener('abort', onAbort)
      if (signal.aborted || response.headersSent) return resolve()
      const wasStale = outgoing.reusedSocket && cause.code === 'ECONNRESET' && !hasBody(request)
      if (mayRetry && wasStale) return resolve(forward(exchange, agent, call, false))
      request.unpipe(outgoing)
      reject(unreachable(exchange, cause))
    })
    outgoing.once('response', (answer) => {
      try {
        for (const [name, value] of exchange.answerHeaders(answer)) response.setHeader(name, value)
      } catch (error) {
        signal.removeEventListener('abort', onAbort)
        request.unpipe(outgoing)
        outgoing.destroy()
        return reject(error)
      }
      // A server may refuse a body before it has read it: the rest is let go then, as nobody takes it.
      answer.once('end', () => {
        request.unpipe(outgoing)
        releaseBody(request, response)
      })
      response.writeHead(answer.statusCode ?? 502)
      // The head of a stream that has nothing to say yet must not wait for its first byte.
      response.flushHeaders()
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

function unreachable(exchange: Exchange, cause: unknown): AppError {
  return new AppError('unavailable', `${exchange.title} does not answer at the moment. Try again soon.`, { cause })
}

/** Hands an upgrade on: what the upstream answers, also a refusal, goes back as it is, and then bytes both ways. */
export function splice(
  exchange: Exchange,
  { request }: Pick<FrontCall, 'request'>,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const upstream = new URL(exchange.upstream)
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      host: upstream.hostname.replace(/^\[|\]$/g, ''),
      port: upstream.port,
      method: request.method,
      path: exchange.path,
      headers: { ...exchange.headers, connection: 'Upgrade', upgrade: request.headers.upgrade },
      agent: false,
      timeout: connectMs,
    })
    outgoing.setNoDelay(true)
    socket.once('close', () => {
      outgoing.destroy()
      resolve()
    })
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in time')))
    outgoing.once('error', (cause) => {
      if (socket.destroyed) return resolve()
      reject(unreachable(exchange, cause))
    })
    const begin = (answer: IncomingMessage): boolean => {
      try {
        socket.write(statusLine(answer, exchange.answerHeaders(answer)))
        return true
      } catch (error) {
        outgoing.destroy()
        reject(error)
        return false
      }
    }
    outgoing.once('response', (answer) => {
      if (begin(answer)) pipeline(answer, socket, () => resolve())
    })
    outgoing.once('upgrade', (answer, upstreamSocket, upstreamHead) => {
      upstreamSocket.setTimeout(0)
      if (!begin(answer)) return void upstreamSocket.destroy()
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

function statusLine(answer: IncomingMessage, headers: HeaderList): string {
  const lines = [`HTTP/1.1 ${answer.statusCode ?? 502} ${answer.statusMessage ?? ''}`]
  for (const [name, value] of headers) {
    for (const each of typeof value === 'string' ? [value] : value) lines.push(`${name}: ${each}`)
  }
  if (answer.statusCode === 101) lines.push('connection: Upgrade', `upgrade: ${answer.headers.upgrade ?? ''}`)
  else lines.push('connection: close')
  return `${lines.join('\r\n')}\r\n\r\n`
}
