/** Requests of resources: authorise, then the verb. */
import type { AccessAttributes, KubeObject } from '@keelson/contracts/kubernetes'
import { askedPolicy, orphansByDefault } from '../api/deletion.ts'
import { decodeObject } from '../api/prepare.ts'
import { getEntry, itemJson, listEntries } from '../api/read.ts'
import type { DeleteOptions, WriteContext } from '../api/types.ts'
import { guardEscalation } from '../auth/escalation.ts'
import { refusalText } from '../auth/rbac.ts'
import { notSupported } from '../kinds/field-errors.ts'
import { metricsGroup } from '../registry/metrics-kinds.ts'
import { apiVersionOf, type Resource, storageKey, type Verb } from '../registry/resource.ts'
import { isObject } from '../schema/node.ts'
import {
  badRequest,
  type FieldError,
  forbidden,
  invalidOptions,
  methodNotAllowed,
  noSuchPath,
  StatusError,
} from '../status-error.ts'
import { keyOf } from '../store/store.ts'
import { requireAcceptable } from './accept.ts'
import { badNumber, typeMetaStruct } from './body-errors.ts'
import { type Call, sendJson } from './context.ts'
import { serveMetrics } from './metrics.ts'
import { applyFromRequest, checkPatchType, isApply, patchProducer } from './patches.ts'
import type { ResourcePath } from './request.ts'
import {
  bodyObject,
  bodyOf,
  listOptions,
  objectIn,
  type ResourceCall,
  requireForm,
  requireReadable,
  sendEntry,
  verbOf,
  wantedForm,
  writeContext,
} from './resource-call.ts'
import { handleSubresource, requireSubresource } from './subresources.ts'
import { toTable } from './table.ts'
import { createVirtual } from './virtual.ts'
import { serveWatch } from './watch.ts'

/** Built-in kinds that a real server warns of. */
const deprecatedKinds: Readonly<Record<string, string>> = {
  Endpoints: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
}

export async function handleResource(call: Call, path: ResourcePath): Promise<void> {
  const { server, url, request } = call
  const verb = verbOf(request.method ?? 'GET', path, url)
  const selectedName =
    verb === 'list' || verb === 'watch' || verb === 'deletecollection' ? nameSelected(url) : undefined
  const namespace = path.plural === 'namespaces' && path.group === '' ? (path.name ?? '') : (path.namespace ?? '')
  allow(call, {
    verb,
    group: path.group,
    resource: path.plural,
    ...(path.subresource ? { subresource: path.subresource } : {}),
    namespace,
    ...((path.name ?? selectedName) ? { name: path.name ?? selectedName ?? '' } : {}),
  })
  const resource = server.registry.find({ group: path.group, version: path.version, plural: path.plural })
  if (resource === undefined || path.rest !== undefined) throw noSuchPath()
  if (resource.namespaced && path.name !== undefined && path.namespace === undefined) throw noSuchPath()
  if (!resource.namespaced && path.namespace !== undefined) throw noSuchPath()
  // A collection takes neither PUT nor PATCH, and objects of a namespace are made in one.
  const onCollection = path.name === undefined
  if (onCollection && (verb === 'update' || verb === 'patch'))
    throw resource.custom === undefined ? methodNotAllowed() : badRequest('name must be provided')
  if (onCollection && verb === 'create' && resource.namespaced && path.namespace === undefined) throw methodNotAllowed()
  const target: ResourceCall = { ...call, path, resource }
  if (path.subresource !== undefined) requireSubresource(target, path.subresource)
  requireAcceptable(target, verb, resource.custom !== undefined)
  const deprecation = resource.custom === undefined ? deprecatedKinds[resource.kind] : resource.custom.deprecation
  if (deprecation !== undefined) call.response.setHeader('Warning', [`299 - ${JSON.stringify(deprecation)}`])
  if (path.subresource !== undefined) return handleSubresource(target, path.subresource)
  if (resource.group === metricsGroup) return serveMetrics(target, verb)
  if (!resource.verbs.includes(verb as Verb)) throw methodNotAllowed()
  return run(target, verb as Verb)
}

/** Throws Forbidden with a real server's text. */
export function allow(call: Call, asked: AccessAttributes): void {
  if (call.server.authorizer.authorize(call.user, asked).allowed) return
  throw forbidden(
    { group: asked.group, plural: asked.subresource ? asked.resource : asked.resource },
    asked.name ?? '',
    refusalText(call.user, asked),
  )
}

