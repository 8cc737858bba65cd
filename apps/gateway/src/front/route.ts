/**
 * How a wire format joins the front door. An adapter (`mlflow`, `inference`, …) brings `FrontRoute` values;
 * `apps/gateway/src/routes.ts` lists them. The front has already checked the Host, refused hostile paths, stripped identity headers, proved
 * the caller and (for cookies) the origin; the adapter authorises through its use cases and answers on raw node:http.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { BaseCtx, Ctx } from '@keelson/core/context'
import { AppError } from '@keelson/process/app-error'
import type { Logger } from '@keelson/process/logger'
import type { Service } from '@keelson/process/service'

export type RouteMatch = {
  /** The `:name` parts of the pattern, percent-decoded once; a part that decodes to something with `/`, `\` or NUL never matches. */
  params: Readonly<Record<string, string>>
  /** What `*` stood for, without a leading slash, still percent-encoded: `api/2.0/mlflow/runs/get`. Empty when nothing. */
  rest: string
  /** The path as it came, without the query. */
  path: string
  query: URLSearchParams
}

/** One request on its way through a route. */
export type FrontCall = {
  request: IncomingMessage
  response: ServerResponse
  match: RouteMatch
  /** The caller's context; null only on routes with `identity: 'optional'` or `'none'`. Use {@link callerOf}. */
  core: Ctx | null
  /** The platform's own context, for what is decided before anybody is known. */
  base: BaseCtx
  requestId: string
  /** Aborts when the client goes away before the answer is complete, or the gateway stops. */
  signal: AbortSignal
  /** The whole body, within the route's limit. Use `request` itself for bodies that are streamed on. */
  readBody(): Promise<Buffer>
  /** Adds fields to the request's one log line. Never a token, a cookie or a body. */
  note(fields: Record<string, string | number | boolean | null>): void
}

export type FrontRoute = {
  /** Names the route in metrics and logs: one word, bounded. */
  name: string
  /** `/workspaces/:workspace/mlflow/*`: literal parts, `:name` for one part, a last `*` for the rest (also nothing). */
  pattern: string
  /** `required` (default): nobody reaches `handle` without a proved identity. A credential that is given and bad is always refused. */
  identity?: 'required' | 'optional' | 'none'
  /** Also taken when the Host is not ours: probes, and callers that prove themselves by a secret that no browser has. */
  anyHost?: boolean
  /**
   * The most bytes that a body may have; null = no limit; default 10 MiB. One that says it is larger is refused with 413 before `handle`;
   * one that does not say is refused in `readBody`.
   */
  maxBodyBytes?: number | null
  /** Answers. What it throws goes to `fail`; a thrown error that is no `AppError` becomes `internal`. */
  handle(call: FrontCall): Promise<void>
  /** Takes over a WebSocket or other upgrade. Routes without it refuse upgrades with 400. */
  upgrade?(call: Omit<FrontCall, 'response'>, socket: Duplex, head: Buffer): Promise<void>
  /** Writes an error in the wire's own format. Default: our JSON `ErrorBody` with the code's HTTP status. */
  fail?(call: Pick<FrontCall, 'request' | 'response' | 'requestId' | 'match'>, error: AppError): void
}

export type AdapterOptions = { base: BaseCtx; log: Logger; version: string; signal: AbortSignal }

/** What an adapter brings: its addresses, and what has to run beside them (a watched table, a buffer that is written out at the end). */
export type Adapter = { routes: readonly FrontRoute[]; services: readonly Service[] }

/** The caller's context on a route that requires one. */
export function callerOf(call: Pick<FrontCall, 'core'>): Ctx {
  if (call.core === null) throw new AppError('unauthenticated', 'Sign in first, or send a personal access token.')
  return call.core
}
