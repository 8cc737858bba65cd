/**
 * Who acts and what they may do: identities, sessions, tokens, decisions by Kubernetes RBAC, the audit trail. Below every
 * other domain; must not know any of them.
 */
export { type AccessQuestion, allow, attributesOf, isAllowed, leastRoleFor, roleIn, workspacesOf } from './allow.ts'
export type { AccessDecision, AccessEvaluator } from './evaluator.ts'
export type { Credential, IdentityResolver, ResolvedIdentity } from './identity.ts'
export { type AuditRecord, recordAudit } from './record-audit.ts'
