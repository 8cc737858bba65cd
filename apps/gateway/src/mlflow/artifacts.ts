import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { cleanRelativePath, deleteArtifacts, listArtifacts, readArtifact, writeArtifact } from '@keelson/core/artifacts'
import type { Ctx } from '@keelson/core/context'
import {
  artifactPathOf,
  getLoggedModel,
  getRun,
  invalid,
  listLoggedModelArtifacts,
  listRunArtifacts,
} from '@keelson/core/experiments'
import { getVersionArtifactPath } from '@keelson/core/registry'
import { AppError } from '@keelson/process/app-error'
import { releaseBody, sendJson } from '@keelson/process/http-body'
import type { FrontCall } from '../front/route.ts'
import { type Operation, operation } from './operation.ts'
import { required, text } from './wire-input.ts'
import { compact } from './wire-json.ts'

type Entry = { path: string; isDirectory: boolean; sizeBytes: number | null }

function wireFile(entry: Entry): object {
  return compact({ path: entry.path, is_dir: entry.isDirectory, file_size: entry.sizeBytes })
}

export const artifactOperations: readonly Operation[] = [
  operation(
    'GET',
    'artifacts/list',
    { run_id: required(text), path: text, page_token: text },
    async ({ ctx, workspace, input }) => {
      const { rootUri, entries } = await listRunArtifacts(ctx, {
        workspace,
        runId: input.run_id,
        path: input.path ?? '',
      })
      return compact({ root_uri: rootUri, files: entries.map(wireFile) })
    },
  ),
  operation(
    'GET',
    'logged-models/:model_id/artifacts/directories',
    { model_id: required(text), artifact_directory_path: text, page_token: text },
    async ({ ctx, workspace, input }) => {
      const path = input.artifact_directory_path ?? ''
      const { rootUri, entries } = await listLoggedModelArtifacts(ctx, { workspace, modelId: input.model_id, path })
      return compact({ root_uri: rootUri, files: entries.map(wireFile) })
    },
  ),
]

/** The artifact proxy below `mlflow-artifacts/artifacts`: `rest` is what follows, still percent-encoded. */
export async function serveArtifactProxy(call: FrontCall, ctx: Ctx, workspace: string, rest: string): Promise<void> {
  const { request, response } = call
  const path = decodePath(rest)
  switch (request.method) {
    case 'GET':
    case 'HEAD': {
      if (path !== '') return sendArtifact(response, ctx, workspace, path, request.method === 'HEAD')
      const folder = cleanRelativePath(call.match.query.get('path') ?? '')
      const entries = await listArtifacts(ctx, { workspace, path: folder })
      return sendJson(response, 200, compact({ files: entries.map(wireFile) }))
    }
    case 'PUT': {
      await receiveArtifact(call, ctx, workspace, path)
      return void response.writeHead(200, { 'content-length': 0 }).end()
    }
    case 'DELETE':
      await deleteArtifacts(ctx, { workspace, path })
      return sendJson(response, 200, {})
    default:
      throw new MethodNotAllowed('GET, HEAD, PUT, DELETE')
  }
}

/** 405 with the methods that the address has. */
export class MethodNotAllowed extends AppError {
  readonly allowed: string

  constructor(allowed: string) {
    super('invalid', `This call takes ${allowed}.`)
    this.allowed = allowed
  }

  override get httpStatus(): number {
    return 405
  }
}

function decodePath(rest: string): string {
  try {
    return decodeURIComponent(rest)
  } catch {
    throw invalid('Invalid path', 'path')
  }
}

async function receiveArtifact(call: FrontCall, ctx: Ctx, workspace: string, path: string): Promise<void> {
  try {
    await writeArtifact(ctx, { workspace, path, body: call.request })
  } catch (error) {
    if (call.request.destroyed && !call.request.complete)
      throw new AppError('invalid', 'The upload broke off before it was complete. Nothing was written.', {
        cause: error,
      })
    releaseBody(call.request, call.response)
    throw error
  }
}