function nameSelected(url: URL): string | undefined {
  return /(?:^|,)metadata\.name==?([^,]+)/.exec(url.searchParams.get('fieldSelector') ?? '')?.[1]
}

function run(call: ResourceCall, verb: Verb): Promise<void> | void {
  switch (verb) {
    case 'get':
      return get(call)
    case 'list':
      return list(call)
    case 'watch':
      return serveWatch(call)
    case 'create':
      return create(call)
    case 'update':
      return update(call)
    case 'patch':
      return patch(call)
    case 'delete':
      return remove(call)
    case 'deletecollection':
      return removeAll(call)
  }
}

function get(call: ResourceCall): void {
  sendEntry(call, getEntry(call.server.store, call.resource, call.path.namespace, call.path.name ?? ''), 200)
}

function list(call: ResourceCall): void {
  const { resource, server, url, response } = call
  const page = listEntries(server.store, resource, listOptions(call))
  const meta = {
    resourceVersion: String(page.resourceVersion),
    // Lists of custom resources always say it.
    ...(page.continue || resource.custom !== undefined ? { continue: page.continue ?? '' } : {}),
    ...(page.remaining ? { remainingItemCount: page.remaining } : {}),
  }
  requireForm(call, 'list')
  const form = wantedForm(call)
  if (form === 'Table') {
    const objects = page.entries.map((entry) => objectIn(resource, entry))
    return void sendJson(
      response,
      200,
      toTable(resource, objects, {
        includeObject: url.searchParams.get('includeObject') ?? 'Metadata',
        listMeta: partialMeta(meta),
        now: server.clock.now(),
      }),
    )
  }
  if (form === 'PartialObjectMetadata') {
    const items = page.entries.map((entry) => ({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: entry.object.metadata,
    }))
    return void sendJson(response, 200, {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata: partialMeta(meta),
      items,
    })
  }
  const head = JSON.stringify({ kind: resource.listKind, apiVersion: apiVersionOf(resource), metadata: meta })
  const items = page.entries.map((entry) => itemJson(resource, entry)).join(',')
  sendJson(response, 200, `${head.slice(0, -1)},"items":[${items}]}`)
}

/** Only whole lists of custom resources say that there is nothing to continue with. */
function partialMeta<M extends { continue?: string }>(meta: M): Omit<M, 'continue'> | M {
  const { continue: more, ...rest } = meta
  return more === '' ? rest : meta
}

async function create(call: ResourceCall): Promise<void> {
  const { resource, server, path } = call
  if (resource.custom !== undefined) requireReadable(call)
  if (path.name !== undefined) throw methodNotAllowed()
  requireReadable(call)
  const context = writeContext(call)
  const body = await bodyOf(call, resource.virtual ? undefined : writtenAs(resource, context))
  if (resource.virtual) return createVirtual(call, body, context)
  const object = bodyObject(body)
  const namespace = resource.namespaced ? (path.namespace ?? namespaceIn(object)) : undefined
  if (resource.namespaced && path.namespace === undefined) throw noSuchPath()
  guardEscalation(server, call.user, resource, object, undefined, namespace)
  const entry = await server.operations.create(resource, namespace, object, context)
  sendEntry(call, entry, 201, context.warnings)
}

const writtenAs = ({ kind, custom }: Resource, context: WriteContext) => ({
  kind,
  context,
  custom: custom !== undefined,
})

const namespaceIn = (object: Record<string, unknown>): string | undefined =>
  isObject(object.metadata) && typeof object.metadata.namespace === 'string' ? object.metadata.namespace : undefined

const targetOf = (call: ResourceCall) => ({
  resource: call.resource,
  namespace: call.path.namespace,
  name: call.path.name ?? '',
})

/** Kinds whose PUT makes what is not there (`AllowCreateOnUpdate` of their strategies). */
const createdByUpdate = new Set([
  '/endpoints',
  '/events',
  '/limitranges',
  '/services',
  'events.k8s.io/events',
  'coordination.k8s.io/leases',
  'rbac.authorization.k8s.io/clusterrolebindings',
  'rbac.authorization.k8s.io/clusterroles',
  'rbac.authorization.k8s.io/rolebindings',
  'rbac.authorization.k8s.io/roles',
])

