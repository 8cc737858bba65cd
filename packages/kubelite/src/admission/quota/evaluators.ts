/** What an object counts as towards a ResourceQuota (k8s.io/kubernetes/pkg/quota/v1/evaluator/core). */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { qosClass } from '../../kinds/pod.ts'
import { type Resource, storageKey } from '../../registry/resource.ts'
import { isObject, type JsonObject } from '../../schema/node.ts'
import { countQuantity, type Quantity } from '../../schema/quantity.ts'
import { type AdmissionRequest, objectsIn } from '../plugin.ts'
import { podResources, type ResourceList, readList } from '../resource-list.ts'

/** A scope of a quota: `{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }`. */
export type Scope = { name: string; operator: string; values: readonly string[] }

export type Evaluator = {
  /** Whether a write can change what is counted. */
  handles(request: AdmissionRequest): boolean
  /** Of the names that a quota limits, those that this kind of object counts towards. */
  matching(names: readonly string[]): string[]
  usage(object: KubeObject, now: Date): ResourceList
  inScope(scope: Scope, object: KubeObject): boolean
  /** Why the object may not be under a quota on these names: a sentence, or undefined. */
  unmet?(names: readonly string[], object: KubeObject): string | undefined
}

const one = countQuantity(1)
const specOf = (object: KubeObject): JsonObject => (isObject(object.spec) ? object.spec : {})
/** `count/pods`, `count/jobs.batch`. */
const countName = (resource: Pick<Resource, 'group' | 'plural'>) =>
  `count/${resource.plural}${resource.group ? `.${resource.group}` : ''}`

const plainAliases = new Set(['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets'])

/** Undefined for what no quota counts: cluster-wide kinds and events. */
export function evaluatorFor(resource: Resource): Evaluator | undefined {
  if (!resource.namespaced || resource.virtual || storageKey(resource) === '/events') return undefined
  if (resource.group === 'events.k8s.io') return undefined
  if (resource.group === '' && resource.plural === 'pods') return podEvaluator
  if (resource.group === '' && resource.plural === 'services') return serviceEvaluator
  if (resource.group === '' && resource.plural === 'persistentvolumeclaims') return claimEvaluator
  const names = [
    countName(resource),
    ...(resource.group === '' && plainAliases.has(resource.plural) ? [resource.plural] : []),
  ]
  return {
    handles: (request) => request.subresource === '' && request.operation === 'CREATE',
    matching: (asked) => asked.filter((name) => names.includes(name)),
    usage: () => new Map(names.map((name) => [name, one])),
    inScope: () => false,
  }
}

const compute = ['cpu', 'memory', 'ephemeral-storage']
const podNames = new Set([
  'count/pods',
  'pods',
  ...compute,
  ...compute.map((name) => `requests.${name}`),
  ...compute.map((name) => `limits.${name}`),
])
const isHuge = (name: string) => name.startsWith('hugepages-') || name.startsWith('requests.hugepages-')
/** `nvidia.com/gpu`: a resource of neither Kubernetes nor a quota. */
export const isExtended = (name: string): boolean => name.includes('/') && !name.includes('kubernetes.io/')
const isExtendedRequest = (name: string) =>
  name.startsWith('requests.') && (isExtended(name) || name.startsWith('requests.deviceclass.resource.kubernetes.io/'))

/** Of these a quota makes every container say what it needs. */
const mustBeSaid = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']

function podUsage(requests: ResourceList, limits: ResourceList): Map<string, Quantity> {
  const out = new Map<string, Quantity>([['pods', one]])
  for (const [name, quantity] of requests) {
    const isPlain = compute.includes(name) || name.startsWith('hugepages-')
    if (isPlain) out.set(name, quantity)
    if (isPlain || isExtended(name)) out.set(`requests.${name}`, quantity)
  }
  for (const [name, quantity] of limits) if (compute.includes(name)) out.set(`limits.${name}`, quantity)
  return out
}

const isTerminating = (pod: KubeObject) => {
  const deadline = specOf(pod).activeDeadlineSeconds
  return typeof deadline === 'number' && deadline >= 0
}

/** A pod that has ended, or should have long ago, holds no resources. */
function holdsResources(pod: KubeObject, now: Date): boolean {
  const phase = isObject(pod.status) ? pod.status.phase : undefined
  if (phase === 'Failed' || phase === 'Succeeded') return false
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true
  return now.getTime() <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000
}

