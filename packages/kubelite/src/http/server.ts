/** The HTTPS server: authentication, then the path's handler, then one place that turns failures into a Status. */
import { randomUUID } from 'node:crypto'
import { type IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server as HttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { trackConnections } from '@keelson/process/connections'
import { releaseBody } from '@keelson/process/http-body'
import type { UserInfo } from '../api/types.ts'
import { anonymous, bearerToken } from '../auth/authenticate.ts'
import { impersonate } from '../auth/impersonate.ts'
import type { ServingIdentity } from '../auth/key-files.ts'
import { StatusError, toStatusError, unauthorized } from '../status-error.ts'
import { asksForWebSocket, type Upgrade } from '../streams/upgrade.ts'
import { type Call, type Server, sendJson } from './context.ts'
import { handleNonResource } from './non-resource.ts'
import { parseResourcePath } from './request.ts'
import { handleResource } from './resources.ts'

/** Paths that answer without a token. */
const open = /^\/(healthz|livez|readyz|version)(\/.*)?$/

export async function listen(
  server: Server,
  identity: ServingIdentity,
  options: { host: string; port: number },
): Promise<{ https: HttpsServer; closeAll: () => void }> {
  const https = createServer(
    {
      cert: identity.cert,
      key: identity.key,
      keepAliveTimeout: 120_000,
      requestTimeout: 0,
      shouldUpgradeCallback: asksForWebSocket,
    },
    (request, response) => void handle(server, request, response),
  )
  https.on('upgrade', (request, socket: Socket, head) => {
    socket.on('error', () => socket.destroy())
    // Until it is taken over, the connection answers like any other: refusals are plain HTTP.
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(socket)
    response.on('finish', () => socket.end())
    void handle(server, request, response, { socket, head })
  })
  https.on('clientError', (_error, socket) => socket.destroy())
  const closeAll = trackConnections(https)
  await new Promise<void>((resolve, reject) => {
    https.once('error', reject)
    https.listen(options.port, options.host, resolve)
  })
  const { port } = https.address() as AddressInfo
  server.url = `https://${options.host}:${port}`
  return { https, closeAll }
}

/** What the audit webhook hears of: who may not, and requests at fault. */
const toldCodes: ReadonlySet<number> = new Set([400, 401, 403, 413, 422])

async function handle(
  server: Server,
  request: IncomingMessage,
  response: ServerResponse,
  upgrade?: Upgrade,
): Promise<void> {
  const auditId = randomUUID()
  response.setHeader('Audit-Id', auditId)
  response.on('error', () => {})
  const warnings: string[] = []
  const who: { caller: UserInfo | null } = { caller: null }
  try {
    const url = new URL(request.url ?? '/', 'https://kubelite')
    const user = await userOf(server, request, url, who)
    await dispatch({ server, request, response, url, user, warnings, ...(upgrade ? { upgrade } : {}) })
  } catch (error) {
    if (!(error instanceof StatusError))
      server.logger.error('request failed', { requestId: auditId, method: request.method, path: request.url, error })
    const status = toStatusError(error)
    if (toldCodes.has(status.code))
      server.audit?.refused({ auditId, request, caller: who.caller, impersonated: wantedName(request), error: status })
    fail(request, response, status, warnings)
  }
}

function wantedName({ headers }: IncomingMessage): string | null {
  const name = headers['impersonate-user']
  return typeof name === 'string' ? name.slice(0, 253) : null
}

function fail(
  request: IncomingMessage,
  response: ServerResponse,
  error: StatusError,
  warnings: readonly string[],
): void {
  if (response.headersSent) return void response.destroy()
  // A body that nobody reads would keep the connection's next request waiting for ever.
  releaseBody(request, response)
  if (error.code === 401) response.setHeader('WWW-Authenticate', 'Bearer')
  if (error.details?.retryAfterSeconds !== undefined)
    response.setHeader('Retry-After', String(error.details.retryAfterSeconds))
  sendJson(response, error.code, error.toBody(), warnings)
}

/** Who asks. `who` keeps the proved caller, also when what it wants to be is refused. */
async function userOf(server: Server, request: IncomingMessage, url: URL, who: { caller: UserInfo | null }) {
  const token = bearerToken(request.headers.authorization)
  if (token === null) {
    if (open.test(url.pathname)) return anonymous
    throw unauthorized()
  }
  const verified = await server.authenticator.review(token)
  if (verified === null || verified.audiences.length === 0) throw unauthorized()
  who.caller = verified.user
  return impersonate(verified.user, request.headers, request.rawHeaders, server.authorizer)
}

async function dispatch(call: Call): Promise<void> {
  const path = parseResourcePath(call.url.pathname)
  if (path !== null) return handleResource(call, path)
  await handleNonResource(call)
}
