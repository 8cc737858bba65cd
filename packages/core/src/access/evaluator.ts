import type { Actor } from '@keelson/contracts/access'
import type { AccessAttributes } from '@keelson/contracts/kubernetes'
import { type Informer, type KubeApi, resources } from '@keelson/kube'
import { AppError } from '@keelson/process/app-error'
import {
  type BindingObject,
  boundNamespaces,
  findGrant,
  indexRbac,
  type RbacIndex,
  type RbacUser,
  type RoleObject,
} from './rbac.rules.ts'

export type AccessDecision = { allowed: boolean; reason: string }

/**
 * Decides by Kubernetes RBAC, over watched Roles and bindings, without asking the server for each call.
 * `decide` may be a few seconds old; `decideFresh` asks the server itself and is for grants, promotions and deletions.
 * Both fail closed: `decide` throws `unavailable` until the first complete list and while the watch is broken.
 */
export type AccessEvaluator = {
  decide(actor: Actor, asked: AccessAttributes): AccessDecision
  decideFresh(actor: Actor, asked: AccessAttributes): Promise<AccessDecision>
  /**
   * The namespaces where some binding names the actor: a superset of where it may do anything by a role there, so that
   * lists ask `decide` for few. `everywhere` is true when a ClusterRoleBinding names it.
   */
  namespacesOf(actor: Actor): { names: readonly string[]; everywhere: boolean }
  /** Calls back after any Role or binding changed; returns the way to stop. */
  onChange(handler: () => void): () => void
  /** Resolves after the first complete list of all four kinds. */
  synced: Promise<void>
  /** True when `decide` may be asked now. */
  readonly healthy: boolean
}

/** Starts watching and returns at once; wait for `synced` before taking requests. */
export function openEvaluator(kube: KubeApi, signal: AbortSignal): AccessEvaluator {
  const roles = kube.inform<RoleObject>(resources.roles, {}, signal)
  const clusterRoles = kube.inform<RoleObject>(resources.clusterRoles, {}, signal)
  const roleBindings = kube.inform<BindingObject>(resources.roleBindings, {}, signal)
  const clusterRoleBindings = kube.inform<BindingObject>(resources.clusterRoleBindings, {}, signal)
  const informers: Informer<RoleObject | BindingObject>[] = [roles, clusterRoles, roleBindings, clusterRoleBindings]

  let hasSynced = false
  let index: RbacIndex | null = null
  const handlers = new Set<() => void>()
  for (const informer of informers) {
    informer.onEvent(() => {
      index = null
      if (hasSynced) for (const handler of handlers) handler()
    })
  }
  const synced = Promise.all(informers.map((informer) => informer.synced)).then(() => {
    hasSynced = true
  })
  const isHealthy = () => hasSynced && informers.every((informer) => informer.healthy)
  /** Built again on the first question after a change: a burst of changes costs one build. */
  const current = (): RbacIndex => {
    if (!isHealthy())
      throw new AppError('unavailable', 'Permissions cannot be read from the cluster at the moment. Try again soon.')
    index ??= indexRbac({
      roles: roles.list(),
      clusterRoles: clusterRoles.list(),
      roleBindings: roleBindings.list(),
      clusterRoleBindings: clusterRoleBindings.list(),
    })
    return index
  }

  return {
    synced,
    get healthy() {
      return isHealthy()
    },
    decide: (actor, asked) => {
      const rules = current()
      return narrowed(actor, asked) ?? explained(findGrant(rules, rbacUserOf(actor), asked))
    },
    decideFresh: async (actor, asked) => narrowed(actor, asked) ?? (await kube.review(rbacUserOf(actor), asked)),
    namespacesOf: (actor) => {
      const bound = boundNamespaces(current(), rbacUserOf(actor))
      const only = actor.kind === 'person' ? actor.tokenWorkspace : undefined
      if (only === undefined) return bound
      return { names: bound.everywhere || bound.names.includes(only) ? [only] : [], everywhere: false }
    },
    onChange: (handler) => {
      handlers.add(handler)
      return () => handlers.delete(handler)
    },
  }
}

function explained(because: string | null): AccessDecision {
  return because === null ? { allowed: false, reason: 'no role allows it' } : { allowed: true, reason: because }
}

/** A token for one workspace is good for nothing elsewhere, cluster-wide things included. */
function narrowed(actor: Actor, asked: AccessAttributes): AccessDecision | null {
  if (actor.kind !== 'person' || actor.tokenWorkspace === undefined || asked.namespace === actor.tokenWorkspace)
    return null
  return { allowed: false, reason: `the token is only for workspace ${actor.tokenWorkspace}` }
}

/** As the API server sees an authenticated user: every one of them is in `system:authenticated`. */
export function rbacUserOf(actor: Actor): RbacUser {
  const groups = actor.groups.includes('system:authenticated')
    ? actor.groups
    : [...actor.groups, 'system:authenticated']
  return { username: actor.username, groups }
}
