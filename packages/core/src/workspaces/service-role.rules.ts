/** Istio policies of older manifests as the RBAC that does the same, or why there is none. Pure. */
import type { ServiceRoleBinding } from '@keelson/contracts/kinds'
import type { KubeObject, RoleRef, Subject } from '@keelson/contracts/kubernetes'

/** May use pipelines and nothing else: `deploy/rbac`. */
export const pipelinesRole = 'keelson-pipelines'
/** The roles of services that stand for one of ours. */
const rolesOfServices: Readonly<Record<string, string>> = { 'ml-pipeline-services': pipelinesRole }
/** Only operators write there, so a policy there may name accounts of any workspace. */
const platformNamespaces = ['kubeflow', 'keelson-system']
export const servicePolicyLabel = 'keelson.dev/service-role-binding'

export type PolicyVerdict =
  | { kind: 'granted'; bindings: (KubeObject & { roleRef: RoleRef; subjects: Subject[] })[]; message: string }
  | { kind: 'refused'; reason: string; message: string }

/**
 * What a ServiceRoleBinding comes to: a RoleBinding in the namespace of each account that it names. An account of another
 * workspace is refused, or whoever writes a policy in one workspace would give rights in another.
 */
export function grantOf(policy: ServiceRoleBinding): PolicyVerdict {
  const { roleRef, subjects = [], mode } = policy.spec ?? {}
  const role = roleRef?.kind === 'ServiceRole' ? rolesOfServices[roleRef.name] : undefined
  if (role === undefined) {
    const known = Object.keys(rolesOfServices).join(', ')
    return refused(
      'UnknownRole',
      `ServiceRole ${roleRef?.name ?? '(none)'} has no counterpart here; ${known} has. Give the account a role with a RoleBinding to kubeflow-view or kubeflow-edit instead.`,
    )
  }
  if (mode === 'PERMISSIVE')
    return refused('Permissive', 'The mode PERMISSIVE enforces nothing, so nothing is granted; leave it out.')
  if (subjects.length === 0) return refused('NoSubjects', 'The policy names nobody: give it spec.subjects.')
  const bindings = []
  for (const subject of subjects) {
    const account = accountOf(subject)
    if (account === null)
      return refused(
        'UnknownSubject',
        'Only properties with "source.principal: cluster.local/ns/NAMESPACE/sa/ACCOUNT" and nothing else can be granted. For people, add a contributor; for the rest, write a NetworkPolicy.',
      )
    const { namespace = '' } = policy.metadata
    if (account.namespace !== namespace && !platformNamespaces.includes(namespace))
      return refused(
        'OtherNamespace',
        `The account is of namespace ${account.namespace}: a policy in ${namespace} cannot grant anything there. Apply it in ${account.namespace}.`,
      )
    bindings.push(bindingFor(policy, account, role))
  }
  return { kind: 'granted', bindings, message: `Granted as RoleBinding to ${role}.` }
}

function refused(reason: string, message: string): PolicyVerdict {
  return { kind: 'refused', reason, message }
}

type Account = { namespace: string; name: string }

/** One exact principal: a pattern, or a further condition that we could not hold, is none. */
function accountOf(subject: NonNullable<NonNullable<ServiceRoleBinding['spec']>['subjects']>[number]): Account | null {
  const { properties = {}, ...rest } = subject
  const principal = properties['source.principal']
  if (Object.keys(rest).length > 0 || Object.keys(properties).length !== 1 || principal === undefined) return null
  const [, namespace, name] =
    /^cluster\.local\/ns\/([a-z0-9]([-a-z0-9]*[a-z0-9])?)\/sa\/([a-z0-9][-a-z0-9.]*)$/
      .exec(principal)
      ?.filter((_, index) => index !== 2) ?? []
  return namespace === undefined || name === undefined ? null : { namespace, name }
}

function bindingFor(policy: ServiceRoleBinding, account: Account, role: string) {
  const { name = '', namespace = '', uid = '' } = policy.metadata
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: {
      namespace: account.namespace,
      name: `istio-${namespace}-${name}-${account.name}`.slice(0, 253),
      labels: { [servicePolicyLabel]: uid },
    },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name: account.name, namespace: account.namespace }],
  }
}
