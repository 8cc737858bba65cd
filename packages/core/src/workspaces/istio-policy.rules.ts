/** What Istio's policies, old and new, come to as RBAC: one verdict and one way to write it. Pure. */
import type { KubeObject, PolicyRule, RoleRef, Subject } from '@keelson/contracts/kubernetes'

/** May use pipelines and nothing else: `deploy/rbac`. */
export const pipelinesRole = 'keelson-pipelines'
/** On everything that is made for a policy: the policy's uid. */
export const istioPolicyLabel = 'keelson.dev/istio-policy'
/** Only operators write there, so a policy there may name accounts of any workspace. */
const platformNamespaces = ['kubeflow', 'keelson-system']
const rbacGroup = 'rbac.authorization.k8s.io'

export type GrantedRole = KubeObject & { rules: PolicyRule[] }
export type GrantedBinding = KubeObject & { roleRef: RoleRef; subjects: Subject[] }
export type PolicyVerdict =
  | { kind: 'granted'; roles: GrantedRole[]; bindings: GrantedBinding[]; message: string }
  | { kind: 'refused'; reason: string; message: string }
export type Refused = PolicyVerdict & { kind: 'refused' }

/** Who a policy names: one account, or all accounts of a namespace. */
export type Source = { namespace: string; account: string | null }

export function refused(reason: string, message: string): Refused {
  return { kind: 'refused', reason, message }
}

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const principalPattern = new RegExp(`^cluster\\.local/ns/(?<namespace>${label})/sa/(?<account>[a-z0-9][-a-z0-9.]*)$`)
const namespacePattern = new RegExp(`^${label}$`)

/** One exact principal (`cluster.local/ns/NAMESPACE/sa/ACCOUNT`); a pattern is none. */
export function sourceOfPrincipal(principal: string): Source | null {
  const { namespace, account } = principalPattern.exec(principal)?.groups ?? {}
  return namespace === undefined || account === undefined ? null : { namespace, account }
}

export function sourceOfNamespace(namespace: string): Source | null {
  return namespacePattern.test(namespace) ? { namespace, account: null } : null
}

/**
 * Pipelines for each source, in the source's own workspace: that is where its runs are. A source of another workspace is refused,
 * or whoever writes a policy in one workspace would give rights in another.
 */
export function grantPipelines(policy: KubeObject, sources: readonly Source[]): PolicyVerdict {
  const { namespace = '' } = policy.metadata
  const foreign = sources.find((source) => source.namespace !== namespace)
  if (foreign !== undefined && !platformNamespaces.includes(namespace))
    return refused(
      'OtherNamespace',
      `The account is of namespace ${foreign.namespace}: a policy in ${namespace} cannot grant anything there. Apply it in ${foreign.namespace}.`,
    )
  const roleRef = { apiGroup: rbacGroup, kind: 'ClusterRole', name: pipelinesRole }
  const namespaces = [...new Set(sources.map((source) => source.namespace))]
  const bindings = namespaces.map((each) =>
    bindingFor(
      policy,
      each,
      roleRef,
      sources.filter((source) => source.namespace === each),
    ),
  )
  return { kind: 'granted', roles: [], bindings, message: `Granted as RoleBinding to ${pipelinesRole}.` }
}

/** One endpoint of the policy's own namespace, for whomever it names: its owner lets in whom they like. */
export function grantEndpoint(policy: KubeObject, endpoint: string, sources: readonly Source[]): PolicyVerdict {
  const { namespace = '' } = policy.metadata
  const metadata = metadataFor(policy, namespace)
  const rule = { apiGroups: ['keelson.dev'], resourceNames: [endpoint] }
  const rules = [
    { ...rule, resources: ['endpoints/invoke'], verbs: ['create'] },
    { ...rule, resources: ['endpoints'], verbs: ['get'] },
  ]
  const role = { apiVersion: `${rbacGroup}/v1`, kind: 'Role', metadata, rules }
  const roleRef = { apiGroup: rbacGroup, kind: 'Role', name: metadata.name }
  const bindings = [bindingFor(policy, namespace, roleRef, sources)]
  return { kind: 'granted', roles: [role], bindings, message: `Granted as Role for the endpoint ${endpoint}.` }
}

function bindingFor(policy: KubeObject, namespace: string, roleRef: RoleRef, sources: readonly Source[]) {
  const metadata = metadataFor(policy, namespace)
  return { apiVersion: `${rbacGroup}/v1`, kind: 'RoleBinding', metadata, roleRef, subjects: sources.map(subjectOf) }
}

/** Two policies never share a name: the uid tells them apart, whatever their names join to. */
function metadataFor({ metadata: { name = '', uid = '' } }: KubeObject, namespace: string) {
  return { namespace, name: `istio-${name.slice(0, 200)}-${uid.slice(0, 8)}`, labels: { [istioPolicyLabel]: uid } }
}

function subjectOf({ namespace, account }: Source): Subject {
  return account === null
    ? { apiGroup: rbacGroup, kind: 'Group', name: `system:serviceaccounts:${namespace}` }
    : { kind: 'ServiceAccount', name: account, namespace }
}
