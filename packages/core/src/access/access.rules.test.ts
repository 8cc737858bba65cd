import type { KubeObject } from '@keelson/contracts/kubernetes'
import { describe, expect, it } from 'vitest'
import { personFromClaims } from './person.rules.ts'
import { type BindingObject, boundNamespaces, findGrant, indexRbac, type RoleObject } from './rbac.rules.ts'
import { hashSecret, looksLikeSecret, newSecret, sameSecret, tokenPrefix } from './secrets.rules.ts'

const rules = { usernameClaim: 'email', groupsClaim: 'groups', acceptUnstatedEmail: false }
const claims = {
  iss: 'https://issuer',
  sub: '42',
  email: 'Sam@Example.org',
  email_verified: true,
  name: 'Sam',
  groups: ['ds'],
}

describe('personFromClaims', () => {
  it('takes the verified e-mail, in lower case, as the user name', () => {
    expect(personFromClaims(claims, rules)).toEqual({
      issuer: 'https://issuer',
      subject: '42',
      username: 'sam@example.org',
      name: 'Sam',
      email: 'sam@example.org',
      groups: ['ds'],
    })
  })

  it('takes another claim when told so, as it is', () => {
    expect(
      personFromClaims({ ...claims, preferred_username: 'Sam' }, { ...rules, usernameClaim: 'preferred_username' })
        .username,
    ).toBe('Sam')
  })

  it('refuses an unverified e-mail, and an unstated one unless it is accepted', () => {
    expect(() =>
      personFromClaims({ ...claims, email_verified: false }, { ...rules, acceptUnstatedEmail: true }),
    ).toThrow('not verified')
    const { email_verified: _, ...unstated } = claims
    expect(() => personFromClaims(unstated, rules)).toThrow('does not say')
    expect(personFromClaims(unstated, { ...rules, acceptUnstatedEmail: true }).username).toBe('sam@example.org')
    expect(() => personFromClaims({ ...claims, email_verified: 'true' }, rules)).toThrow('does not say')
  })

  it.each(['system:admin', 'System:Masters', 'sаm@example.org' /* Cyrillic a */, 'a b', 'x'.repeat(300)])(
    'refuses the user name %s',
    (name) => {
      expect(() => personFromClaims({ ...claims, email: name }, rules)).toThrow('user name')
    },
  )

  it('refuses groups of Kubernetes, too many, too long, and what is no list; takes one name or none', () => {
    const groups = (value: unknown) => personFromClaims({ ...claims, groups: value }, rules).groups
    expect(() => groups(['system:masters'])).toThrow('Kubernetes')
    expect(() => groups(Array.from({ length: 501 }, (_, index) => `g${index}`))).toThrow('more than 500')
    expect(() => groups(['x'.repeat(257)])).toThrow('longer')
    expect(() => groups([1])).toThrow('not a list')
    expect(() => groups({ a: 1 })).toThrow('not a list')
    expect(() => groups(['a\nb'])).toThrow('control')
    expect(groups('one')).toEqual(['one'])
    expect(groups(undefined)).toEqual([])
    expect(groups(['a', 'a', ''])).toEqual(['a'])
  })

  it.each(['sub', 'iss', 'email'])('refuses a token without %s', (claim) => {
    expect(() => personFromClaims({ ...claims, [claim]: undefined }, rules)).toThrow(`no "${claim}"`)
  })
})

describe('secrets', () => {
  it('makes tokens that look like tokens, and compares by their whole', () => {
    const secret = newSecret(tokenPrefix)
    expect(looksLikeSecret(secret, tokenPrefix)).toBe(true)
    expect(looksLikeSecret(secret.slice(0, -1), tokenPrefix)).toBe(false)
    expect(looksLikeSecret(`${secret}'--`, tokenPrefix)).toBe(false)
    expect(hashSecret(secret)).toHaveLength(32)
    expect(sameSecret(secret, secret)).toBe(true)
    expect(sameSecret(`${secret}x`, secret)).toBe(false)
    expect(sameSecret('', secret)).toBe(false)
  })
})

