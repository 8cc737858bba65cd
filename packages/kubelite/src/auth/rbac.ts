/** The RBAC authoriser over the stored roles and bindings, and the one group that may do everything. */
import {
  type AccessAttributes,
  type KubeObject,
  type PolicyRule,
  type RoleRef,
  ruleAllows,
  type Subject,
  subjectMatches,
} from '@keelson/contracts/kubernetes'
import type { UserInfo } from '../api/types.ts'
import type { Store } from '../store/store.ts'

const group = 'rbac.authorization.k8s.io'
export type Decision = { allowed: boolean; reason: string }
type Binding = { name: string; namespace: string | undefined; subjects: readonly Subject[]; roleRef: RoleRef }
export type Authorizer = ReturnType<typeof createAuthorizer>

export function createAuthorizer(store: Store) {
  let clusterBindings: Binding[] | null = null
  let bindingsByNamespace: Map<string, Binding[]> | null = null
  store.onChange(`${group}/clusterrolebindings`, () => {
    clusterBindings = null
  })
  store.onChange(`${group}/rolebindings`, () => {
    bindingsByNamespace = null
  })

  const clusterWide = (): Binding[] => {
    clusterBindings ??= [...store.entries(`${group}/clusterrolebindings`)].map((entry) => toBinding(entry.object))
    return clusterBindings
  }
  const inNamespace = (namespace: string): Binding[] => {
    if (bindingsByNamespace === null) {
      bindingsByNamespace = new Map()
      for (const entry of store.entries(`${group}/rolebindings`)) {
        const binding = toBinding(entry.object)
        const list = bindingsByNamespace.get(binding.namespace ?? '') ?? []
        list.push(binding)
        bindingsByNamespace.set(binding.namespace ?? '', list)
      }
    }
    return bindingsByNamespace.get(namespace) ?? []
  }

  /** The rules behind a roleRef, or null when the role is not there. */
  function rulesOf(ref: RoleRef, namespace: string | undefined): readonly PolicyRule[] | null {
    const key = ref.kind === 'Role' ? `${namespace ?? ''}/${ref.name}` : ref.name
    const role = store.get(`${group}/${ref.kind === 'Role' ? 'roles' : 'clusterroles'}`, key)
    return role === undefined ? null : ((role.object.rules as PolicyRule[] | null | undefined) ?? [])
  }

  /** Each binding that applies to `user` in `namespace` (cluster-wide ones always). */
  function* bindingsFor(user: UserInfo, namespace: string | undefined): Iterable<Binding> {
    for (const binding of clusterWide()) if (applies(binding, user)) yield binding
    if (namespace) for (const binding of inNamespace(namespace)) if (applies(binding, user)) yield binding
  }

  function authorize(user: UserInfo, asked: AccessAttributes): Decision {
    if (user.groups.includes('system:masters')) return { allowed: true, reason: '' }
    for (const binding of bindingsFor(user, asked.path === undefined ? asked.namespace : undefined)) {
      const rules = rulesOf(binding.roleRef, binding.namespace)
      if (rules?.some((rule) => ruleAllows(rule, asked))) return { allowed: true, reason: reasonFor(binding, user) }
    }
    return { allowed: false, reason: '' }
  }

  /** All rules that `user` has in `namespace`, for SelfSubjectRulesReview and escalation checks. */
  function rulesFor(user: UserInfo, namespace: string | undefined): PolicyRule[] {
    return [...bindingsFor(user, namespace)].flatMap((binding) => [
      ...(rulesOf(binding.roleRef, binding.namespace) ?? []),
    ])
  }

  return { authorize, rulesFor, rulesOf }
}

function toBinding(object: KubeObject): Binding {
  return {
    name: object.metadata.name ?? '',
    namespace: object.metadata.namespace,
    subjects: (object.subjects as Subject[] | null | undefined) ?? [],
    roleRef: object.roleRef as RoleRef,
  }
}

const applies = (binding: Binding, user: UserInfo): boolean =>
  binding.subjects.some((subject) => subjectMatches(subject, user.username, user.groups, binding.namespace))

function reasonFor(binding: Binding, user: UserInfo): string {
  const subject = binding.subjects.find((item) => subjectMatches(item, user.username, user.groups, binding.namespace))
  const who =
    subject === undefined
      ? ''
      : subject.kind === 'ServiceAccount'
        ? `ServiceAccount "${subject.name}/${subject.namespace ?? binding.namespace ?? ''}"`
        : `${subject.kind} "${subject.name}"`
  const kind = binding.namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding'
  const name = binding.namespace === undefined ? binding.name : `${binding.name}/${binding.namespace}`
  return `RBAC: allowed by ${kind} "${name}" of ${binding.roleRef.kind} "${binding.roleRef.name}" to ${who}`
}

/** The text after "is forbidden: " (`responsewriters.ForbiddenMessage`). */
export function refusalText(user: UserInfo, asked: AccessAttributes): string {
  const who = `User "${user.username}" cannot ${asked.verb}`
  if (asked.path !== undefined) return `${who} path "${asked.path}"`
  const resource = asked.subresource ? `${asked.resource}/${asked.subresource}` : asked.resource
  const where = asked.namespace ? `in the namespace "${asked.namespace}"` : 'at the cluster scope'
  return `${who} resource "${resource}" in API group "${asked.group}" ${where}`
}
