/** Nobody makes a role or binding that grants more than they have, unless allowed to `escalate` or `bind`. */
import type { KubeObject, PolicyRule, RoleRef } from '@keelson/contracts/kubernetes'
import { ruleAllows } from '@keelson/contracts/kubernetes'
import type { UserInfo } from '../api/types.ts'
import { sameJson } from '../patch/json-patch.ts'
import type { Resource } from '../registry/resource.ts'
import { isObject } from '../schema/node.ts'
import { forbidden, notFound } from '../status-error.ts'
import type { Authorizer } from './rbac.ts'

const group = 'rbac.authorization.k8s.io'

/** Throws Forbidden. `next` is the wanted object, `current` the present one. */
export function guardEscalation(
  server: { authorizer: Authorizer },
  user: UserInfo,
  resource: Resource,
  next: unknown,
  current: KubeObject | undefined,
  namespace: string | undefined,
): void {
  if (resource.group !== group || !isObject(next) || user.groups.includes('system:masters')) return
  const name = isObject(next.metadata) ? String(next.metadata.name ?? current?.metadata.name ?? '') : ''
  if (resource.plural === 'roles' || resource.plural === 'clusterroles')
    guardRole({ server, user, resource, namespace, name }, next, current)
  else guardBinding({ server, user, resource, namespace, name }, next, current)
}

type Guard = {
  server: { authorizer: Authorizer }
  user: UserInfo
  resource: Resource
  namespace: string | undefined
  name: string
}

function guardRole(guard: Guard, next: Record<string, unknown>, current: KubeObject | undefined): void {
  if (
    current !== undefined &&
    sameJson(next.rules ?? [], current.rules ?? []) &&
    sameJson(next.aggregationRule, current.aggregationRule)
  )
    return
  const where = guard.resource.namespaced ? guard.namespace : undefined
  if (
    guard.server.authorizer.authorize(guard.user, {
      verb: 'escalate',
      group,
      resource: guard.resource.plural,
      name: guard.name,
      ...(where ? { namespace: where } : {}),
    }).allowed
  )
    return
  const rules =
    next.aggregationRule === undefined || next.aggregationRule === null
      ? ((next.rules as PolicyRule[] | undefined) ?? [])
      : [
          { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
          { verbs: ['*'], nonResourceURLs: ['*'] },
        ]
  throwIfMissing(guard, rules, where)
}

function guardBinding(guard: Guard, next: Record<string, unknown>, current: KubeObject | undefined): void {
  if (current !== undefined && sameJson(next.subjects, current.subjects) && sameJson(next.roleRef, current.roleRef))
    return
  const ref = next.roleRef
  if (!isObject(ref)) return
  const where = guard.resource.namespaced ? guard.namespace : undefined
  const plural = ref.kind === 'Role' ? 'roles' : 'clusterroles'
  const { authorizer } = guard.server
  if (
    authorizer.authorize(guard.user, {
      verb: 'bind',
      group,
      resource: plural,
      name: String(ref.name),
      ...(where ? { namespace: where } : {}),
    }).allowed
  )
    return
  const rules = authorizer.rulesOf(ref as RoleRef, where)
  if (rules === null) throw notFound({ group, plural }, String(ref.name))
  throwIfMissing(guard, rules, where)
}

function throwIfMissing(guard: Guard, wanted: readonly PolicyRule[], namespace: string | undefined): void {
  const held = guard.server.authorizer.rulesFor(guard.user, namespace)
  const missing = wanted.flatMap(breakDown).filter((rule) => !held.some((own) => covers(own, rule)))
  if (missing.length === 0) return
  const who = `user ${JSON.stringify(guard.user.username)} (groups=[${guard.user.groups.map((name) => JSON.stringify(name)).join(' ')}])`
  throw forbidden(
    guard.resource,
    guard.name,
    `${who} is attempting to grant RBAC permissions not currently held:\n${missing.map(describe).join('\n')}`,
  )
}

/** One rule for each verb × group × resource × name. */
function breakDown(rule: PolicyRule): PolicyRule[] {
  if ((rule.nonResourceURLs ?? []).length > 0)
    return rule.verbs.flatMap((verb) =>
      (rule.nonResourceURLs ?? []).map((url) => ({ verbs: [verb], nonResourceURLs: [url] })),
    )
  const names: (readonly string[])[] =
    (rule.resourceNames ?? []).length > 0 ? (rule.resourceNames ?? []).map((name) => [name]) : [[]]
  return rule.verbs.flatMap((verb) =>
    (rule.apiGroups ?? []).flatMap((apiGroup) =>
      (rule.resources ?? []).flatMap((resource) =>
        names.map((resourceNames) => ({ verbs: [verb], apiGroups: [apiGroup], resources: [resource], resourceNames })),
      ),
    ),
  )
}

function covers(own: PolicyRule, wanted: PolicyRule): boolean {
  const [verb = ''] = wanted.verbs
  const [path] = wanted.nonResourceURLs ?? []
  if (path !== undefined) return ruleAllows(own, { verb, group: '', resource: '', path })
  const [resource = '', subresource] = (wanted.resources?.[0] ?? '').split('/')
  const [name] = wanted.resourceNames ?? []
  return ruleAllows(own, {
    verb,
    group: wanted.apiGroups?.[0] ?? '',
    resource,
    ...(subresource ? { subresource } : {}),
    ...(name === undefined ? {} : { name }),
  })
}

function describe(rule: PolicyRule): string {
  const list = (values: readonly string[] | undefined) =>
    `[${(values ?? []).map((value) => JSON.stringify(value)).join(' ')}]`
  if (rule.nonResourceURLs !== undefined)
    return `{NonResourceURLs:${list(rule.nonResourceURLs)}, Verbs:${list(rule.verbs)}}`
  const names = (rule.resourceNames ?? []).length > 0 ? `, ResourceNames:${list(rule.resourceNames)}` : ''
  return `{APIGroups:${list(rule.apiGroups)}, Resources:${list(rule.resources)}${names}, Verbs:${list(rule.verbs)}}`
}
