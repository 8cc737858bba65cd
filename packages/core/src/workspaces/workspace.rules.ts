import type { WorkspaceRole } from '@keelson/contracts/access'
import type { Profile } from '@keelson/contracts/kinds'
import type { StatusDetail } from '@keelson/contracts/status'
import type { Workspace } from '@keelson/contracts/workspaces'
import { AppError } from '@keelson/process/app-error'

/** Namespaces of Kubernetes and of platforms that people install beside us: nobody's workspace. */
const reserved = [
  'default',
  'api',
  'keelson',
  'kubeflow',
  'istio-system',
  'knative-serving',
  'cert-manager',
  'new',
  'admin',
  'system',
]
const reservedPrefixes = ['kube-', 'keelson-', 'kubeflow-', 'openshift-']

/** Why a name that is well formed cannot be a workspace's; null when it can. */
export function nameFault(name: string): string | null {
  if (reserved.includes(name) || reservedPrefixes.some((prefix) => name.startsWith(prefix))) {
    return `"${name}" is kept for the platform and for Kubernetes. Choose another name.`
  }
  return null
}

export function nameTaken(name: string): AppError {
  const message = `The name "${name}" is taken.`
  return new AppError('already_exists', message, { faults: [{ field: 'name', message }] })
}

const mostSuggestions = 20
const longestName = 50

/** Names for somebody's first workspace: the e-mail's local part, then with the domain's first word, then numbered. */
export function suggestedNames(username: string): string[] {
  const slug = (text: string) =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, longestName)
      .replace(/^-+|-+$/g, '')
  const [local = '', domain = ''] = username.split('@', 2)
  const plain = slug(local) || 'workspace'
  const house = slug(domain.split('.', 1)[0] ?? '')
  const numbered = Array.from({ length: mostSuggestions }, (_, index) => `${plain}-${index + 2}`)
  return [plain, ...(house ? [`${plain}-${house}`] : []), ...numbered]
}

export function toWorkspace(profile: Profile, role: WorkspaceRole): Workspace {
  return {
    name: profile.metadata.name ?? '',
    owner: profile.spec?.owner?.name ?? '',
    role,
    status: profileStatus(profile),
    createdAt: new Date(profile.metadata.creationTimestamp ?? 0).toISOString(),
  }
}

/** A profile's conditions in our own words. */
export function profileStatus(profile: Profile): StatusDetail {
  const { deletionTimestamp, creationTimestamp } = profile.metadata
  const at = (time: string | undefined) => (time === undefined ? null : new Date(time).toISOString())
  if (deletionTimestamp)
    return { status: 'stopped', reason: 'Terminating', message: 'It is being deleted.', since: at(deletionTimestamp) }
  const [condition] = profile.status?.conditions ?? []
  const since = at(condition?.lastTransitionTime ?? creationTimestamp)
  if (condition?.type === 'Successful') return { status: 'ready', reason: null, message: null, since }
  if (condition?.type === 'Failed')
    return { status: 'failed', reason: condition.reason ?? 'Failed', message: condition.message || null, since }
  return { status: 'pending', reason: 'Creating', message: null, since }
}
