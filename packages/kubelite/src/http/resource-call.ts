/** What the handlers of all verbs share: the call, its options, its body, and how an object is answered. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { inVersion } from '../api/operations.ts'
import { jsonFor } from '../api/read.ts'
import type { ListOptions, WriteContext } from '../api/types.ts'
import type { Resource } from '../registry/resource.ts'
import { isObject } from '../schema/node.ts'
import { badRequest, StatusError } from '../status-error.ts'
import type { Entry } from '../store/store.ts'
import { type Call, sendJson } from './context.ts'
import { decodeProtobuf, protobufType } from './protobuf.ts'
import { parseBody, type ResourcePath, readBody } from './request.ts'
import { toTable } from './table.ts'

export type ResourceCall = Call & { path: ResourcePath; resource: Resource }

/** The verb that RBAC knows for a request. */
export function verbOf(method: string, path: ResourcePath, url: URL): string {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (isWatch(url)) return 'watch'
      return path.name === undefined ? 'list' : 'get'
    case 'POST':
      return 'create'
    case 'PUT':
      return 'update'
    case 'PATCH':
      return 'patch'
    case 'DELETE':
      return path.name === undefined ? 'deletecollection' : 'delete'
    default:
      return method.toLowerCase()
  }
}

const isWatch = (url: URL) => ['true', '1'].includes(url.searchParams.get('watch') ?? '')

export function listOptions(call: ResourceCall): ListOptions {
  const query = call.url.searchParams
  const text = (name: string) => query.get(name) ?? undefined
  const limit = query.get('limit')
  if (limit !== null && !/^-?\d*$/.test(limit))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(limit)}: invalid syntax`)
  return {
    namespace: call.path.namespace,
    labelSelector: text('labelSelector'),
    fieldSelector: text('fieldSelector'),
    limit: limit ? Number(limit) : undefined,
    continue: text('continue') || undefined,
    resourceVersion: text('resourceVersion') || undefined,
    resourceVersionMatch: text('resourceVersionMatch') || undefined,
  }
}

export const objectIn = (resource: Resource, entry: Entry): KubeObject => inVersion(resource, entry.object)

/** `as=Table` or `as=PartialObjectMetadata` of the Accept header, when the client asks for it first. */
export function wantedForm(call: Call): 'Table' | 'PartialObjectMetadata' | 'plain' {
  for (const part of (call.request.headers.accept ?? '').split(',')) {
    const as = /;as=(\w+)/.exec(part.replaceAll(' ', ''))?.[1]
    if (!/json/.test(part)) continue
    if (as === 'Table') return 'Table'
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return 'PartialObjectMetadata'
    return 'plain'
  }
  return 'plain'
}

export function sendEntry(call: ResourceCall, entry: Entry, status: number, warnings: readonly string[] = []): void {
  const { resource, response, url, server } = call
  const form = wantedForm(call)
  if (form === 'Table') {
    const listMeta = { resourceVersion: entry.object.metadata.resourceVersion }
    return void sendJson(
      response,
      status,
      toTable(resource, [objectIn(resource, entry)], {
        includeObject: url.searchParams.get('includeObject') ?? 'Metadata',
        listMeta,
        now: server.clock.now(),
      }),
      warnings,
    )
  }
  if (form === 'PartialObjectMetadata')
    return void sendJson(
      response,
      status,
      { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: entry.object.metadata },
      warnings,
    )
  sendJson(response, status, jsonFor(resource, entry), warnings)
}

export function writeContext(call: Call): WriteContext {
  const query = call.url.searchParams
  const dryRun = query.getAll('dryRun')
  if (dryRun.some((value) => value !== 'All')) {
    throw new StatusError(
      422,
      'Invalid',
      ` "" is invalid: dryRun: Unsupported value: ${JSON.stringify(dryRun[0])}: supported values: "All"`,
      {
        causes: [
          {
            reason: 'FieldValueNotSupported',
            message: `Unsupported value: ${JSON.stringify(dryRun[0])}: supported values: "All"`,
            field: 'dryRun',
          },
        ],
      },
    )
  }
  const validation = query.get('fieldValidation') || 'Warn'
  if (!['Strict', 'Warn', 'Ignore'].includes(validation)) {
    throw new StatusError(
      422,
      'Invalid',
      ` "" is invalid: fieldValidation: Unsupported value: ${JSON.stringify(validation)}: supported values: "Ignore", "Strict", "Warn"`,
      {
        causes: [
          {
            reason: 'FieldValueNotSupported',
            message: `Unsupported value: ${JSON.stringify(validation)}: supported values: "Ignore", "Strict", "Warn"`,
            field: 'fieldValidation',
          },
        ],
      },
    )
  }
  const agent = String(call.request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown'
  return {
    user: call.user,
    dryRun: dryRun.length > 0,
    fieldManager: query.get('fieldManager') || agent,
    fieldValidation: validation as WriteContext['fieldValidation'],
    warnings: call.warnings,
  }
}

/** The body as an object, from JSON, YAML or (built-in kinds) protobuf. */
export async function bodyOf(call: Call): Promise<unknown> {
  const type = call.request.headers['content-type']
  const body = await readBody(call.request)
  if (body.length === 0 || !type?.startsWith(protobufType)) return parseBody(body, type)
  const { registry } = call.server
  return decodeProtobuf(body, (apiVersion, kind) => {
    const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
    if (kind === 'TokenRequest') return 'io.k8s.api.authentication.v1.TokenRequest'
    if (kind === 'Eviction') return 'io.k8s.api.policy.v1.Eviction'
    if (kind === 'Scale') return 'io.k8s.api.autoscaling.v1.Scale'
    if (kind === 'Binding') return 'io.k8s.api.core.v1.Binding'
    return registry
      .all()
      .find((resource) => resource.group === group && resource.version === version && resource.kind === kind)
      ?.definition
  })
}

export function bodyObject(body: unknown): Record<string, unknown> {
  if (isObject(body)) return body
  throw badRequest(
    body === undefined
      ? 'unexpected end of JSON input'
      : "couldn't get version/kind; json parse error: the body is not an object",
  )
}
