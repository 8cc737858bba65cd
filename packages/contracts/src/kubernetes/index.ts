/**
 * The Kubernetes words that more than one package needs: object shape and the meaning of an RBAC rule.
 * Rules of matching: https://kubernetes.io/docs/reference/access-authn-authz/rbac/ and `VerbMatches`, `ResourceMatches`,
 * `ResourceNameMatches` of the API server's RBAC authoriser.
 */
export type OwnerReference = {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

export type ObjectMeta = {
  name?: string
  generateName?: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  creationTimestamp?: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  finalizers?: string[]
  ownerReferences?: OwnerReference[]
  managedFields?: unknown[]
}

/** Any Kubernetes object. Kinds that we know have their own type on top of it. */
export type KubeObject = {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  spec?: unknown
  status?: unknown
  [key: string]: unknown
}

export type PolicyRule = {
  verbs: readonly string[]
  apiGroups?: readonly string[]
  resources?: readonly string[]
  resourceNames?: readonly string[]
  nonResourceURLs?: readonly string[]
}

export type Subject = { kind: string; name: string; namespace?: string; apiGroup?: string }
export type RoleRef = { apiGroup: string; kind: string; name: string }

/** What is asked: a resource request, or (with `path`) a request of a URL that is no resource. */
export type AccessAttributes = {
  verb: string
  group: string
  resource: string
  /** With its own `resource/subresource` spelling in rules. */
  subresource?: string
  namespace?: string
  name?: string
  path?: string
}

/** True when `rule` allows `asked`. Knows nothing of bindings: the caller has chosen the rules that apply. */
export function ruleAllows(rule: PolicyRule, asked: AccessAttributes): boolean {
  if (!rule.verbs.includes('*') && !rule.verbs.includes(asked.verb)) return false
  if (asked.path !== undefined)
    return (rule.nonResourceURLs ?? []).some((pattern) => pathMatches(pattern, asked.path ?? ''))
  const groups = rule.apiGroups ?? []
  if (!groups.includes('*') && !groups.includes(asked.group)) return false
  if (!resourceMatches(rule.resources ?? [], asked.resource, asked.subresource)) return false
  const names = rule.resourceNames ?? []
  return names.length === 0 || (asked.name !== undefined && names.includes(asked.name))
}

function resourceMatches(patterns: readonly string[], resource: string, subresource: string | undefined): boolean {
  const whole = subresource ? `${resource}/${subresource}` : resource
  return patterns.some(
    (pattern) => pattern === '*' || pattern === whole || (subresource !== undefined && pattern === `*/${subresource}`),
  )
}

function pathMatches(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true
  return pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1))
}

/** True when a binding's subject names this user, one of these groups, or (for a ServiceAccount) its user name. */
export function subjectMatches(
  subject: Subject,
  user: string,
  groups: readonly string[],
  bindingNamespace?: string,
): boolean {
  switch (subject.kind) {
    case 'User':
      return subject.name === user
    case 'Group':
      return groups.includes(subject.name)
    case 'ServiceAccount':
      return user === `system:serviceaccount:${subject.namespace ?? bindingNamespace ?? ''}:${subject.name}`
    default:
      return false
  }
}
