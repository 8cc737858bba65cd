/**
 * Who acts and what they may do: identities, sessions, tokens, decisions by Kubernetes RBAC, the audit trail. Below every
 * other domain; must not know any of them.
 */
export {
  type AccessQuestion,
  allow,
  allowOperator,
  attributesOf,
  isAdmin,
  isAllowed,
  isOperatorNow,
  leastRoleFor,
  roleIn,
  workspacesOf,
} from './allow.ts'
export { type AccessDecision, type AccessEvaluator, openEvaluator } from './evaluator.ts'
export { checkAccess, getMe, isAdminByName, screenDecision } from './get-me.ts'
export {
  type ChangeFeed,
  type Credential,
  type IdentityResolver,
  openIdentityResolver,
  type ResolvedIdentity,
} from './identity.ts'
export { listAudit } from './list-audit.ts'
export { endAccess, getPerson, listGroups, listPeople, setPersonDisabled } from './manage-people.ts'
export { createToken, listTokens, type MintToken, mintToken, revokeToken } from './manage-tokens.ts'
export { endSession, type OpenedSession, openSession, sessionTtlMs } from './open-session.ts'
export { type IdentityRules, type PersonClaims, personFromClaims, userNameFault } from './person.rules.ts'
export { type AuditRecord, recordAudit } from './record-audit.ts'
export {
  askerOf,
  faultAction,
  nobody,
  openRefusalLog,
  type Refusal,
  type RefusalLog,
  refusalAction,
} from './refusals.ts'
export { reviewToken, type TokenReviewAnswer } from './review-token.ts'
export { sameSecret, tokenPrefix } from './secrets.rules.ts'
export { createIdTokenVerifier, type IdTokenVerifier, type IdTokenVerifierOptions } from './verify-id-token.ts'
export { endView, startView } from './view-as.ts'
