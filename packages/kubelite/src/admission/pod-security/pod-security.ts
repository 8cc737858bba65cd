/** PodSecurity: what a namespace's labels enforce on its pods, and warn of on whatever makes pods. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { isObject } from '../../schema/node.ts'
import { invalid } from '../../status-error.ts'
import { type AdmissionPlugin, type AdmissionRequest, objectsIn, refuse } from '../plugin.ts'
import type { PodLike } from './checks.ts'
import { isPrivileged, isStricter, type LevelVersion, printLevel, readPolicy, sameLevel } from './policy.ts'
import { violationsOf } from './violations.ts'

export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  validate: (request) => {
    const { resource, subresource, operation } = request
    if (resource.custom !== undefined || operation === 'DELETE') return
    if (resource.kind === 'Namespace') return subresource === '' ? checkNamespace(request) : undefined
    if (resource.kind === 'Pod') return ignoredOfPods.has(subresource) ? undefined : checkPod(request)
    if (subresource === '' && withTemplate.has(resource.kind)) warnOfTemplate(request)
  },
}

const ignoredOfPods = new Set(['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status'])
const withTemplate = new Set([
  'ReplicationController',
  'PodTemplate',
  'ReplicaSet',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
])

const policyOf = ({ store, namespace }: AdmissionRequest) =>
  readPolicy(store.head('/namespaces', namespace)?.object.metadata.labels).policy

const describe = (level: LevelVersion, pod: PodLike): string | undefined => {
  const found = violationsOf(level, pod)
  if (found.length === 0) return undefined
  const details = found.map(({ reason, detail }) => (detail ? `${reason} (${detail})` : reason))
  return `violate PodSecurity "${printLevel(level)}": ${details.join(', ')}`
}

function checkPod(request: AdmissionRequest): void {
  const policy = policyOf(request)
  if (isPrivileged(policy) || request.object === undefined) return
  if (request.operation === 'UPDATE' && request.old !== undefined && sameImages(request.object, request.old)) return
  const pod = podLike(request.object)
  const refused = describe(policy.enforce, pod)
  if (refused !== undefined) throw refuse(request, refused.replace('violate', 'violates'))
  const warned = describe(policy.warn, pod)
  if (warned !== undefined) request.warnings.push(`would ${warned}`)
}

function warnOfTemplate(request: AdmissionRequest): void {
  const { warn } = policyOf(request)
  const template = templateOf(request.object)
  const warned = template === undefined ? undefined : describe(warn, template)
  if (warned !== undefined) request.warnings.push(`would ${warned}`)
}

function templateOf(object: KubeObject | undefined): PodLike | undefined {
  if (object === undefined) return undefined
  const spec = isObject(object.spec) ? object.spec : {}
  const jobSpec = isObject(spec.jobTemplate) && isObject(spec.jobTemplate.spec) ? spec.jobTemplate.spec : spec
  const template = object.kind === 'PodTemplate' ? object.template : jobSpec.template
  return isObject(template) ? podLike(template) : undefined
}

function podLike(source: Record<string, unknown>): PodLike {
  const metadata = isObject(source.metadata) ? source.metadata : {}
  return {
    annotations: (isObject(metadata.annotations) ? metadata.annotations : {}) as Record<string, string>,
    spec: isObject(source.spec) ? source.spec : {},
  }
}

/** Only another image (or a new container) makes an update of a pod worth a look. */
function sameImages(pod: KubeObject, old: KubeObject): boolean {
  const imagesOf = (object: KubeObject, list: string) =>
    objectsIn(isObject(object.spec) ? object.spec[list] : undefined).map(({ name, image }) => `${name} ${image}`)
  return ['containers', 'initContainers', 'ephemeralContainers'].every(
    (list) => imagesOf(pod, list).join() === imagesOf(old, list).join(),
  )
}

/** Labels must be readable when they change; pods that a new level would not let in are named in warnings. */
function checkNamespace(request: AdmissionRequest): void {
  const { resource, object, old } = request
  if (object === undefined) return
  const next = readPolicy(object.metadata.labels)
  const before = old === undefined ? undefined : readPolicy(old.metadata.labels)
  const changed = JSON.stringify(next.errors) !== JSON.stringify(before?.errors)
  if (next.errors.length > 0 && (before === undefined || changed))
    throw invalid(resource.group, resource.kind, object.metadata.name ?? '', next.errors)
  if (before === undefined) return
  const [wanted, was] = [next.policy.enforce, before.policy.enforce]
  if (sameLevel(wanted, was) || wanted.level === 'privileged') return
  if (wanted.minor === was.minor && !isStricter(wanted.level, was.level)) return
  request.warnings.push(...warningsOfPods(request, wanted))
}

function warningsOfPods({ store, name }: AdmissionRequest, level: LevelVersion): string[] {
  const byReason = new Map<string, string[]>()
  for (const { object } of store.headEntries('/pods')) {
    if (object.metadata.namespace !== name) continue
    const reasons = violationsOf(level, podLike(object)).map(({ reason }) => reason)
    if (reasons.length === 0) continue
    const text = reasons.join(', ')
    byReason.set(text, [...(byReason.get(text) ?? []), object.metadata.name ?? ''])
  }
  if (byReason.size === 0) return []
  const lines = [...byReason].map(([text, pods]) => {
    const others =
      pods.length === 1 ? '' : pods.length === 2 ? ' (and 1 other pod)' : ` (and ${pods.length - 1} other pods)`
    return `${[...pods].sort()[0]}${others}: ${text}`
  })
  return [
    `existing pods in namespace "${name}" violate the new PodSecurity enforce level "${printLevel(level)}"`,
    ...lines.sort(),
  ]
}
