import type { Actor } from '@keelson/contracts/access'
import type { AccessAttributes } from '@keelson/contracts/kubernetes'

export type AccessDecision = { allowed: boolean; reason: string }

/**
 * Decides by Kubernetes RBAC, over watched Roles and bindings, without asking the server for each call.
 * `decide` may be a few seconds old; `decideFresh` asks the server itself and is for grants, promotions and deletions.
 */
export type AccessEvaluator = {
  decide(actor: Actor, asked: AccessAttributes): AccessDecision
  decideFresh(actor: Actor, asked: AccessAttributes): Promise<AccessDecision>
}
