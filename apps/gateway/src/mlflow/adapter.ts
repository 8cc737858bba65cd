/**
 * MLflow's REST API (3.17.2) for the unmodified client: one address per workspace (`/workspaces/<name>/mlflow`) and a root
 * one that takes the workspace from `X-MLFLOW-WORKSPACE`, the token or the pod. Translates only; the rules are in `core`.
 */
import { DnsLabel } from '@keelson/contracts/ids'
import { type CallMemory, createCallMemory } from '@keelson/core/calls'
import type { Ctx } from '@keelson/core/context'
import { invalid } from '@keelson/core/experiments'
import { AppError } from '@keelson/process/app-error'
import { readBody, releaseBody, sendJson, sendText } from '@keelson/process/http-body'
import type { Adapter, AdapterOptions } from '../front/route.ts'
import { callerOf, type FrontCall, type FrontRoute } from '../front/route.ts'
import {
  artifactOperations,
  MethodNotAllowed,
  receiveRunArtifact,
  serveArtifactProxy,
  serveLoggedModelArtifact,
  serveRunArtifact,
  serveVersionArtifact,
} from './artifacts.ts'
import { experimentOperations } from './experiments.ts'
import { loggedModelOperations } from './logged-models.ts'
import { metricOperations } from './metrics.ts'
import { missingCall, missingRootPath } from './missing-calls.ts'
import type { Operation } from './operation.ts'
import { registryOperations } from './registry.ts'
import { runOperations } from './runs.ts'
import { serverInfo, serverVersion, workspaceOperations } from './server-info.ts'
import { sendWireError } from './wire-error.ts'
import { queryToObject } from './wire-input.ts'
import { parseBody } from './wire-json.ts'

export const operations: readonly Operation[] = [
  ...experimentOperations,
  ...runOperations,
  ...metricOperations,
  ...artifactOperations,
  ...loggedModelOperations,
  ...registryOperations,
  ...workspaceOperations,
]

const sweepEveryMs = 60_000
const workspaceHeader = 'x-mlflow-workspace'

export function openMlflow(options: AdapterOptions): Adapter {
  const memory = createCallMemory()
  return { routes: mlflowRoutes(memory), services: [sweeper(memory, options)] }
}

function mlflowRoutes(memory: CallMemory): FrontRoute[] {
  const shared: Omit<FrontRoute, 'name' | 'pattern'> = {
    // `health`, `version` and `server-info` are asked before anybody signs in; all else demands the caller itself.
    identity: 'optional',
    // Each call has its own limit; artifacts are streamed.
    maxBodyBytes: null,
    handle: (call) => serve(memory, call),
    fail: ({ request, response, requestId }, error) => {
      releaseBody(request, response)
      if (error instanceof MethodNotAllowed) response.setHeader('allow', error.allowed)
      sendWireError(response, error, requestId)
    },
  }
  return [
    { ...shared, name: 'mlflow', pattern: '/workspaces/:workspace/mlflow/*' },
    { ...shared, name: 'mlflow-root', pattern: '/mlflow/*' },
  ]
}

async function serve(memory: CallMemory, call: FrontCall): Promise<void> {
  const { rest } = call.match
  const { method } = call.request
  if (method === 'GET' && rest === 'health') return sendText(call.response, 200, 'OK')
  if (method === 'GET' && rest === 'version') return sendText(call.response, 200, serverVersion)
  if (method === 'GET' && /^(ajax-)?api\/3\.0\/mlflow\/server-info$/.test(rest))
    return sendJson(call.response, 200, serverInfo)
  if (showsDashboard(call)) return
  const ctx = callerOf(call)
  const workspace = workspaceOf(call, ctx)
  call.note({ workspace })
  const found = /^(ajax-)?api\/(?:2\.0(?:\/preview)?|3\.0)\/mlflow\/(.+)$/.exec(rest)
  if (found?.[2] !== undefined)
    return serveCall(memory, call, ctx, workspace, { path: found[2], ajax: found[1] !== undefined })
  const proxied = /^(?:ajax-)?api\/2\.0\/mlflow-artifacts\/artifacts(?:\/(.*))?$/.exec(rest)
  if (proxied !== null) return serveArtifactProxy(call, ctx, workspace, proxied[1] ?? '')
  if (method === 'GET' && rest === 'get-artifact') return serveRunArtifact(call, ctx, workspace)
  if (method === 'GET' && rest === 'model-versions/get-artifact') return serveVersionArtifact(call, ctx, workspace)
  throw unknownPath(call, rest, missingRootPath(rest))
}

/** The client prints links to `<address>/#/experiments/…`: a browser that follows one is shown the dashboard's list. */
function showsDashboard(call: FrontCall): boolean {
  const { workspace } = call.match.params
  const page =
    call.request.method === 'GET' && call.match.rest === '' && (call.request.headers.accept ?? '').includes('text/html')
  if (!page || workspace === undefined) return false
  call.response
    .writeHead(307, { location: `/w/${encodeURIComponent(workspace)}/experiments`, 'cache-control': 'no-store' })
    .end()
  return true
}

function unknownPath(call: FrontCall, path: string, area: string | null): AppError {
  if (area !== null)
    return new AppError('unimplemented', `${call.request.method} ${path} (${area}) is not implemented by Keelson.`)
  return new AppError('not_found', `There is no ${call.request.method} ${path} in MLflow's API.`)
}

