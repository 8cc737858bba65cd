/** The four patch types by content type. */
import type { IncomingMessage } from 'node:http'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { WriteContext } from '../api/types.ts'
import { guardEscalation } from '../auth/escalation.ts'
import { applyJsonPatch } from '../patch/json-patch.ts'
import { applyMergePatch } from '../patch/merge-patch.ts'
import { applyConfiguration } from '../patch/server-side-apply.ts'
import { applyStrategicMergePatch } from '../patch/strategic-merge.ts'
import type { Resource } from '../registry/resource.ts'
import { isObject } from '../schema/node.ts'
import { badRequest, StatusError, unsupportedMediaType } from '../status-error.ts'
import { queryFlag } from './query-flag.ts'
import { parseBody, readBody } from './request.ts'
import { bodyObject, type ResourceCall, sendEntry } from './resource-call.ts'

const typeOf = (request: IncomingMessage) => (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? ''
export const isApply = (request: IncomingMessage): boolean => typeOf(request).startsWith('application/apply-patch')

/** Throws UnsupportedMediaType for what is no patch of this kind; asked before anything else of a patch. */
export function checkPatchType({ request }: ResourceCall, resource: Resource): void {
  const type = typeOf(request)
  if (!patchTypes.includes(type)) throw new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {})
  if (type === strategicType && resource.custom !== undefined)
    throw unsupportedMediaType(
      'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    )
}
const strategicType = 'application/strategic-merge-patch+json'
const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  strategicType,
  'application/apply-patch+yaml',
  'application/apply-patch+cbor',
]

/** Reads the body once; what it returns applies the patch to the state it is given. */
export async function patchProducer(
  call: ResourceCall,
  resource: Resource,
): Promise<(current: KubeObject | undefined) => Record<string, unknown>> {
  const type = typeOf(call.request)
  checkPatchType(call, resource)
  const prefix = type.startsWith('application/strategic') ? '' : 'error decoding patch: '
  const patch = parseBody(await readBody(call.request), 'application/json', (fault) => badRequest(`${prefix}${fault}`))
  return (current) => {
    const next = applyTyped(type, current, patch, resource)
    if (!isObject(next)) throw badRequest('the patched document is not an object')
    return next
  }
}

function applyTyped(type: string, current: KubeObject | undefined, patch: unknown, resource: Resource): unknown {
  if (type === 'application/json-patch+json') return applyJsonPatch(current, patch ?? [])
  if (!isObject(patch))
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${Array.isArray(patch) ? 'array' : typeof patch} into Go value of type map[string]interface {}`,
    )
  if (type === 'application/merge-patch+json') return applyMergePatch(current, patch)
  return applyStrategicMergePatch(current, patch, resource.schema)
}

export async function applyFromRequest(
  call: ResourceCall,
  context: WriteContext,
  subresource?: 'status',
): Promise<void> {
  const { server, resource, path, url } = call
  const manager = context.fieldManager
  const force = queryFlag(url.searchParams, 'force')
  const body = bodyObject(parseBody(await readBody(call.request), 'application/apply-patch+yaml'))
  const target = { resource, namespace: path.namespace, name: path.name ?? '' }
  const produce = (current: KubeObject | undefined) => {
    const merged = applyConfiguration({
      live: current,
      applied: body,
      resource,
      manager,
      force,
      now: server.clock.now(),
      name: path.name ?? '',
      ...(subresource ? { subresource } : {}),
    })
    guardEscalation(server, call.user, resource, merged, current, path.namespace)
    return merged
  }
  const { entry, created } = await server.operations.apply(target, produce, context, subresource)
  sendEntry(call, entry, created ? 201 : 200, context.warnings)
}
