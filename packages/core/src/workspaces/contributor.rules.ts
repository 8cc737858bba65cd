import { createHash } from 'node:crypto'
import { clusterRoleOf, type WorkspaceRole } from '@keelson/contracts/access'
import type { KubeObject, RoleRef, Subject } from '@keelson/contracts/kubernetes'
import type { Contributor } from '@keelson/contracts/workspaces'
import { type AccessQuestion, userNameFault } from '../access/index.ts'

export type RoleBinding = KubeObject & { roleRef: RoleRef; subjects?: Subject[] }

/** Kubeflow's access API knows the roles by these names, in the annotation `role` and in binding names. */
const kubeflowRoleOf: Readonly<Record<WorkspaceRole, string>> = { owner: 'admin', contributor: 'edit', viewer: 'view' }
const rbacGroup = 'rbac.authorization.k8s.io'
const longestName = 200

/**
 * The name that Kubeflow's access API gives a binding: kind, subject, role kind and role in lower case, every run of other
 * signs as one "-". Different people may come to the same name (a.b@x and a-b@x): the second gets a hash behind it.
 */
export function bindingName(subject: Subject, role: WorkspaceRole, collides = false): string {
  const plain = [subject.kind, subject.name.replace(/[^a-zA-Z0-9]+/g, '-'), 'ClusterRole', kubeflowRoleOf[role]]
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
  if (!collides && plain.length <= longestName) return plain
  const hash = createHash('sha256').update([subject.kind, subject.name, role].join('\0')).digest('hex').slice(0, 10)
  return `${plain.slice(0, longestName)}-${hash}`
}

/** On a binding: when the controller takes it back, RFC 3339. */
export const expiryAnnotation = 'keelson.dev/expires-at'

export function desiredBinding(
  namespace: string,
  name: string,
  subject: Subject,
  { role, expiresAt }: { role: WorkspaceRole; expiresAt: string | null },
): RoleBinding {
  const annotations = { user: subject.name, role: kubeflowRoleOf[role] }
  return {
    apiVersion: `${rbacGroup}/v1`,
    kind: 'RoleBinding',
    metadata: {
      name,
      namespace,
      annotations: expiresAt === null ? annotations : { ...annotations, [expiryAnnotation]: expiresAt },
    },
    roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: clusterRoleOf[role] },
    subjects: [{ apiGroup: rbacGroup, kind: subject.kind, name: subject.name }],
  }
}

/**
 * A binding as the contributor that it makes; null when it is none of ours. It counts what the binding really grants (its
 * role and subject), never what its annotations say; they only mark it as one of the access API's.
 */
export function toContributor(binding: RoleBinding): Contributor | null {
  const { annotations = {}, name = '' } = binding.metadata
  if (annotations.user === undefined || annotations.role === undefined || binding.subjects?.length !== 1) return null
  const [subject] = binding.subjects
  const role = (Object.keys(clusterRoleOf) as WorkspaceRole[]).find(
    (each) => clusterRoleOf[each] === binding.roleRef.name,
  )
  if (!subject || role === undefined || binding.roleRef.kind !== 'ClusterRole') return null
  if (subject.kind !== 'User' && subject.kind !== 'Group') return null
  const expiresAt = expiryOf(binding)?.toISOString() ?? null
  return { binding: name, subjectKind: subject.kind, subject: subject.name, role, expiresAt }
}

/** When a binding ends; null when it does not. A time that cannot be read has passed: nobody stays by a slip of the pen. */
export function expiryOf({ metadata }: KubeObject): Date | null {
  const text = metadata.annotations?.[expiryAnnotation]
  if (text === undefined || text === '') return null
  const at = new Date(text)
  return Number.isNaN(at.getTime()) ? new Date(0) : at
}

/** Kubeflow's word for a role (`admin`, `edit`, `view`) as ours; null when it has none such. */
export function roleOfKubeflow(name: string): WorkspaceRole | null {
  const roles = Object.keys(kubeflowRoleOf) as WorkspaceRole[]
  return roles.find((role) => kubeflowRoleOf[role] === name) ?? null
}

export function toKubeflowRole(role: WorkspaceRole): string {
  return kubeflowRoleOf[role]
}

/** Why a subject cannot be given a role; null when it can: what could not sign in under this name has no use for one. */
export function subjectFault(kind: 'User' | 'Group', name: string): string | null {
  if (kind === 'User') return userNameFault(name)
  if (name.toLowerCase().startsWith('system:')) return 'belongs to Kubernetes itself ("system:")'
  return /[\p{Cc}\p{Cf}]/u.test(name) ? 'has control characters' : null
}

/** What one must be allowed oneself to give a role: the strongest rights of that role, asked of the server itself. */
export function rightsOf(role: WorkspaceRole, namespace: string): AccessQuestion[] {
  const viewer: AccessQuestion[] = [{ verb: 'list', group: '', resource: 'pods', namespace }]
  const contributor: AccessQuestion[] = [
    { verb: 'create', group: '', resource: 'pods', namespace },
    { verb: 'get', group: '', resource: 'secrets', namespace },
    { verb: 'create', resource: 'experiments', namespace },
  ]
  const owner: AccessQuestion[] = [
    { verb: 'update', resource: 'registeredmodels/stage', namespace },
    { verb: 'create', group: rbacGroup, resource: 'roles', namespace },
  ]
  if (role === 'viewer') return viewer
  return role === 'contributor' ? [...viewer, ...contributor] : [...viewer, ...contributor, ...owner]
}
