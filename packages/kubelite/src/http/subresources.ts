/** status, scale, log, exec, attach, portforward, binding, token, eviction, finalize. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { SubresourceView } from '../admission/plugin.ts'
import { decodeObject } from '../api/prepare.ts'
import { getEntry } from '../api/read.ts'
import type { WriteContext } from '../api/types.ts'
import { finalizeNamespace } from '../housekeeping/namespaces.ts'
import { storageKey } from '../registry/resource.ts'
import { isObject } from '../schema/node.ts'
import { badRequest, conflict, methodNotAllowed, noSuchPath, notFound, unimplemented } from '../status-error.ts'
import { keyOf } from '../store/store.ts'
import { sendJson } from './context.ts'
import { evict } from './eviction.ts'
import { applyFromRequest, checkPatchType, isApply, patchProducer } from './patches.ts'
import { serveLog } from './pod-log.ts'
import { serveAttach, serveExec, servePortForward } from './pod-streams.ts'
import {
  bodyObject,
  bodyOf,
  type ResourceCall,
  requireReadable,
  sendEntry,
  verbOf,
  writeContext,
} from './resource-call.ts'
import { handleScale } from './scale.ts'

/** Subresources of a real server that kubelite answers with a 501 by name. */
const known = ['proxy', 'ephemeralcontainers', 'resize']

/** Throws NotFound, or NotImplemented with its name, for what the kind does not have. */
export function requireSubresource({ resource, path }: ResourceCall, name: string): void {
  if ((resource.subresources as readonly string[]).includes(name)) return
  if (resource.kind === 'Pod' && known.includes(name)) throw unimplemented(`pods/${name}`)
  throw resource.custom === undefined ? noSuchPath() : notFound(resource, path.name ?? '')
}

export async function handleSubresource(call: ResourceCall, name: string): Promise<void> {
  const { path, request, url } = call
  const verb = verbOf(request.method ?? 'GET', path, url)
  switch (name) {
    case 'status':
      return status(call, verb)
    case 'scale':
      return handleScale(call, verb)
    case 'log':
      return verb === 'get' ? serveLog(call) : refuse()
    case 'exec':
      return serveExec(call, verb)
    case 'attach':
      return serveAttach(call, verb)
    case 'portforward':
      return servePortForward(call, verb)
    case 'binding':
      return verb === 'create' ? bind(call) : refuse()
    case 'token':
      return verb === 'create' ? requestToken(call) : refuse()
    case 'eviction':
      return verb === 'create' ? evict(call) : refuse()
    case 'finalize':
      return verb === 'update' ? finalize(call) : refuse()
    default:
      throw noSuchPath()
  }
}

function refuse(): never {
  throw methodNotAllowed()
}

const targetOf = (call: ResourceCall) => ({
  resource: call.resource,
  namespace: call.path.namespace,
  name: call.path.name ?? '',
})

async function status(call: ResourceCall, verb: string): Promise<void> {
  const { server, resource, path } = call
  if (verb === 'get') return sendEntry(call, getEntry(server.store, resource, path.namespace, path.name ?? ''), 200)
  if (verb === 'patch') checkPatchType(call, resource)
  if (verb === 'update') requireReadable(call)
  const context = writeContext(call)
  if (verb === 'patch' && isApply(call.request)) return applyFromRequest(call, context, 'status')
  if (verb !== 'patch' && verb !== 'update') refuse()
  const produce = verb === 'patch' ? await patchProducer(call, resource) : await replacement(call, context)
  sendEntry(call, await server.operations.update(targetOf(call), produce, context, 'status'), 200, context.warnings)
}

async function replacement(
  call: ResourceCall,
  context: WriteContext,
): Promise<(current: KubeObject | undefined) => unknown> {
  const { server, resource, path } = call
  const body = bodyObject(await bodyOf(call))
  const key = keyOf(resource.namespaced ? path.namespace : undefined, path.name ?? '')
  // What cannot be decoded is told before that there is nothing to update.
  if (server.store.head(storageKey(resource), key) === undefined) decodeObject(resource, body, context)
  return () => body
}