async function sendArtifact(
  response: ServerResponse,
  ctx: Ctx,
  workspace: string,
  path: string,
  headOnly = false,
): Promise<void> {
  const { body, sizeBytes } = await readArtifact(ctx, { workspace, path })
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': sizeBytes,
    'content-disposition': attachment(path.split('/').at(-1) ?? 'artifact'),
    // Whatever a run logged, a browser must never run it on the platform's own site.
    'content-security-policy': "sandbox; default-src 'none'",
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  })
  if (headOnly) {
    body.destroy()
    response.end()
    return
  }
  await pipeline(body, response).catch((error: unknown) => {
    // A reader that leaves is no fault of ours; half an answer is cut off by the broken connection.
    if (!response.destroyed) throw error
  })
}

/** RFC 6266: plain names as they are, others percent-encoded beside an ASCII stand-in. */
function attachment(name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]|["\\]/g, '_')
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  return ascii === name
    ? `attachment; filename="${ascii}"`
    : `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`
}

/** `/get-artifact?run_id=…&path=…`: one artifact of a run. */
export async function serveRunArtifact(call: FrontCall, ctx: Ctx, workspace: string): Promise<void> {
  const { query } = call.match
  const runId = query.get('run_id') ?? query.get('run_uuid')
  if (!runId) throw invalid("Missing value for required parameter 'run_id'.", 'run_id')
  const run = await getRun(ctx, { workspace, runId })
  await sendArtifact(call.response, ctx, workspace, `${artifactPathOf(run.artifactUri)}/${askedPath(query, 'path')}`)
}

/** `/model-versions/get-artifact?name=…&version=…&path=…`. */
export async function serveVersionArtifact(call: FrontCall, ctx: Ctx, workspace: string): Promise<void> {
  const { query } = call.match
  const [name, version] = [query.get('name'), query.get('version')]
  if (!name) throw invalid("Missing value for required parameter 'name'.", 'name')
  if (!version) throw invalid("Missing value for required parameter 'version'.", 'version')
  const path = await getVersionArtifactPath(ctx, { workspace, name, version, path: askedPath(query, 'path') })
  await sendArtifact(call.response, ctx, workspace, path)
}

/** `logged-models/<id>/artifacts/files?artifact_file_path=…`. */
export async function serveLoggedModelArtifact(
  call: FrontCall,
  ctx: Ctx,
  workspace: string,
  modelId: string,
): Promise<void> {
  const model = await getLoggedModel(ctx, { workspace, modelId })
  const path = `${artifactPathOf(model.artifactUri)}/${askedPath(call.match.query, 'artifact_file_path')}`
  await sendArtifact(call.response, ctx, workspace, path)
}

const mostUiUploadBytes = 10 * 1024 * 1024

/** `upload-artifact?run_uuid=…&path=…` (ajax only): a small artifact of a run, as upstream's UI sends it. */
export async function receiveRunArtifact(call: FrontCall, ctx: Ctx, workspace: string): Promise<void> {
  const { query } = call.match
  const runId = query.get('run_uuid')
  if (!runId) throw invalid('Request must specify run_uuid.', 'run_uuid')
  const path = query.get('path')
  if (!path) throw invalid('Request must specify path.', 'path')
  const length = Number(call.request.headers['content-length'] ?? 0)
  if (length > mostUiUploadBytes) throw invalid('Artifact size is too large. Max size is 10MB.')
  if (length === 0) throw invalid('Request must specify data.')
  const run = await getRun(ctx, { workspace, runId })
  await receiveArtifact(call, ctx, workspace, `${artifactPathOf(run.artifactUri)}/${askedPath(query, 'path')}`)
  sendJson(call.response, 200, {})
}

function askedPath(query: URLSearchParams, name: string): string {
  const path = cleanRelativePath(query.get(name) ?? '')
  if (path === '') throw invalid(`Missing value for required parameter '${name}'.`, name)
  return path
}