async function update(call: ResourceCall): Promise<void> {
  const { resource, server, path } = call
  requireReadable(call)
  const context = writeContext(call)
  const body = bodyObject(await bodyOf(call, writtenAs(resource, context)))
  const given = isObject(body.metadata) ? body.metadata.name : undefined
  // Unknown fields are told before what is wrong with the rest.
  if (!given) decodeObject(resource, body, context)
  if (!given)
    throw badRequest(`the name of the object (${path.name} based on URL) was undeterminable: name must be provided`)
  if (given !== path.name) decodeObject(resource, body, context)
  requireName(body, path.name ?? '')
  const key = keyOf(resource.namespaced ? path.namespace : undefined, path.name ?? '')
  const missing = server.store.head(storageKey(resource), key) === undefined
  if (missing && createdByUpdate.has(`${resource.group}/${resource.plural}`)) {
    const { name = '', namespace } = path
    allow(call, { verb: 'create', group: path.group, resource: path.plural, namespace: namespace ?? '', name })
    guardEscalation(server, call.user, resource, body, undefined, namespace)
    const metadata = isObject(body.metadata) ? body.metadata : {}
    const asked = { ...body, metadata: { name, ...metadata, resourceVersion: undefined } }
    return sendEntry(call, await server.operations.create(resource, namespace, asked, context), 201, context.warnings)
  }
  // What cannot be decoded is told before that there is nothing to update.
  if (missing) decodeObject(resource, body, context)
  const produce = (current: KubeObject | undefined) => {
    guardEscalation(server, call.user, resource, body, current, call.path.namespace)
    return body
  }
  sendEntry(call, await server.operations.update(targetOf(call), produce, context), 200, context.warnings)
}

async function patch(call: ResourceCall): Promise<void> {
  const { server, resource } = call
  checkPatchType(call, resource)
  const context = writeContext(call)
  if (isApply(call.request)) return applyFromRequest(call, context)
  if (call.url.searchParams.has('force'))
    throw invalidOptions('PatchOptions', [
      { field: 'force', type: 'FieldValueForbidden', detail: 'may not be specified for non-apply patch' },
    ])
  const apply = await patchProducer(call, resource)
  const produce = (current: KubeObject | undefined) => {
    const next = apply(current)
    requireName(next, call.path.name ?? '')
    guardEscalation(server, call.user, resource, next, current, call.path.namespace)
    return next
  }
  sendEntry(
    call,
    await server.operations.update(targetOf(call), produce, { ...context, isPatch: true }),
    200,
    context.warnings,
  )
}

/** A write may not give the object another name. */
function requireName(next: Record<string, unknown>, name: string): void {
  const given = isObject(next.metadata) ? next.metadata.name : undefined
  if (typeof given === 'string' && given !== '' && given !== name)
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`)
}

function checkDeletion(propagation: unknown, orphan: boolean | undefined, dryRun: readonly unknown[]): void {
  const errors: FieldError[] = []
  if (propagation !== undefined && orphan !== undefined)
    errors.push({
      field: 'propagationPolicy',
      type: 'FieldValueInvalid',
      value: propagation,
      detail: 'orphanDependents and deletionPropagation cannot be both set',
    })
  if (propagation !== undefined && !['Foreground', 'Background', 'Orphan'].includes(String(propagation)))
    errors.push(notSupported('propagationPolicy', propagation, ['Foreground', 'Background', 'Orphan', 'nil']))
  if (dryRun.some((value) => value !== 'All')) errors.push(notSupported('dryRun', dryRun, ['All']))
  if (errors.length > 0) throw invalidOptions('DeleteOptions', errors)
}

export async function deleteOptions(call: Call): Promise<{ options: DeleteOptions; dryRun: boolean; given: boolean }> {
  requireReadable(call)
  const body = await bodyOf(call)
  if (body !== undefined && body !== null && !isObject(body))
    throw badRequest(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${Array.isArray(body) ? 'array' : typeof body === 'boolean' ? 'bool' : typeof body} into Go value of type ${typeMetaStruct}`,
    )
  for (const name of ['apiVersion', 'kind'])
    if (isObject(body) && typeof body[name] === 'number')
      throw badRequest(
        `couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .${name} of type string`,
      )
  if (isObject(body) && body.kind && body.kind !== 'DeleteOptions')
    throw badRequest(
      `no kind ${JSON.stringify(body.kind)} is registered for version ${JSON.stringify(body.apiVersion ?? '')} in scheme "pkg/runtime/scheme.go:111"`,
    )
  const given = isObject(body) ? body : {}
  // Options in the body stand in place of those of the query.
  const query = isObject(body) ? new URLSearchParams() : call.url.searchParams
  const graceText = query.get('gracePeriodSeconds')
  if (graceText !== null && !/^[+-]?\d+$/.test(graceText)) throw badNumber(graceText)
  if (given.gracePeriodSeconds !== undefined && typeof given.gracePeriodSeconds !== 'number')
    throw badRequest(
      `json: cannot unmarshal ${typeof given.gracePeriodSeconds} into Go struct field DeleteOptions.gracePeriodSeconds of type int64`,
    )
  const grace = given.gracePeriodSeconds ?? (graceText === null ? undefined : Number(graceText))
  const propagation = given.propagationPolicy ?? query.get('propagationPolicy') ?? undefined
  const preconditions = isObject(given.preconditions)
    ? (given.preconditions as { uid?: string; resourceVersion?: string })
    : undefined
  const orphan = typeof given.orphanDependents === 'boolean' ? given.orphanDependents : undefined
  checkDeletion(propagation, orphan, Array.isArray(given.dryRun) ? given.dryRun : [])
  return {
    options: {
      gracePeriodSeconds: typeof grace === 'number' ? grace : undefined,
      propagationPolicy: propagation as string | undefined,
      preconditions,
      orphanDependents: orphan,
    },
    dryRun: Array.isArray(given.dryRun) && given.dryRun.length > 0,
    given: isObject(body),
  }
}