/** The path decides; a header that says another workspace is refused, so that nobody reads one place and means another. */
function workspaceOf(call: FrontCall, ctx: Ctx): string {
  const header = call.request.headers[workspaceHeader]
  const asked = (Array.isArray(header) ? header[0] : header)?.trim() || undefined
  const inPath = call.match.params.workspace
  if (inPath !== undefined) {
    if (asked !== undefined && asked !== inPath)
      throw invalid(`The header X-MLFLOW-WORKSPACE says '${asked}', but this address is of workspace '${inPath}'.`)
    return checkedName(inPath)
  }
  if (asked !== undefined) return checkedName(asked)
  if (ctx.actor.kind === 'pod') return ctx.actor.namespace
  if (ctx.actor.kind === 'person' && ctx.actor.tokenWorkspace !== undefined) return ctx.actor.tokenWorkspace
  throw invalid(
    'This address needs a workspace: use /workspaces/<workspace>/mlflow, send the header X-MLFLOW-WORKSPACE, or use a token of one workspace.',
  )
}

function checkedName(name: string): string {
  if (!DnsLabel.safeParse(name).success) throw invalid(`'${name}' is not the name of a workspace.`)
  return name
}

type AskedCall = { path: string; ajax: boolean }

async function serveCall(
  memory: CallMemory,
  call: FrontCall,
  ctx: Ctx,
  workspace: string,
  asked: AskedCall,
): Promise<void> {
  const method = call.request.method ?? 'GET'
  if (asked.ajax && asked.path === 'upload-artifact' && method === 'POST')
    return receiveRunArtifact(call, ctx, workspace)
  const file = /^logged-models\/([^/]+)\/artifacts\/files$/.exec(asked.path)
  if (asked.ajax && method === 'GET' && file?.[1] !== undefined)
    return serveLoggedModelArtifact(call, ctx, workspace, file[1])
  const { operation, params } = findOperation(call, asked, method)
  const body = await readBody(call.request, operation.maxBodyBytes).catch((error) => {
    throw operation.path === 'runs/log-batch' ? tooLargeBatch(call, error) : error
  })
  const raw = readInput(call, operation, body)
  if (!operation.creates) return sendJson(call.response, 200, await operation.run({ ctx, workspace, raw, params }))
  await create(memory, call, ctx, body, (tx) => operation.run({ ctx: tx, workspace, raw, params }))
}

function findOperation(
  call: FrontCall,
  asked: AskedCall,
  method: string,
): { operation: Operation; params: Record<string, string> } {
  const path = asked.path.replace(/\/$/, '')
  const methods: string[] = []
  for (const operation of operations) {
    if (operation.ajaxOnly && !asked.ajax) continue
    const params = fit(operation.path, path)
    if (params === null) continue
    if (operation.methods.some((known) => known === method)) return { operation, params }
    methods.push(...operation.methods)
  }
  if (methods.length > 0) throw new MethodNotAllowed([...new Set(methods)].join(', '))
  throw unknownPath(call, path, missingCall(path))
}

function fit(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return null
  const params: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? ''
    // `search` is a call, not the id of a logged model.
    if (part.startsWith(':') && value !== '' && value !== 'search') params[part.slice(1)] = decodeURIComponent(value)
    else if (part !== value) return null
  }
  return params
}

/** A GET's query, or (also on a GET) a JSON body. */
function readInput(call: FrontCall, operation: Operation, body: Buffer): object {
  const { query } = call.match
  if (call.request.method === 'GET' && query.size > 0) return queryToObject(query, operation.listFields)
  if (body.length === 0 && call.request.method !== 'POST') return queryToObject(query, operation.listFields)
  const type = call.request.headers['content-type']
  if (type === undefined && body.length > 0) throw invalid('Bad Request. Content-Type header is missing.')
  if (type !== undefined && type.split(';', 1)[0]?.trim().toLowerCase() !== 'application/json')
    throw invalid("Bad Request. Content-Type must be one of ['application/json'].")
  return parseBody(body)
}

function tooLargeBatch(call: FrontCall, error: unknown): unknown {
  if (!(error instanceof AppError) || error.httpStatus !== 413) return error
  const size = call.request.headers['content-length'] ?? 'more'
  return invalid(`Batched logging API requests must be at most 1000000 bytes, got a request of size ${size}.`)
}

/** See `core/calls`: an identical call whose first answer never arrived gets that answer. */
async function create(
  memory: CallMemory,
  call: FrontCall,
  ctx: Ctx,
  body: Buffer,
  work: (tx: Ctx) => Promise<object>,
): Promise<void> {
  const { request, response } = call
  const delivery = {
    get lost() {
      return response.destroyed && !response.writableFinished
    },
  }
  const done = await memory.run(ctx, { method: request.method ?? '', path: call.match.path, body }, delivery, work)
  if (done.repeated) call.note({ repeated: true })
  const confirm = () =>
    done.confirm().catch((error) => ctx.log.warn('a delivered answer could not be confirmed', { error }))
  // `finish` comes when the whole answer was handed to the network; a connection that broke first never has it.
  response.once('finish', () => void confirm())
  sendJson(response, 200, done.answer)
}

function sweeper(memory: CallMemory, { base, log }: AdapterOptions): Adapter['services'][number] {
  return {
    name: 'mlflow-calls',
    start: async () => {
      let ended = () => {}
      const done = new Promise<void>((resolve) => {
        ended = resolve
      })
      const timer = setInterval(
        () => memory.sweep(base).catch((error) => log.warn('kept answers could not be swept', { error })),
        sweepEveryMs,
      )
      timer.unref()
      return {
        done,
        stop: async () => {
          clearInterval(timer)
          ended()
        },
      }
    },
  }
}
