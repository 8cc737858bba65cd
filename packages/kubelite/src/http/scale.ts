/** The `scale` subresource of built-in workloads and of CRDs that declare its paths. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { SubresourceView } from '../admission/plugin.ts'
import { getEntry } from '../api/read.ts'
import { applyJsonPatch } from '../patch/json-patch.ts'
import { applyMergePatch } from '../patch/merge-patch.ts'
import type { Resource } from '../registry/resource.ts'
import { evaluateJsonPath } from '../schema/json-path.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import { formatSelector } from '../selectors/labels.ts'
import { badRequest, invalid, methodNotAllowed } from '../status-error.ts'
import { ageColumn, nameColumn, number } from './cells.ts'
import { column } from './column.ts'
import { sendJson } from './context.ts'
import { checkPatchType } from './patches.ts'
import { parseBody, readBody } from './request.ts'
import { bodyOf, type ResourceCall, wantedForm, writeContext } from './resource-call.ts'
import { tableOf } from './table.ts'

/** A ReplicationController's selector is a map of labels. */
const selectorText = (resource: Resource, selector: JsonObject): string =>
  formatSelector(
    resource.kind === 'ReplicationController' ? { matchLabels: selector as Record<string, string> } : selector,
  )

function toScale(resource: Resource, object: KubeObject): KubeObject {
  const paths = resource.custom?.scale ?? { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' }
  const countAt = (path: string) => Number(evaluateJsonPath(object, path)[0] ?? 0)
  const selector =
    resource.custom === undefined
      ? selectorText(resource, isObject(object.spec) && isObject(object.spec.selector) ? object.spec.selector : {})
      : paths.labelSelectorPath
        ? String(evaluateJsonPath(object, paths.labelSelectorPath)[0] ?? '')
        : ''
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const desired = countAt(paths.specReplicasPath)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp } as KubeObject['metadata'],
    // Zero is left out (`omitempty`).
    spec: desired === 0 ? {} : { replicas: desired },
    status: { replicas: countAt(paths.statusReplicasPath), ...(selector ? { selector } : {}) },
  }
}

export async function handleScale(call: ResourceCall, verb: string): Promise<void> {
  const { server, resource, path } = call
  if (verb === 'get') {
    const { object } = getEntry(server.store, resource, path.namespace, path.name ?? '')
    return void sendScale(call, toScale(resource, object))
  }
  if (verb !== 'update' && verb !== 'patch') throw methodNotAllowed()
  if (verb === 'patch') checkPatchType(call, resource)
  const body = verb === 'patch' ? parseBody(await readBody(call.request), 'application/json') : await bodyOf(call)
  const isJsonPatch = (call.request.headers['content-type'] ?? '').startsWith('application/json-patch')
  const context = writeContext(call)
  const target = { resource, namespace: path.namespace, name: path.name ?? '' }
  const entry = await server.operations.update(
    target,
    (current) => {
      if (current === undefined) return current
      const scale = toScale(resource, current)
      const wanted = verb === 'update' ? body : isJsonPatch ? applyJsonPatch(scale, body) : applyMergePatch(scale, body)
      return withReplicas(resource, current, wanted)
    },
    { ...context, fieldValidation: 'Ignore', view: scaleView(resource) },
    'scale',
  )
  sendScale(call, toScale(resource, entry.object), context.warnings)
}

const scaleColumns = [
  nameColumn,
  column('Desired', (scale) => number(scale, 'spec', 'replicas'), 'integer'),
  column('Available', (scale) => number(scale, 'status', 'replicas'), 'integer'),
  ageColumn,
]

function sendScale(call: ResourceCall, scale: KubeObject, warnings: readonly string[] = []): void {
  if (wantedForm(call) !== 'Table') return void sendJson(call.response, 200, scale, warnings)
  const options = {
    includeObject: call.url.searchParams.get('includeObject') ?? 'Metadata',
    listMeta: { resourceVersion: scale.metadata.resourceVersion },
    now: call.server.clock.now(),
  }
  sendJson(call.response, 200, tableOf(scaleColumns, [scale], options), warnings)
}

/** The Scale that admission sees in place of the object. */
const scaleView = (resource: Resource): SubresourceView => ({
  name: 'scale',
  operation: 'UPDATE',
  kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  view: (object) => toScale(resource, object),
  merge: (object, changed) => withReplicas(resource, object, changed),
})

function withReplicas(resource: Resource, current: KubeObject, scale: unknown): KubeObject {
  if (!isObject(scale)) throw badRequest('the body is not a Scale')
  const replicas = isObject(scale.spec) ? (scale.spec.replicas ?? 0) : 0
  const name = current.metadata.name ?? ''
  if (typeof replicas !== 'number' || !Number.isInteger(replicas) || replicas < 0) {
    if (resource.custom !== undefined)
      throw invalid(resource.group, resource.kind, name, [
        {
          field: '.spec.replicas',
          type: 'FieldValueInvalid',
          value: replicas,
          detail: 'should be a non-negative integer',
        },
      ])
    throw invalid('autoscaling', 'Scale', name, [
      {
        field: 'spec.replicas',
        type: 'FieldValueInvalid',
        value: replicas,
        detail: 'must be greater than or equal to 0',
      },
    ])
  }
  const version = isObject(scale.metadata) ? scale.metadata.resourceVersion : undefined
  const next = structuredClone(current)
  if (typeof version === 'string' && version !== '') next.metadata.resourceVersion = version
  const steps = (resource.custom?.scale?.specReplicasPath ?? '.spec.replicas').split('.').filter(Boolean)
  let at: JsonObject = next
  for (const step of steps.slice(0, -1)) {
    if (!isObject(at[step])) at[step] = {}
    at = at[step] as JsonObject
  }
  at[steps.at(-1) ?? 'replicas'] = replicas
  return next
}