/** Kinds whose delete answers with the object instead of a Status. */
const returnsObject = new Set([
  'Pod',
  'ServiceAccount',
  'ResourceQuota',
  'Service',
  'Namespace',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'StorageClass',
])

/** pkg/registry/batch/job/storage: `deleteOptionWarnings`. */
const jobDeletionWarning =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning'

/** Options in the body stand in place of those of the query. */
async function deletionOf(call: ResourceCall): Promise<{ options: DeleteOptions; context: WriteContext }> {
  const { options, dryRun, given } = await deleteOptions(call)
  if (!given) return { options, context: writeContext(call) }
  const url = new URL(call.url)
  for (const name of ['dryRun', 'fieldManager', 'fieldValidation']) url.searchParams.delete(name)
  return { options, context: { ...writeContext({ ...call, url }), dryRun } }
}

async function remove(call: ResourceCall): Promise<void> {
  const { resource, server } = call
  const { options, context } = await deletionOf(call)
  if (resource.kind === 'Job' && orphansByDefault(resource) && askedPolicy(options) === undefined)
    context.warnings.push(jobDeletionWarning)
  const { entry, gone } = await server.operations.remove(targetOf(call), options, context)
  if (!gone || (resource.custom === undefined && returnsObject.has(resource.kind)))
    return sendEntry(call, entry, 200, context.warnings)
  const { name = '', uid = '' } = entry.object.metadata
  sendJson(
    call.response,
    200,
    {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name, ...(resource.group ? { group: resource.group } : {}), kind: resource.plural, uid },
    },
    context.warnings,
  )
}

async function removeAll(call: ResourceCall): Promise<void> {
  const { resource, server } = call
  const { options, context } = await deletionOf(call)
  const page = listEntries(server.store, resource, listOptions(call))
  const removals = page.entries.map(async (entry) => {
    const target = { resource, namespace: entry.object.metadata.namespace, name: entry.object.metadata.name ?? '' }
    await server.operations.remove(target, options, context).catch((error: unknown) => {
      // Gone meanwhile is what was asked for.
      if (!(error instanceof StatusError) || error.code !== 404) throw error
    })
  })
  await Promise.all(removals)
  const items = page.entries.map((entry) => itemJson(resource, entry)).join(',')
  const head = JSON.stringify({
    kind: resource.listKind,
    apiVersion: apiVersionOf(resource),
    metadata: {
      resourceVersion: String(server.store.resourceVersion),
      ...(resource.custom === undefined ? {} : { continue: '' }),
    },
  })
  sendJson(call.response, 200, `${head.slice(0, -1)},"items":[${items}]}`)
}
