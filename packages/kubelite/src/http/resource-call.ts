/** What the handlers of all verbs share: the call, its options, its body, and how an object is answered. */
import type { IncomingMessage } from 'node:http'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { inVersion } from '../api/operations.ts'
import { jsonFor } from '../api/read.ts'
import type { ListOptions, WriteContext } from '../api/types.ts'
import { notSupported, required } from '../kinds/field-errors.ts'
import type { Resource } from '../registry/resource.ts'
import { isObject } from '../schema/node.ts'
import { badRequest, type FieldError, invalidOptions, notAcceptable, unsupportedMediaType } from '../status-error.ts'
import type { Entry } from '../store/store.ts'
import { badNumber, summary, typeMetaStruct } from './body-errors.ts'
import { type Call, sendJson } from './context.ts'
import { decodeProtobuf, protobufType } from './protobuf.ts'
import { queryFlag } from './query-flag.ts'
import { parseBody, type ResourcePath, readBody, readDocument, unknownFormat } from './request.ts'
import { toTable } from './table.ts'

export type ResourceCall = Call & { path: ResourcePath; resource: Resource }

/** The verb that RBAC knows for a request. */
export function verbOf(method: string, path: ResourcePath, url: URL): string {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (queryFlag(url.searchParams, 'watch')) return 'watch'
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

export function listOptions(call: ResourceCall): ListOptions {
  const query = call.url.searchParams
  const text = (name: string) => query.get(name) ?? undefined
  const limit = query.get('limit')
  for (const number of [limit, query.get('timeoutSeconds')])
    if (number !== null && !/^[+-]?\d+$/.test(number)) throw badNumber(number)
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

/** Throws NotAcceptable where one object is asked for and a list is answered, or the other way round. */
export function requireForm(call: ResourceCall, answered: 'object' | 'list'): void {
  const asked = /;as=(PartialObjectMetadata(?:List)?)\b/.exec(
    (call.request.headers.accept ?? '').replaceAll(' ', ''),
  )?.[1]
  const wrong = answered === 'list' ? 'PartialObjectMetadata' : 'PartialObjectMetadataList'
  if (asked !== wrong) return
  const { group, kind, listKind, custom } = call.resource
  const type =
    custom === undefined ? `${group.split('.')[0] || 'core'}.${answered === 'list' ? listKind : kind}` : undefined
  const struct = type ?? `unstructured.Unstructured${answered === 'list' ? 'List' : ''}`
  const found = answered === 'list' ? 'is a list' : 'is not a list'
  throw notAcceptable([], `you requested ${wrong}, but the requested object ${found} (*${struct})`)
}

export function sendEntry(call: ResourceCall, entry: Entry, status: number, warnings: readonly string[] = []): void {
  const { resource, response, url, server } = call
  requireForm(call, 'object')
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

function unprintable(manager: string): FieldError[] {
  const at = [...manager].findIndex((character) => /\p{C}/u.test(character))
  if (at < 0) return []
  const code = (manager.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return [
    {
      field: 'fieldManager',
      type: 'FieldValueInvalid',
      value: manager,
      detail: `invalid character U+${code} (at position ${at})`,
    },
  ]
}

const isApplyType = ({ method, headers }: IncomingMessage): boolean =>
  method === 'PATCH' && (headers['content-type'] ?? '').startsWith('application/apply-patch')

export function writeContext(call: Call): WriteContext {
  const query = call.url.searchParams
  const dryRun = query.getAll('dryRun')
  const validation = query.get('fieldValidation') || 'Warn'
  const manager = query.get('fieldManager') ?? ''
  const errors: FieldError[] = []
  if (dryRun.some((value) => value !== 'All')) errors.push(notSupported('dryRun', dryRun, ['All']))
  if (isApplyType(call.request) && manager === '') errors.push(required('fieldManager', 'is required for apply patch'))
  if (Buffer.byteLength(manager) > 128)
    errors.push({ field: 'fieldManager', type: 'FieldValueTooLong', detail: 'may not be more than 128 bytes' })
  else errors.push(...unprintable(manager))
  if (call.request.method !== 'DELETE' && !['Strict', 'Warn', 'Ignore'].includes(validation))
    errors.push(notSupported('fieldValidation', validation, ['', 'Ignore', 'Strict', 'Warn']))
  const { method } = call.request
  const kinds: Record<string, string> = { PUT: 'UpdateOptions', PATCH: 'PatchOptions', DELETE: 'DeleteOptions' }
  if (errors.length > 0) throw invalidOptions(kinds[method ?? ''] ?? 'CreateOptions', errors)
  const agent = String(call.request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown'
  return {
    user: call.user,
    dryRun: dryRun.length > 0,
    fieldManager: manager || agent,
    fieldValidation: validation as WriteContext['fieldValidation'],
    warnings: call.warnings,
  }
}

/** Throws UnsupportedMediaType when the body is in a form that no decoder reads; asked before anything else of a write. */
export function requireReadable({ request }: Call): void {
  if (!hasBody(request)) return
  const type = (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim() ?? ''
  if (!readable.includes(type)) throw unsupportedMediaType(unknownFormat)
}
const readable = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const hasBody = ({ method, headers }: IncomingMessage): boolean =>
  method !== 'DELETE' || headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

type Written = {
  kind: string
  context: WriteContext /** Of a custom resource, which must say what it is. */
  custom: boolean
}

/** The body as an object, from JSON, YAML or (built-in kinds) protobuf. */
export async function bodyOf(call: Call, written?: Written): Promise<unknown> {
  const type = call.request.headers['content-type']
  const body = await readBody(call.request)
  if (!type?.startsWith(protobufType)) {
    if (written === undefined) return parseBody(body, type)
    return writtenBody(body, type, written)
  }
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

/** The object of a create or an update; fields that come twice are refused, told or passed over, as unknown ones are. */
function writtenBody(body: Buffer, type: string | undefined, { kind, context, custom }: Written): unknown {
  const unrecognized = (why: string) =>
    badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${summary(body)})`)
  const { fieldValidation } = context
  const unreadable = (fault: string) =>
    unrecognized(fault.startsWith('yaml: ') ? fault : `couldn't get version/kind; json parse error: ${fault}`)
  if (body.length === 0) throw unreadable('unexpected end of JSON input')
  const { value, duplicates } = readDocument(body, type, unreadable, fieldValidation !== 'Ignore')
  if (value !== null && !isObject(value)) {
    const found = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
    throw unreadable(`json: cannot unmarshal ${found} into Go value of type ${typeMetaStruct}`)
  }
  const { apiVersion } = isObject(value) ? value : {}
  if (typeof apiVersion === 'string' && apiVersion.split('/').length > 2)
    throw unrecognized(`unexpected GroupVersion string: ${apiVersion}`)
  if (custom && isObject(value) && !value.kind) throw unrecognized(`Object 'Kind' is missing in '${body.toString()}'`)
  if (fieldValidation === 'Warn') context.warnings.push(...duplicates)
  if (fieldValidation === 'Strict') context.duplicates = duplicates
  return value ?? {}
}

export function bodyObject(body: unknown): Record<string, unknown> {
  if (isObject(body)) return body
  throw badRequest(
    body === undefined
      ? 'unexpected end of JSON input'
      : "couldn't get version/kind; json parse error: the body is not an object",
  )
}
