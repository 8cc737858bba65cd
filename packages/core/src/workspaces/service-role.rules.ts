/** Istio's ServiceRoleBinding (before 1.6) as the RBAC that does the same, or why there is none. Pure. */
import type { ServiceRoleBinding } from '@keelson/contracts/kinds'
import { grantPipelines, type PolicyVerdict, refused, type Source, sourceOfPrincipal } from './istio-policy.rules.ts'

/** The roles of services that stand for one of ours. */
const knownRoles = ['ml-pipeline-services']

/** What a ServiceRoleBinding comes to: a RoleBinding in the namespace of each account that it names. */
export function grantOfBinding(policy: ServiceRoleBinding): PolicyVerdict {
  const { roleRef, subjects = [], mode } = policy.spec ?? {}
  if (roleRef?.kind !== 'ServiceRole' || !knownRoles.includes(roleRef.name))
    return refused(
      'UnknownRole',
      `ServiceRole ${roleRef?.name ?? '(none)'} has no counterpart here; ${knownRoles.join(', ')} has. Give the account a role with a RoleBinding to kubeflow-view or kubeflow-edit instead.`,
    )
  if (mode === 'PERMISSIVE')
    return refused('Permissive', 'The mode PERMISSIVE enforces nothing, so nothing is granted; leave it out.')
  if (subjects.length === 0) return refused('NoSubjects', 'The policy names nobody: give it spec.subjects.')
  const sources = subjects.map(sourceOf)
  if (sources.some((source) => source === null))
    return refused(
      'UnknownSubject',
      'Only properties with "source.principal: cluster.local/ns/NAMESPACE/sa/ACCOUNT" and nothing else can be granted. For people, add a contributor; for the rest, write a NetworkPolicy.',
    )
  return grantPipelines(
    policy,
    sources.filter((source) => source !== null),
  )
}

/** One exact principal: a pattern, or a further condition that we could not hold, is none. */
function sourceOf(subject: NonNullable<NonNullable<ServiceRoleBinding['spec']>['subjects']>[number]): Source | null {
  const { properties = {}, ...rest } = subject
  const principal = properties['source.principal']
  if (Object.keys(rest).length > 0 || Object.keys(properties).length !== 1 || principal === undefined) return null
  return sourceOfPrincipal(principal)
}