const podEvaluator: Evaluator = {
  handles: ({ subresource, operation, object, old }) => {
    if (subresource === 'resize') return operation === 'UPDATE'
    if (subresource !== '') return false
    if (operation === 'CREATE') return true
    return object !== undefined && old !== undefined && isTerminating(object) !== isTerminating(old)
  },
  matching: (names) => names.filter((name) => podNames.has(name) || isHuge(name) || isExtendedRequest(name)),
  usage: (pod, now) => {
    if (!holdsResources(pod, now)) return new Map([['count/pods', one]])
    const spec = specOf(pod)
    const used = podUsage(podResources(spec, 'requests'), podResources(spec, 'limits'))
    return used.set('count/pods', one)
  },
  inScope: (scope, pod) => {
    switch (scope.name) {
      case 'Terminating':
        return isTerminating(pod)
      case 'NotTerminating':
        return !isTerminating(pod)
      case 'BestEffort':
        return qosClass(pod) === 'BestEffort'
      case 'NotBestEffort':
        return qosClass(pod) !== 'BestEffort'
      case 'PriorityClass':
        return matchesValue(scope, specOf(pod).priorityClassName)
      case 'CrossNamespacePodAffinity':
        return crossesNamespaces(specOf(pod))
      default:
        return false
    }
  },
  unmet: (names, pod) => {
    const spec = specOf(pod)
    if (isObject(spec.resources)) return undefined
    const missing = mustBeSaid
      .filter((name) => names.includes(name))
      .sort()
      .flatMap((name) => {
        const silent = [...objectsIn(spec.containers), ...objectsIn(spec.initContainers)].filter((container) => {
          const resources = isObject(container.resources) ? container.resources : {}
          return !podUsage(readList(resources.requests), readList(resources.limits)).has(name)
        })
        const who = [...new Set(silent.map((container) => String(container.name)))].sort()
        return who.length > 0 ? [`${name} for: ${who.join(',')}`] : []
      })
    return missing.length > 0 ? `must specify ${missing.join('; ')}` : undefined
  },
}

function matchesValue({ operator, values }: Scope, value: unknown): boolean {
  const present = typeof value === 'string' && value !== ''
  switch (operator) {
    case 'Exists':
      return present
    case 'DoesNotExist':
      return !present
    case 'NotIn':
      return !present || !values.includes(value)
    default:
      return present && values.includes(value)
  }
}

function crossesNamespaces(spec: JsonObject): boolean {
  const affinity = isObject(spec.affinity) ? spec.affinity : {}
  return [affinity.podAffinity, affinity.podAntiAffinity].filter(isObject).some((rules) => {
    const preferred = objectsIn(rules.preferredDuringSchedulingIgnoredDuringExecution).map((one) => one.podAffinityTerm)
    const terms = [...objectsIn(rules.requiredDuringSchedulingIgnoredDuringExecution), ...preferred.filter(isObject)]
    return terms.some(
      (term) => (Array.isArray(term.namespaces) && term.namespaces.length > 0) || term.namespaceSelector !== undefined,
    )
  })
}

const serviceNames = new Set(['count/services', 'services', 'services.nodeports', 'services.loadbalancers'])
const serviceEvaluator: Evaluator = {
  handles: ({ subresource, operation }) => subresource === '' && operation !== 'DELETE',
  matching: (names) => names.filter((name) => serviceNames.has(name)),
  usage: (service) => {
    const spec = specOf(service)
    const ports = objectsIn(spec.ports)
    const balanced = spec.type === 'LoadBalancer'
    const chosen =
      balanced && spec.allocateLoadBalancerNodePorts === false ? ports.filter((port) => port.nodePort) : ports
    return new Map([
      ['count/services', one],
      ['services', one],
      ['services.nodeports', countQuantity(balanced || spec.type === 'NodePort' ? chosen.length : 0)],
      ['services.loadbalancers', countQuantity(balanced ? 1 : 0)],
    ])
  },
  inScope: () => false,
}

const classMark = '.storageclass.storage.k8s.io/'
const claimNames = ['persistentvolumeclaims', 'requests.storage']
const claimEvaluator: Evaluator = {
  handles: ({ subresource, operation }) => (subresource === '' || subresource === 'status') && operation !== 'DELETE',
  matching: (names) =>
    names.filter(
      (name) =>
        name === 'count/persistentvolumeclaims' ||
        claimNames.some((plain) => name === plain || name.endsWith(`${classMark}${plain}`)),
    ),
  usage: (claim) => {
    const spec = specOf(claim)
    const annotated = claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class']
    const storageClass = annotated ?? spec.storageClassName
    const out = new Map<string, Quantity>([['count/persistentvolumeclaims', one]])
    const add = (name: string, quantity: Quantity) => {
      out.set(name, quantity)
      if (storageClass) out.set(`${String(storageClass)}${classMark}${name}`, quantity)
    }
    add('persistentvolumeclaims', one)
    const storage = claimedStorage(claim)
    if (storage !== undefined) add('requests.storage', storage)
    return out
  },
  inScope: (scope, claim) =>
    scope.name === 'VolumeAttributesClass' && matchesValue(scope, specOf(claim).volumeAttributesClassName),
}

/** Whole bytes: what is asked for, or what the volume has been given when that is more. */
function claimedStorage(claim: KubeObject): Quantity | undefined {
  const { resources } = specOf(claim)
  const asked = readList(isObject(resources) ? resources.requests : undefined).get('storage')
  if (asked === undefined) return undefined
  const given = readList(isObject(claim.status) ? claim.status.allocatedResources : undefined).get('storage')
  const most = given !== undefined && given.nanos > asked.nanos ? given : asked
  const nano = 1_000_000_000n
  return { ...most, nanos: ((most.nanos + nano - 1n) / nano) * nano }
}
