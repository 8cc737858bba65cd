import { describe, expect, it } from 'vitest'
import {
  bindingName,
  desiredBinding,
  expiryAnnotation,
  type RoleBinding,
  subjectFault,
  toContributor,
} from './contributor.rules.ts'
import { desiredProfile, foreignNamespace, profileUidAnnotation, specFault, surplusLabels } from './profile.rules.ts'
import { nameFault, profileStatus } from './workspace.rules.ts'

const profile = {
  apiVersion: 'kubeflow.org/v1',
  kind: 'Profile',
  metadata: { name: 'telco', uid: 'u' },
  spec: { owner: { kind: 'User', name: 'ada@x.test' } },
}
const user = (name: string) => ({ kind: 'User', name })

describe('binding names', () => {
  it('are those of Kubeflow’s access API', () => {
    expect(bindingName(user('bob@example.test'), 'contributor')).toBe('user-bob-example-test-clusterrole-edit')
    expect(bindingName({ kind: 'Group', name: 'Team Data' }, 'viewer')).toBe('group-team-data-clusterrole-view')
  })

  it('tell people apart who come to the same name, always in the same way', () => {
    expect(bindingName(user('a.b@x'), 'owner')).toBe(bindingName(user('a-b@x'), 'owner'))
    expect(bindingName(user('a.b@x'), 'owner', true)).not.toBe(bindingName(user('a-b@x'), 'owner', true))
    expect(bindingName(user('a.b@x'), 'owner', true)).toBe(bindingName(user('a.b@x'), 'owner', true))
  })

  it('fit in an object’s name', () => {
    const [one, other] = [
      bindingName(user(`${'x'.repeat(250)}1`), 'viewer'),
      bindingName(user(`${'x'.repeat(250)}2`), 'viewer'),
    ]
    expect(one.length).toBeLessThanOrEqual(253)
    expect(one).not.toBe(other)
  })
})

describe('toContributor', () => {
  const binding = desiredBinding('telco', 'b', user('bob@x.test'), { role: 'viewer', expiresAt: null })

  it('reads what the binding grants, not what it says', () => {
    expect(toContributor(binding)).toEqual({
      binding: 'b',
      subjectKind: 'User',
      subject: 'bob@x.test',
      role: 'viewer',
      expiresAt: null,
    })
    const liar: RoleBinding = {
      ...binding,
      metadata: { ...binding.metadata, annotations: { user: 'eve', role: 'view' } },
      roleRef: { ...binding.roleRef, name: 'kubeflow-admin' },
    }
    expect(toContributor(liar)).toMatchObject({ subject: 'bob@x.test', role: 'owner' })
  })

  it('knows when it ends; a time that cannot be read is over', () => {
    const until = (text: string) => ({
      ...binding,
      metadata: { ...binding.metadata, annotations: { ...binding.metadata.annotations, [expiryAnnotation]: text } },
    })
    expect(toContributor(until('2030-01-02T03:04:05Z'))?.expiresAt).toBe('2030-01-02T03:04:05.000Z')
    expect(toContributor(until('next year'))?.expiresAt).toBe('1970-01-01T00:00:00.000Z')
    expect(toContributor(until(''))?.expiresAt).toBeNull()
  })

  it('skips what is not the access API’s', () => {
    expect(toContributor({ ...binding, metadata: { name: 'b' } })).toBeNull()
    expect(toContributor({ ...binding, subjects: [] })).toBeNull()
    expect(toContributor({ ...binding, roleRef: { ...binding.roleRef, kind: 'Role' } })).toBeNull()
    expect(toContributor({ ...binding, roleRef: { ...binding.roleRef, name: 'cluster-admin' } })).toBeNull()
    expect(toContributor({ ...binding, subjects: [{ kind: 'ServiceAccount', name: 'x', namespace: 'y' }] })).toBeNull()
  })

  it('knows names that nobody can have', () => {
    expect(subjectFault('User', 'bob@x.test')).toBeNull()
    expect(subjectFault('Group', 'Tëam Data')).toBeNull()
    for (const name of ['system:admin', 'SYSTEM:masters', 'a\nb']) {
      expect(subjectFault('User', name)).not.toBeNull()
      expect(subjectFault('Group', name)).not.toBeNull()
    }
  })
})

describe('profiles', () => {
  it('are made of the same things in the same order each time', () => {
    const { children, hasQuota } = desiredProfile(profile, null, { podUrl: 'http://keelson.test' })
    expect(hasQuota).toBe(false)
    expect(children.map(({ object }) => `${object.kind} ${object.metadata.name}`)).toEqual([
      'ServiceAccount default-editor',
      'RoleBinding default-editor',
      'ServiceAccount default-viewer',
      'RoleBinding default-viewer',
      'RoleBinding namespaceAdmin',
      'ConfigMap keelson',
    ])
    expect(children.every(({ object }) => object.metadata.ownerReferences?.[0]?.uid === 'u')).toBe(true)
  })

  it('take a namespace only from its owner', () => {
    const namespace = (metadata: object) => ({ apiVersion: 'v1', kind: 'Namespace', metadata })
    expect(foreignNamespace(profile, namespace({ annotations: { owner: 'ada@x.test' } }))).toBeNull()
    expect(foreignNamespace(profile, namespace({ annotations: { owner: 'bob@x.test' } }))).toContain('not owned')
    expect(foreignNamespace(profile, namespace({}))).toContain('not owned')
    const owner = { apiVersion: 'kubeflow.org/v1', kind: 'Profile', name: 'telco', uid: 'u', controller: true }
    expect(foreignNamespace(profile, namespace({ ownerReferences: [owner] }))).toBeNull()
    expect(
      foreignNamespace(profile, namespace({ ownerReferences: [{ ...owner, uid: 'an earlier one' }] })),
    ).not.toBeNull()
  })

  it('keep the namespace that they took on when the owner changes', () => {
    const namespace = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { annotations: { owner: 'bob@x.test', [profileUidAnnotation]: 'u' } },
    }
    expect(foreignNamespace(profile, namespace)).toBeNull()
  })

  it('label namespaces by the file: never over what is there, and not at all where it says nothing', () => {
    const present = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'telco', labels: { a: 'theirs', gone: '1' } },
    }
    const labels = { a: 'ours', b: 'ours', gone: '' }
    const { namespace } = desiredProfile(profile, present, { podUrl: '' }, labels)
    expect(namespace.metadata.labels).toEqual({ a: 'theirs', b: 'ours', 'keelson.dev/profile': 'telco' })
    expect(surplusLabels(present, labels)).toEqual(['gone'])
    expect(surplusLabels(null, labels)).toEqual([])
  })

  it('say what is wrong with their spec', () => {
    expect(specFault(profile)).toBeNull()
    expect(specFault({ ...profile, spec: { owner: { kind: 'Robot', name: 'r' } } })).toContain('Robot')
    expect(specFault({ ...profile, spec: {} })).toContain('owner')
  })

  it('become one of our words', () => {
    const status = (type: string) =>
      profileStatus({ ...profile, status: { conditions: [{ type, status: 'True', message: 'm' }] } }).status
    expect([status('Successful'), status('Failed'), profileStatus(profile).status]).toEqual([
      'ready',
      'failed',
      'pending',
    ])
  })

  it('may not have the names of the platform', () => {
    for (const name of ['default', 'kube-system', 'keelson-system', 'kubeflow', 'api'])
      expect(nameFault(name)).not.toBeNull()
    for (const name of ['telco', 'defaults', 'kubernetes-fans']) expect(nameFault(name)).toBeNull()
  })
})
