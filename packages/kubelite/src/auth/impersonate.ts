/** `Impersonate-User`, `-Group`, `-Uid`, `-Extra-…`: each allowed by RBAC verb `impersonate`, as on a real server. */
import type { IncomingHttpHeaders } from 'node:http'
import type { AccessAttributes } from '@keelson/contracts/kubernetes'
import type { UserInfo } from '../api/types.ts'
import { badRequest, forbidden } from '../status-error.ts'
import { type Authorizer, refusalText } from './rbac.ts'

const list = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value]
const serviceAccountPrefix = 'system:serviceaccount:'

/** `caller`, or whom it may act as. Throws Forbidden. `rawHeaders` keeps repeated groups apart. */
export function impersonate(
  caller: UserInfo,
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
  authorizer: Authorizer,
): UserInfo {
  const groups = valuesOf(rawHeaders, 'impersonate-group')
  const [username] = valuesOf(rawHeaders, 'impersonate-user')
  const uid = list(headers['impersonate-uid'])[0]
  const extra = extraOf(rawHeaders)
  if (username === undefined) {
    if (groups.length > 0 || uid !== undefined || Object.keys(extra).length > 0)
      throw badRequest('requested impersonation without impersonating a user')
    return caller
  }
  for (const asked of attributesOf(username, groups, uid, extra)) check(caller, asked, authorizer)
  return {
    username,
    ...(uid === undefined ? {} : { uid }),
    groups: withImplied(username, groups),
    ...(Object.keys(extra).length > 0 ? { extra } : {}),
  }
}

function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  const out: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2)
    if (rawHeaders[index]?.toLowerCase() === name) out.push(asUtf8(rawHeaders[index + 1] ?? ''))
  return out
}

/** Node reads header bytes as Latin-1; Go, and so every Kubernetes client, means UTF-8 by them. */
function asUtf8(value: string): string {
  return Buffer.from(value, 'latin1').toString('utf8')
}

function extraOf(rawHeaders: readonly string[]): Record<string, string[]> {
  const prefix = 'impersonate-extra-'
  const extra: Record<string, string[]> = {}
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? ''
    if (!name.startsWith(prefix)) continue
    const key = decodeURIComponent(name.slice(prefix.length))
    extra[key] = [...(extra[key] ?? []), asUtf8(rawHeaders[index + 1] ?? '')]
  }
  return extra
}

function* attributesOf(
  username: string,
  groups: readonly string[],
  uid: string | undefined,
  extra: Readonly<Record<string, string[]>>,
): Iterable<AccessAttributes> {
  const verb = 'impersonate'
  if (username.startsWith(serviceAccountPrefix)) {
    const [namespace = '', name = ''] = username.slice(serviceAccountPrefix.length).split(':')
    yield { verb, group: '', resource: 'serviceaccounts', namespace, name }
  } else yield { verb, group: '', resource: 'users', name: username }
  for (const name of groups) yield { verb, group: '', resource: 'groups', name }
  if (uid !== undefined) yield { verb, group: 'authentication.k8s.io', resource: 'uids', name: uid }
  for (const [key, values] of Object.entries(extra)) {
    for (const name of values)
      yield { verb, group: 'authentication.k8s.io', resource: 'userextras', subresource: key, name }
  }
}

function check(caller: UserInfo, asked: AccessAttributes, authorizer: Authorizer): void {
  if (authorizer.authorize(caller, asked).allowed) return
  throw forbidden(
    { group: asked.group, plural: asked.subresource ? `${asked.resource}/${asked.subresource}` : asked.resource },
    asked.name ?? '',
    refusalText(caller, asked),
  )
}

function withImplied(username: string, groups: readonly string[]): string[] {
  const out = [...groups]
  if (username.startsWith(serviceAccountPrefix) && groups.length === 0) {
    const [namespace = ''] = username.slice(serviceAccountPrefix.length).split(':')
    out.push('system:serviceaccounts', `system:serviceaccounts:${namespace}`)
  }
  const implied = username === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated'
  if (!out.includes(implied)) out.push(implied)
  return out
}
