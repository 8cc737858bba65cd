/** From the claims of an identity provider to a person that Kubernetes RBAC may know. Pure. */
import { AppError } from '@keelson/process/app-error'

export type IdentityRules = {
  /** The claim that becomes the Kubernetes user name. */
  usernameClaim: string
  groupsClaim: string
  /**
   * What to do where the user name is an e-mail and the provider says nothing of `email_verified` (Dex's LDAP, Entra).
   * A claim that says false is always refused.
   */
  acceptUnstatedEmail: boolean
}

export type PersonClaims = {
  issuer: string
  subject: string
  username: string
  name: string
  email: string
  groups: string[]
}

const maxGroups = 500
const maxGroupLength = 256
const maxNameLength = 253

export function personFromClaims(claims: Readonly<Record<string, unknown>>, rules: IdentityRules): PersonClaims {
  const issuer = textClaim(claims, 'iss')
  const subject = textClaim(claims, 'sub')
  const email = typeof claims.email === 'string' ? normalName(claims.email) : ''
  const username = usernameFrom(claims, rules)
  const name =
    typeof claims.name === 'string' && claims.name.trim() !== '' ? claims.name.trim().slice(0, maxNameLength) : username
  return { issuer, subject, username, name, email, groups: groupsFrom(claims[rules.groupsClaim], rules.groupsClaim) }
}

function usernameFrom(claims: Readonly<Record<string, unknown>>, rules: IdentityRules): string {
  if (rules.usernameClaim === 'email') {
    if (claims.email_verified === false) throw refused('your e-mail address is not verified there')
    if (claims.email_verified !== true && !rules.acceptUnstatedEmail) {
      throw refused('it does not say that your e-mail address is verified')
    }
  }
  const username = normalName(textClaim(claims, rules.usernameClaim))
  const fault = userNameFault(username)
  if (fault !== null) throw refused(`the user name in "${rules.usernameClaim}" ${fault}`)
  return username
}

/** E-mail addresses are one person in any case; other names are kept as they are. */
function normalName(value: string): string {
  const trimmed = value.trim()
  return trimmed.includes('@') ? trimmed.toLowerCase() : trimmed
}

/**
 * Why a name may not be a user of the cluster; null when it may. Only visible ASCII, so that no two names look alike, and
 * nothing of the `system:` family, which Kubernetes keeps for itself.
 */
export function userNameFault(username: string): string | null {
  if (username.length > maxNameLength) return `is longer than ${maxNameLength} characters`
  if (!/^[\x21-\x7e]+$/.test(username)) return 'has characters other than visible ASCII'
  if (username.toLowerCase().startsWith('system:')) return 'belongs to Kubernetes itself ("system:")'
  return null
}

function groupsFrom(claim: unknown, claimName: string): string[] {
  if (claim === undefined || claim === null) return []
  const values = typeof claim === 'string' ? [claim] : claim
  if (!Array.isArray(values) || values.some((value) => typeof value !== 'string'))
    throw refused(`"${claimName}" is not a list of names`)
  const groups = [...new Set(values as string[])].filter((group) => group !== '')
  if (groups.length > maxGroups)
    throw refused(`"${claimName}" has more than ${maxGroups} groups; let it send only those that Keelson needs`)
  for (const group of groups) {
    if (group.length > maxGroupLength)
      throw refused(`a group in "${claimName}" is longer than ${maxGroupLength} characters`)
    if (/[\p{Cc}\p{Cf}]/u.test(group)) throw refused(`a group in "${claimName}" has control characters`)
    if (group.toLowerCase().startsWith('system:')) throw refused(`the group "${group}" belongs to Kubernetes itself`)
  }
  return groups
}

function textClaim(claims: Readonly<Record<string, unknown>>, name: string): string {
  const value = claims[name]
  if (typeof value !== 'string' || value.trim() === '') throw refused(`it sent no "${name}"`)
  return value
}

function refused(why: string): AppError {
  return new AppError('forbidden', `The identity provider cannot sign you in to Keelson: ${why}.`)
}
