/** `/workspaces/<workspace>/serving/<endpoint>/…`: decides, hands on to a replica, answers, and logs what was answered. */

import { allow } from '@keelson/core/access'
import type { Ctx } from '@keelson/core/context'
import type { LoggedCall } from '@keelson/core/monitoring'
import type { InferenceGate, InferenceRoute, RouteTable } from '@keelson/core/serving'
import { AppError, toErrorBody } from '@keelson/process/app-error'
import type { Clock } from '@keelson/process/clock'
import { releaseBody, sendJson } from '@keelson/process/http-body'
import { callerOf, type FrontCall, type FrontRoute } from '../front/route.ts'
import { readModel } from './model-shape.ts'
import type { PredictionLog } from './prediction-log.ts'
import type { UpstreamAnswer, Upstreams } from './upstream.ts'

export type InferenceParts = {
  routes: RouteTable
  upstreams: Upstreams
  log: Pick<PredictionLog, 'offer'>
  clock: Clock
}

const maxBodyBytes = 64 * 1024 * 1024
const handedOn = ['content-type', 'content-encoding', 'inference-header-content-length'] as const
const handedBack = ['content-type', 'x-keelson-revision', 'x-keelson-model-version'] as const

/** Calls that predict, and the protocol they speak. Everything else (metadata, health) is only handed on. */
const predicting: readonly { pattern: RegExp; protocol: 'v1' | 'v2' }[] = [
  { pattern: /^v1\/models\/[^/]+:predict$/, protocol: 'v1' },
  { pattern: /^v2\/models\/[^/]+(?:\/versions\/[^/]+)?\/infer$/, protocol: 'v2' },
]

export function inferenceRoute(parts: InferenceParts): FrontRoute {
  return {
    name: 'inference',
    pattern: '/workspaces/:workspace/serving/:endpoint/*',
    maxBodyBytes,
    handle: (call) => handle(parts, call),
    fail: ({ request, response, requestId }, error) => {
      releaseBody(request, response)
      if (error.code === 'unauthenticated') response.setHeader('www-authenticate', 'Bearer realm="keelson"')
      const retry: Record<string, string> = error.code === 'unavailable' ? { 'retry-after': '2' } : {}
      // `error` is where V1 and V2 clients look; the rest is our own body.
      sendJson(response, error.httpStatus, { error: error.message, ...toErrorBody(error, requestId) }, retry)
    },
  }
}

async function handle(parts: InferenceParts, call: FrontCall): Promise<void> {
  const { request, response, match, signal, requestId } = call
  const { workspace = '', endpoint = '' } = match.params
  const method = request.method ?? ''
  if (method !== 'GET' && method !== 'POST')
    throw new AppError('invalid', `${method} is not allowed here; use GET or POST.`)
  const ctx = callerOf(call)
  const post = method === 'POST'
  await allow(ctx, {
    verb: post ? 'create' : 'get',
    resource: post ? 'endpoints/invoke' : 'endpoints',
    namespace: workspace,
    name: endpoint,
  })
  const body = post ? await call.readBody() : null
  const query = match.query.size > 0 ? `?${match.query.toString()}` : ''
  const headers: Record<string, string> = {}
  for (const name of handedOn) {
    const value = request.headers[name]
    if (typeof value === 'string') headers[name] = value
  }
  call.note({ workspace, name: endpoint })
  let answer: UpstreamAnswer
  try {
    answer = await exchange(parts, ctx, {
      workspace,
      endpoint,
      method,
      rest: match.rest,
      query,
      body,
      headers,
      requestId,
      signal,
    })
  } catch (error) {
    if (signal.aborted) return // The client went away: there is nobody to answer.
    throw error
  }
  if (signal.aborted || response.destroyed) return
  for (const name of handedBack) {
    const value = answer.headers[name]
    if (typeof value === 'string') response.setHeader(name, value)
  }
  response
    .writeHead(answer.status, { 'content-length': answer.body.length, 'cache-control': 'no-store' })
    .end(answer.body)
}

type Exchange = {
  workspace: string
  endpoint: string
  method: 'GET' | 'POST'
  rest: string
  query: string
  body: Buffer | null
  headers: Record<string, string>
  requestId: string
  signal: AbortSignal
}

/** One request to an endpoint by a caller who may: used by the front and by the test panel alike. */
async function exchange(parts: InferenceParts, ctx: Ctx, asked: Exchange): Promise<UpstreamAnswer> {
  const route = parts.routes.find(asked.workspace, asked.endpoint)
  if (route === null)
    throw new AppError('not_found', `There is no endpoint ${asked.endpoint} in workspace ${asked.workspace}.`)
  const protocol =
    asked.method === 'POST' ? predicting.find(({ pattern }) => pattern.test(asked.rest))?.protocol : undefined
  const started = performance.now()
  const keep = (status: number, answer: UpstreamAnswer | null) => {
    if (protocol === undefined) return
    const call = loggedCall(ctx, route, asked, {
      protocol,
      status,
      latencyMs: performance.now() - started,
      at: parts.clock.now(),
      answer,
    })
    parts.log.offer({ call, request: asked.body ?? Buffer.alloc(0), response: answer?.body ?? Buffer.alloc(0) })
  }
  try {
    if (route.targets.length === 0)
      throw new AppError('unavailable', `The endpoint ${route.name} is not ready: ${route.reason}`)
    const path = `/${asked.rest}${asked.query}`
    const answer = await parts.upstreams.send(route, {
      method: asked.method,
      path,
      body: asked.body,
      requestId: asked.requestId,
      headers: asked.headers,
      signal: asked.signal,
    })
    keep(answer.status, answer)
    return answer
  } catch (error) {
    if (!asked.signal.aborted && error instanceof AppError) keep(error.httpStatus, null)
    throw error
  }
}

type Seen = { protocol: 'v1' | 'v2'; status: number; latencyMs: number; at: Date; answer: UpstreamAnswer | null }

function loggedCall(ctx: Ctx, route: InferenceRoute, asked: Exchange, seen: Seen): LoggedCall {
  const revision = seen.answer?.headers['x-keelson-revision']
  const version = Number(seen.answer?.headers['x-keelson-model-version'])
  return {
    workspace: route.workspace,
    endpoint: route.name,
    endpointUid: route.uid,
    requestId: asked.requestId,
    revision: typeof revision === 'string' ? revision : route.revision,
    model: route.model,
    modelVersion: Number.isSafeInteger(version) && version > 0 ? version : route.modelVersion,
    protocol: seen.protocol,
    caller: ctx.actor.username,
    status: seen.status,
    latencyMs: Math.round(seen.latencyMs * 1000) / 1000,
    at: seen.at,
  }
}

/** The way of use cases (the test panel, the endpoint's page) to endpoints. */
export function inferenceGate(parts: InferenceParts, newId: () => string): InferenceGate {
  return {
    send: async (ctx, { workspace, name, protocol, body }) => {
      const requestId = newId()
      const started = performance.now()
      const rest = protocol === 'v1' ? `v1/models/${name}:predict` : `v2/models/${name}/infer`
      const asked = {
        workspace,
        endpoint: name,
        method: 'POST' as const,
        rest,
        query: '',
        body: Buffer.from(body),
        headers: {},
        requestId,
        signal: ctx.signal,
      }
      const answer = await exchange(parts, ctx, asked)
      return {
        status: answer.status,
        body: answer.body.toString(),
        requestId,
        durationMs: Math.round((performance.now() - started) * 100) / 100,
      }
    },
    metadata: async (workspace, name) => (await readModel(parts, workspace, name))?.metadata ?? null,
  }
}
