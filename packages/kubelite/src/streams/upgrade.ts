/** From an HTTP request to a WebSocket: which requests ask for one, which subprotocol they get, and the hand-over. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'

/** The connection of a request that asked for another protocol, before anything was answered. */
export type Upgrade = { socket: Duplex; head: Buffer }

const longestMessage = 16 * 2 ** 20

const streamPath = /^\/api\/v1\/namespaces\/[^/]+\/pods\/[^/]+\/(exec|attach|portforward)(\?|$)/

/** Only these requests leave HTTP; any other `Upgrade` header is ignored, as HTTP allows. */
export function asksForWebSocket(request: IncomingMessage): boolean {
  return /^websocket$/i.test(request.headers.upgrade ?? '') && streamPath.test(request.url ?? '')
}

/** What the client would speak, in its order of preference. */
export function offeredProtocols(request: IncomingMessage): string[] {
  return (request.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/**
 * Answers the upgrade with the one subprotocol and gives the open WebSocket. The name is written by hand: `ws` refuses
 * names with a slash, which Kubernetes' own `SPDY/3.1+portforward.k8s.io` has. Never resolves when the handshake is
 * wrong, which `ws` answers with 400 by itself.
 */
export function acceptWebSocket(
  request: IncomingMessage,
  { socket, head }: Upgrade,
  protocol: string,
  closing: AbortSignal,
): Promise<WebSocket> {
  const server = new WebSocketServer({ noServer: true, maxPayload: longestMessage })
  delete request.headers['sec-websocket-protocol']
  server.on('headers', (headers) => headers.push(`Sec-WebSocket-Protocol: ${protocol}`))
  return new Promise((resolve) => {
    server.handleUpgrade(request, socket, head, (webSocket) => {
      const end = () => webSocket.terminate()
      closing.addEventListener('abort', end, { once: true })
      webSocket.once('close', () => closing.removeEventListener('abort', end))
      resolve(webSocket)
    })
  })
}