const base = { apiVersion: 'rbac.authorization.k8s.io/v1' }
const role = (kind: string, name: string, roleRules: RoleObject['rules'], namespace?: string): RoleObject => ({
  ...base,
  kind,
  metadata: { name, ...(namespace ? { namespace } : {}) },
  rules: roleRules ?? null,
})
const binding = (
  kind: string,
  name: string,
  roleKind: string,
  roleName: string,
  subjects: BindingObject['subjects'],
  namespace?: string,
): BindingObject => ({
  ...base,
  kind,
  metadata: { name, ...(namespace ? { namespace } : {}) } as KubeObject['metadata'],
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: roleKind, name: roleName },
  subjects: subjects ?? null,
})

describe('RBAC in memory', () => {
  const read = [{ verbs: ['get', 'list'], apiGroups: ['keelson.dev'], resources: ['experiments'] }]
  const index = indexRbac({
    roles: [
      role('Role', 'one', [{ verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['a'] }], 'telco'),
    ],
    clusterRoles: [
      role('ClusterRole', 'view', read),
      role('ClusterRole', 'all', [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }]),
      role('ClusterRole', 'empty', null),
    ],
    roleBindings: [
      binding(
        'RoleBinding',
        'v',
        'ClusterRole',
        'view',
        [
          { kind: 'User', name: 'vera' },
          { kind: 'ServiceAccount', name: 'pod' },
        ],
        'telco',
      ),
      binding('RoleBinding', 'g', 'Role', 'one', [{ kind: 'Group', name: 'ds' }], 'telco'),
      binding('RoleBinding', 'gone', 'ClusterRole', 'deleted', [{ kind: 'User', name: 'otto' }], 'telco'),
      binding('RoleBinding', 'nobody', 'ClusterRole', 'all', null, 'telco'),
    ],
    clusterRoleBindings: [
      binding('ClusterRoleBinding', 'admins', 'ClusterRole', 'all', [{ kind: 'Group', name: 'keelson-admins' }]),
      binding('ClusterRoleBinding', 'wrong', 'Role', 'one', [{ kind: 'User', name: 'otto' }]),
      binding('ClusterRoleBinding', 'lost', 'ClusterRole', 'all', [{ kind: 'ServiceAccount', name: 'pod' }]),
    ],
  })
  const user = (username: string, ...groups: string[]) => ({ username, groups })
  const asked = (namespace: string | undefined, verb = 'get') => ({
    verb,
    group: 'keelson.dev',
    resource: 'experiments',
    ...(namespace === undefined ? {} : { namespace }),
  })

  it('grants in the bound namespace only, and says by what', () => {
    expect(findGrant(index, user('vera'), asked('telco'))).toBe('RoleBinding telco/v grants ClusterRole view')
    expect(findGrant(index, user('vera'), asked('other'))).toBeNull()
    expect(findGrant(index, user('vera'), asked(undefined))).toBeNull()
    expect(findGrant(index, user('vera'), asked('telco', 'delete'))).toBeNull()
  })

  it('knows groups, ServiceAccounts and ClusterRoleBindings', () => {
    expect(findGrant(index, user('x', 'keelson-admins'), asked('other', 'delete'))).toContain('admins')
    expect(findGrant(index, user('system:serviceaccount:telco:pod'), asked('telco'))).not.toBeNull()
    expect(findGrant(index, user('system:serviceaccount:other:pod'), asked('telco'))).toBeNull()
    expect(findGrant(index, user('pod'), asked('telco'))).toBeNull()
  })

  it('takes resourceNames as additional grants only', () => {
    const secret = (name?: string) => ({
      verb: 'get',
      group: '',
      resource: 'secrets',
      namespace: 'telco',
      ...(name === undefined ? {} : { name }),
    })
    expect(findGrant(index, user('x', 'ds'), secret('a'))).not.toBeNull()
    expect(findGrant(index, user('x', 'ds'), secret('b'))).toBeNull()
    expect(findGrant(index, user('x', 'ds'), secret())).toBeNull()
  })

  it('gives nothing for a role that is gone, of the wrong kind, or empty', () => {
    expect(findGrant(index, user('otto'), asked('telco'))).toBeNull()
  })

  it('lists where somebody is bound', () => {
    expect(boundNamespaces(index, user('vera'))).toEqual({ names: ['telco'], everywhere: false })
    expect(boundNamespaces(index, user('x', 'keelson-admins'))).toEqual({ names: [], everywhere: true })
    expect(boundNamespaces(index, user('otto'))).toEqual({ names: [], everywhere: false })
  })
})