/** Sets `spec.nodeName`, once. */
async function bind(call: ResourceCall): Promise<void> {
  const { server, path, response } = call
  const body = bodyObject(await bodyOf(call))
  const node = isObject(body.target) ? body.target.name : undefined
  if (typeof node !== 'string' || node === '') throw badRequest('target.name is required')
  const context = writeContext(call)
  await server.operations.update(
    targetOf(call),
    (current) => {
      const spec = isObject(current?.spec) ? current.spec : {}
      if (spec.nodeName)
        throw conflict(
          { group: '', plural: 'pods/binding' },
          path.name ?? '',
          `pod ${path.name ?? ''} is already assigned to node "${String(spec.nodeName)}"`,
        )
      return { ...current, spec: { ...spec, nodeName: node } }
    },
    { ...context, fieldValidation: 'Ignore', mayBind: true, view: bindingView },
  )
  sendJson(
    response,
    201,
    { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
    context.warnings,
  )
}

/** The Binding that admission sees in place of the pod. */
const bindingView: SubresourceView = {
  name: 'binding',
  operation: 'CREATE',
  kind: { group: '', version: 'v1', kind: 'Binding' },
  view: ({ metadata: { name, namespace }, spec }) => ({
    kind: 'Binding',
    apiVersion: 'v1',
    metadata: { name, namespace } as KubeObject['metadata'],
    target: { kind: 'Node', name: isObject(spec) ? spec.nodeName : undefined },
  }),
  merge: (pod, binding) => {
    const target = isObject(binding) && isObject(binding.target) ? binding.target : {}
    return { ...pod, spec: { ...(isObject(pod.spec) ? pod.spec : {}), nodeName: target.name } }
  },
}

const tokenView: SubresourceView = {
  name: 'token',
  operation: 'CREATE',
  kind: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
  view: (object) => object,
  merge: (_, changed) => changed as KubeObject,
}

async function requestToken(call: ResourceCall): Promise<void> {
  const { server, path, response } = call
  const body = bodyObject((await bodyOf(call)) ?? {})
  const account = { namespace: path.namespace ?? '', name: path.name ?? '' }
  const context = { ...writeContext(call), view: tokenView }
  const asked = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: {}, ...body }
  const admitted = await server.operations.admit({ resource: call.resource, ...account }, asked, context)
  const spec = isObject(admitted.spec) ? admitted.spec : {}
  const audiences = Array.isArray(spec.audiences) ? spec.audiences.map(String) : []
  const expirationSeconds = typeof spec.expirationSeconds === 'number' ? spec.expirationSeconds : 3600
  const bound = boundPod(call, spec.boundObjectRef)
  const { token, expiresAt } = await server.tokens.issue(account, {
    audiences,
    expirationSeconds,
    ...(bound ? { boundPod: bound } : {}),
  })
  sendJson(response, 201, {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { ...account, creationTimestamp: `${server.clock.now().toISOString().slice(0, 19)}Z` },
    spec: {
      ...spec,
      audiences: audiences.length > 0 ? audiences : [server.tokens.audience],
      expirationSeconds,
      boundObjectRef: spec.boundObjectRef ?? null,
    },
    status: { token, expirationTimestamp: `${expiresAt.toISOString().slice(0, 19)}Z` },
  })
}

function boundPod(call: ResourceCall, ref: unknown): { name: string; uid: string } | undefined {
  if (!isObject(ref)) return undefined
  if (ref.kind !== 'Pod') throw unimplemented(`tokens bound to a ${String(ref.kind)}`)
  const pod = call.server.store.get('/pods', keyOf(call.path.namespace, String(ref.name)))
  const uid = pod?.object.metadata.uid
  if (pod === undefined || uid === undefined) throw badRequest(`pods "${String(ref.name)}" not found`)
  if (ref.uid && ref.uid !== uid)
    throw conflict(
      { group: '', plural: 'pods' },
      String(ref.name),
      `the UID in the bound object reference (${String(ref.uid)}) does not match the UID in record. The object might have been deleted and then recreated`,
    )
  return { name: String(ref.name), uid }
}

async function finalize(call: ResourceCall): Promise<void> {
  const body = bodyObject(await bodyOf(call))
  const finalizers = isObject(body.spec) && Array.isArray(body.spec.finalizers) ? body.spec.finalizers.map(String) : []
  const entry = await finalizeNamespace(call.server.operations, call.path.name ?? '', finalizers)
  sendJson(call.response, 200, entry.json)
}
