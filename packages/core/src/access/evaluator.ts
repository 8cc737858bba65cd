import type { Actor } from '@keelson/contracts/access'
import type { AccessAttributes } from '@keelson/contracts/kubernetes'

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
}
