/** LimitRanger: defaults, least and most of what containers, pods and claims ask for (plugin/pkg/admission/limitranger). */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { isObject, type JsonObject } from '../schema/node.ts'
import { printQuantity, type Quantity, zeroQuantity } from '../schema/quantity.ts'
import { type AdmissionPlugin, type AdmissionRequest, isPodWrite, objectsIn, refuse, specOf } from './plugin.ts'
import { emptyList, podResources, type ResourceList, readList, writeList } from './resource-list.ts'

export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  mutate: (request) => {
    if (!isPodWrite(request) || request.operation !== 'CREATE') return
    for (const limitRange of limitRangesOf(request)) setDefaults(limitRange, request.object)
  },
  validate: (request) => {
    const faults = limitRangesOf(request).map((limitRange) => faultsOf(request, limitRange))
    const first = faults.find((list) => list.length > 0)
    if (first === undefined) return
    const texts = [...new Set(first)]
    throw refuse(request, texts.length === 1 ? String(texts[0]) : `[${texts.join(', ')}]`)
  },
}

function limitRangesOf(request: AdmissionRequest): KubeObject[] {
  const { resource, operation, old, store, namespace, subresource } = request
  if (resource.custom !== undefined || resource.group !== '' || subresource !== '') return []
  const concerns =
    (resource.kind === 'Pod' && operation === 'CREATE') ||
    (resource.kind === 'PersistentVolumeClaim' && operation !== 'DELETE')
  if (!concerns || old?.metadata.deletionTimestamp !== undefined) return []
  return [...store.headEntries('/limitranges')]
    .filter((entry) => entry.object.metadata.namespace === namespace)
    .map((entry) => entry.object)
}

const limitsOf = (limitRange: KubeObject): JsonObject[] =>
  isObject(limitRange.spec) ? objectsIn(limitRange.spec.limits) : []

function setDefaults(limitRange: KubeObject, pod: KubeObject | undefined): void {
  if (pod === undefined) return
  let defaults = { limits: emptyList, requests: emptyList }
  for (const limit of limitsOf(limitRange)) {
    if (limit.type !== 'Container') continue
    defaults = {
      limits: new Map([...defaults.limits, ...readList(limit.default)]),
      requests: new Map([...defaults.requests, ...readList(limit.defaultRequest)]),
    }
  }
  const spec = specOf(pod)
  const notes = [
    ...objectsIn(spec.containers).flatMap((one) => defaultContainer(one, 'container', defaults)),
    ...objectsIn(spec.initContainers).flatMap((one) => defaultContainer(one, 'init container', defaults)),
  ]
  if (notes.length === 0) return
  const { annotations } = pod.metadata
  pod.metadata.annotations = {
    ...annotations,
    'kubernetes.io/limit-ranger': `LimitRanger plugin set: ${notes.join('; ')}`,
  }
}

function defaultContainer(
  container: JsonObject,
  title: string,
  defaults: Record<'limits' | 'requests', ResourceList>,
): string[] {
  const resources: JsonObject = isObject(container.resources) ? container.resources : {}
  container.resources = resources
  const notes: string[] = []
  for (const [part, word] of [
    ['requests', 'request'],
    ['limits', 'limit'],
  ] as const) {
    const present = isObject(resources[part]) ? resources[part] : {}
    const missing = [...defaults[part]].filter(([name]) => !(name in present))
    if (missing.length === 0) continue
    resources[part] = { ...present, ...writeList(new Map(missing)) }
    const names = missing.map(([name]) => name).sort()
    notes.push(`${names.join(', ')} ${word} for ${title} ${String(container.name ?? '')}`)
  }
  return notes
}

function faultsOf(request: AdmissionRequest, limitRange: KubeObject): string[] {
  const spec = specOf(request.object)
  return limitsOf(limitRange).flatMap((limit) => {
    if (request.resource.kind === 'PersistentVolumeClaim')
      return limit.type === 'PersistentVolumeClaim' ? claimFaults(limit, spec) : []
    if (limit.type === 'Pod')
      return holderFaults(limit, podResources(spec, 'requests', false), podResources(spec, 'limits', false))
    if (limit.type !== 'Container') return []
    return [...objectsIn(spec.containers), ...objectsIn(spec.initContainers)].flatMap((container) => {
      const resources = isObject(container.resources) ? container.resources : {}
      return holderFaults(limit, readList(resources.requests), readList(resources.limits))
    })
  })
}

function claimFaults(limit: JsonObject, spec: JsonObject): string[] {
  const requests = readList(isObject(spec.resources) ? spec.resources.requests : undefined)
  return [
    ...each(limit, 'min', (name, least) => minFault('PersistentVolumeClaim', name, least, requests, emptyList)),
    ...each(limit, 'max', (name, most) => {
      const start = `maximum ${name} usage per PersistentVolumeClaim is ${printQuantity(most)}`
      const asked = requests.get(name)
      if (asked === undefined) return `${start}.  No request is specified`
      return asked.nanos > most.nanos ? `${start}, but request is ${printQuantity(asked)}` : undefined
    }),
  ]
}

function holderFaults(limit: JsonObject, requests: ResourceList, limits: ResourceList): string[] {
  const type = String(limit.type)
  return [
    ...each(limit, 'min', (name, least) => minFault(type, name, least, requests, limits)),
    ...each(limit, 'max', (name, most) => maxFault(type, name, most, requests, limits)),
    ...each(limit, 'maxLimitRequestRatio', (name, ratio) => ratioFault(type, name, ratio, requests, limits)),
  ]
}

function each(limit: JsonObject, part: string, fault: (name: string, bound: Quantity) => string | undefined): string[] {
  return [...readList(limit[part])].flatMap(([name, bound]) => fault(name, bound) ?? [])
}

function minFault(type: string, name: string, least: Quantity, requests: ResourceList, limits: ResourceList) {
  const start = `minimum ${name} usage per ${type} is ${printQuantity(least)}`
  const [request, limit] = [requests.get(name), limits.get(name)]
  if (request === undefined) return `${start}.  No request is specified`
  if (request.nanos < least.nanos) return `${start}, but request is ${printQuantity(request)}`
  if (limit !== undefined && limit.nanos < least.nanos) return `${start}, but limit is ${printQuantity(limit)}`
  return undefined
}

function maxFault(type: string, name: string, most: Quantity, requests: ResourceList, limits: ResourceList) {
  const start = `maximum ${name} usage per ${type} is ${printQuantity(most)}`
  const [request, limit] = [requests.get(name), limits.get(name)]
  if (limit === undefined) return `${start}.  No limit is specified`
  if (limit.nanos > most.nanos) return `${start}, but limit is ${printQuantity(limit)}`
  if (request !== undefined && request.nanos > most.nanos) return `${start}, but request is ${printQuantity(request)}`
  return undefined
}

function ratioFault(type: string, name: string, ratio: Quantity, requests: ResourceList, limits: ResourceList) {
  const start = `${name} max limit to request ratio per ${type} is ${printQuantity(ratio)}`
  const request = (requests.get(name) ?? zeroQuantity).nanos
  const limit = (limits.get(name) ?? zeroQuantity).nanos
  if (request === 0n) return `${start}, but no request is specified or request is 0`
  if (limit === 0n) return `${start}, but no limit is specified or limit is 0`
  const provided = Number(limit) / Number(request)
  return provided > Number(ratio.nanos) / 1e9 ? `${start}, but provided ratio is ${provided.toFixed(6)}` : undefined
}
