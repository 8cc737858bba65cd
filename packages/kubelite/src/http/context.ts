/** What every handler of one server shares, and what it knows of one request. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '@keelson/process/clock'
import type { Logger } from '@keelson/process/logger'
import type { Operations } from '../api/operations.ts'
import type { UserInfo } from '../api/types.ts'
import type { Authenticator } from '../auth/authenticate.ts'
import type { Authorizer } from '../auth/rbac.ts'
import type { TokenIssuer } from '../auth/service-account-tokens.ts'
import type { NodeApi } from '../client.ts'
import type { Registry } from '../registry/registry.ts'
import type { Store } from '../store/store.ts'
import type { Upgrade } from '../streams/upgrade.ts'
import { written } from './answer.ts'
import type { AuditSink } from './audit.ts'

export type Server = {
  store: Store
  registry: Registry
  operations: Operations
  authenticator: Authenticator
  authorizer: Authorizer
  tokens: TokenIssuer
  /** The public key set of ServiceAccount tokens. */
  jwks: object
  /** Set when the node has started. */
  node: NodeApi | null
  clock: Clock
  logger: Logger
  /** Hears of what is refused; null where nobody wants to. */
  audit: AuditSink | null
  /** `https://127.0.0.1:port`, known once it listens. */
  url: string
  /** Aborts when the server stops, so that watches end. */
  closing: AbortSignal
}

export type Call = {
  server: Server
  request: IncomingMessage
  response: ServerResponse
  url: URL
  user: UserInfo
  /** Set when the request asks for a WebSocket: the connection to take over instead of answering. */
  upgrade?: Upgrade
  /** Filled while the call runs, sent as `Warning` headers, with an error too. */
  warnings: string[]
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  warnings: readonly string[] = [],
): void {
  const { text, type } = written(response.req, typeof body === 'string' ? body : JSON.stringify(body))
  sendText(response, status, text, type, warnings)
}

export function sendText(
  response: ServerResponse,
  status: number,
  text: string | Buffer,
  type: string,
  warnings: readonly string[] = [],
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent) return void response.end()
  const payload = typeof text === 'string' ? Buffer.from(text) : text
  response.statusCode = status
  response.setHeader('Content-Type', type)
  response.setHeader('Content-Length', payload.length)
  response.setHeader('Cache-Control', 'no-cache, private')
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (warnings.length > 0)
    response.appendHeader(
      'Warning',
      [...new Set(warnings)].map((text) => `299 - ${JSON.stringify(text)}`),
    )
  response.end(payload)
}
