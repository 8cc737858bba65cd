/** From an HTTP request to a WebSocket: which requests ask for one, which subprotocol they get, and the hand-over. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'

/** The connection of a request that asked for another protocol, before anything was answered. */
export type Upgrade = { socket: Duplex; head: Buffer }

const longestMessage = 16 * 2 ** 20

const streamPath = /^\/api\/v1\/namespaces\/[^/]+\/pods\/[^/]+\/(exec|attach|portforward)(\?|$)/

/** Only these requests leave HTTP; any other `Upgrade` header is ignored, as HTTP allows. */
export function asksForWebSocket(request: IncomingMessage): boolean {
  const { method, headers, url = '' } = request
  return method === 'GET' && /^websocket$/i.test(headers.upgrade ?? '') && streamPath.test(url) && isHandshake(headers)
}

/** What RFC 6455 §4.2.1 wants of a client, looked at before anything is started for it. */
function isHandshake(headers: IncomingHttpHeaders): boolean {
  return headers['sec-websocket-version'] === '13' && /^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '')
}

/** What the client would speak, in its order of preference. */
export function offeredProtocols(request: IncomingMessage): string[] {
  return (request.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/**
 * Answers the upgrade with the one subprotocol (none when it is empty) and gives the open WebSocket. The name is written by hand: `ws` refuses
 * names with a slash, which Kubernetes' own `SPDY/3.1+portforward.k8s.io` has. Null when the client is gone already.
 */
export function acceptWebSocket(
  request: IncomingMessage,
  { socket, head }: Upgrade,
  protocol: string,
  closing: AbortSignal,
): WebSocket | null {
  const server = new WebSocketServer({ noServer: true, maxPayload: longestMessage })
  delete request.headers['sec-websocket-protocol']
  if (protocol !== '') server.on('headers', (headers) => headers.push(`Sec-WebSocket-Protocol: ${protocol}`))
  const opened: WebSocket[] = []
  // Calls back before it returns, or not at all.
  server.handleUpgrade(request, socket, head, (webSocket) => opened.push(webSocket))
  const [webSocket] = opened
  if (webSocket === undefined) return null
  const end = () => webSocket.terminate()
  closing.addEventListener('abort', end, { once: true })
  webSocket.once('close', () => closing.removeEventListener('abort', end))
  return webSocket
}
