/**
 * Kubernetes RBAC as a pure function over its four kinds, as the API server's own authoriser decides it
 * (plugin/pkg/auth/authorizer/rbac): no denials, roles only add; a missing role grants nothing; aggregated ClusterRoles count with
 * the rules that the cluster's controller has written into them.
 */
import type { AccessAttributes, KubeObject, PolicyRule, RoleRef, Subject } from '@keelson/contracts/kubernetes'
import { ruleAllows } from '@keelson/contracts/kubernetes'

export type RoleObject = KubeObject & { rules?: PolicyRule[] | null }
export type BindingObject = KubeObject & { subjects?: Subject[] | null; roleRef: RoleRef }

export type RbacObjects = {
  roles: readonly RoleObject[]
  clusterRoles: readonly RoleObject[]
  roleBindings: readonly BindingObject[]
  clusterRoleBindings: readonly BindingObject[]
}

type Grant = { rules: readonly PolicyRule[]; because: string }

/** Grants by subject (`user:…`, `group:…`), then by namespace; `''` holds those of ClusterRoleBindings. */
export type RbacIndex = ReadonlyMap<string, ReadonlyMap<string, readonly Grant[]>>

const everywhere = ''

export function indexRbac(objects: RbacObjects): RbacIndex {
  const clusterRules = new Map(objects.clusterRoles.map((role) => [role.metadata.name ?? '', role.rules ?? []]))
  const roleRules = new Map(
    objects.roles.map((role) => [`${role.metadata.namespace}/${role.metadata.name}`, role.rules ?? []]),
  )
  const index = new Map<string, Map<string, Grant[]>>()
  const add = (binding: BindingObject, namespace: string, rules: readonly PolicyRule[] | undefined) => {
    if (rules === undefined || rules.length === 0) return
    const name = namespace === everywhere ? binding.metadata.name : `${namespace}/${binding.metadata.name}`
    const grant: Grant = {
      rules,
      because: `${binding.kind} ${name} grants ${binding.roleRef.kind} ${binding.roleRef.name}`,
    }
    for (const subject of binding.subjects ?? []) {
      const key = subjectKey(subject, namespace)
      if (key === null) continue
      const byNamespace = index.get(key) ?? new Map<string, Grant[]>()
      index.set(key, byNamespace)
      byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), grant])
    }
  }
  for (const binding of objects.clusterRoleBindings) {
    if (binding.roleRef.kind === 'ClusterRole') add(binding, everywhere, clusterRules.get(binding.roleRef.name))
  }
  for (const binding of objects.roleBindings) {
    const namespace = binding.metadata.namespace ?? ''
    if (namespace === '') continue
    const { kind, name } = binding.roleRef
    if (kind === 'ClusterRole') add(binding, namespace, clusterRules.get(name))
    else if (kind === 'Role') add(binding, namespace, roleRules.get(`${namespace}/${name}`))
  }
  return index
}

/** A ServiceAccount is its user name; one without a namespace takes the RoleBinding's, and is nobody in a ClusterRoleBinding. */
function subjectKey(subject: Subject, bindingNamespace: string): string | null {
  if (subject.kind === 'User') return `user:${subject.name}`
  if (subject.kind === 'Group') return `group:${subject.name}`
  const namespace = subject.namespace || bindingNamespace
  return subject.kind === 'ServiceAccount' && namespace !== ''
    ? `user:system:serviceaccount:${namespace}:${subject.name}`
    : null
}

export type RbacUser = { username: string; groups: readonly string[] }

function keysOf(user: RbacUser): string[] {
  return [`user:${user.username}`, ...user.groups.map((group) => `group:${group}`)]
}

/** The first grant that allows what is asked, in words; null when there is none. */
export function findGrant(index: RbacIndex, user: RbacUser, asked: AccessAttributes): string | null {
  const namespace = asked.path === undefined ? (asked.namespace ?? '') : ''
  const places = namespace === everywhere ? [everywhere] : [everywhere, namespace]
  for (const key of keysOf(user)) {
    const byNamespace = index.get(key)
    if (!byNamespace) continue
    for (const place of places) {
      for (const grant of byNamespace.get(place) ?? []) {
        if (grant.rules.some((rule) => ruleAllows(rule, asked))) return grant.because
      }
    }
  }
  return null
}

/** Where any binding names the user. */
export function boundNamespaces(index: RbacIndex, user: RbacUser): { names: string[]; everywhere: boolean } {
  const names = new Set<string>()
  for (const key of keysOf(user)) {
    for (const namespace of index.get(key)?.keys() ?? []) names.add(namespace)
  }
  const all = names.delete(everywhere)
  return { names: [...names].sort(), everywhere: all }
}
