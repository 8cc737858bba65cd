/** Which webhooks a write goes to: rules, scope, selectors (k8s.io/apiserver/pkg/admission/plugin/webhook/predicates). */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { type Condition, conditionsHold } from '../../cel/conditions.ts'
import type { Resource } from '../../registry/resource.ts'
import { isObject, type JsonObject } from '../../schema/node.ts'
import { selectorMatches, toSelector } from '../../selectors/labels.ts'
import { notFound } from '../../status-error.ts'
import { type AdmissionRequest, objectsIn, refuse } from '../plugin.ts'
import { type Hook, type Invocation, shownTo } from './invocation.ts'
import { reviewFor } from './review.ts'

const group = 'admissionregistration.k8s.io'
export const mutatingTable = `${group}/mutatingwebhookconfigurations`
export const validatingTable = `${group}/validatingwebhookconfigurations`

/** By the name of the configuration, then in the order written. Configurations themselves are never sent. */
export function hooksFor(request: AdmissionRequest, table: string): Hook[] {
  if (request.resource.group === group) return []
  return [...request.store.headEntries(table)]
    .map((entry) => entry.object)
    .sort((a, b) => (String(a.metadata.name) < String(b.metadata.name) ? -1 : 1))
    .flatMap((configuration) =>
      objectsIn(configuration.webhooks).map((spec) => ({
        configuration: configuration.metadata.name ?? '',
        name: String(spec.name),
        spec,
      })),
    )
}

/** Whether and how a hook wants to see the write; undefined when it does not. Throws Forbidden when a condition cannot be told. */
export function matchHook(request: AdmissionRequest, hook: Hook): Invocation | undefined {
  const invocation = matchRules(request, hook)
  return invocation !== undefined && meetsConditions(request, invocation) ? invocation : undefined
}

/** `matchConditions` in CEL; one that cannot be evaluated counts as the hook's failurePolicy says. */
function meetsConditions(request: AdmissionRequest, invocation: Invocation): boolean {
  const { spec } = invocation.hook
  const conditions = objectsIn(spec.matchConditions)
  if (conditions.length === 0) return true
  const { object, oldObject, ...rest } = reviewFor(request, invocation).body.request as JsonObject
  try {
    return conditionsHold(conditions as Condition[], { object, oldObject, request: rest })
  } catch (error) {
    if (spec.failurePolicy === 'Ignore') return false
    throw refuse(request, (error as Error).message)
  }
}

function matchRules(request: AdmissionRequest, hook: Hook): Invocation | undefined {
  const { spec } = hook
  const rules = objectsIn(spec.rules)
  const direct = rules.some((rule) => matchesRule(rule, request, request.resource))
  const resource = direct ? request.resource : equivalentOf(request, spec, rules)
  if (resource === undefined) return undefined
  if (!matchesNamespace(request, spec.namespaceSelector) || !matchesObjects(request, spec.objectSelector))
    return undefined
  return { hook, resource }
}

/** Another version of a custom resource that a rule names, when `matchPolicy` is Equivalent. */
function equivalentOf(request: AdmissionRequest, spec: JsonObject, rules: readonly JsonObject[]): Resource | undefined {
  const { resource, registry } = request
  if (spec.matchPolicy !== 'Equivalent' || resource.custom === undefined) return undefined
  const others = registry
    .all()
    .filter((other) => other.custom?.crd === resource.custom?.crd && other.version !== resource.version)
  for (const rule of rules) {
    const found = others.find((other) => matchesRule(rule, request, other))
    if (found !== undefined) return found
  }
  return undefined
}

const holds = (list: unknown, wanted: string): boolean =>
  Array.isArray(list) && (list.includes('*') || list.includes(wanted))

function matchesRule(rule: JsonObject, request: AdmissionRequest, resource: Resource): boolean {
  const clusterWide = !resource.namespaced
  if (rule.scope === 'Namespaced' && clusterWide) return false
  if (rule.scope === 'Cluster' && !clusterWide) return false
  if (!holds(rule.operations, request.operation)) return false
  if (!holds(rule.apiGroups, resource.group) || !holds(rule.apiVersions, resource.version)) return false
  const resources = Array.isArray(rule.resources) ? rule.resources.map(String) : []
  return resources.some((text) => {
    const [plural = '', subresource = ''] = text.split('/', 2)
    const isResource = plural === '*' || plural === resource.plural
    return isResource && (subresource === '*' || subresource === request.subresource)
  })
}

function matchesNamespace(request: AdmissionRequest, selector: unknown): boolean {
  const { resource, store, namespace, operation, subresource } = request
  const ofNamespace = resource.group === '' && resource.kind === 'Namespace'
  const parsed = toSelector(isObject(selector) ? selector : {})
  if (parsed.length === 0 || (!resource.namespaced && !ofNamespace)) return true
  if (ofNamespace && subresource === '' && operation !== 'DELETE')
    return selectorMatches(parsed, request.object?.metadata.labels)
  const found = store.head('/namespaces', namespace)
  if (found === undefined) throw notFound({ group: '', plural: 'namespaces' }, namespace)
  return selectorMatches(parsed, found.object.metadata.labels)
}

function matchesObjects(request: AdmissionRequest, selector: unknown): boolean {
  const parsed = toSelector(isObject(selector) ? selector : {})
  if (parsed.length === 0) return true
  const matches = (object: KubeObject | undefined) =>
    object !== undefined && selectorMatches(parsed, shownTo(request, request.resource, object).metadata.labels)
  return matches(request.object) || matches(request.old)
}
