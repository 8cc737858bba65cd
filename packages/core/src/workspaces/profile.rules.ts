import { clusterRoleOf } from '@keelson/contracts/access'
import type { Profile } from '@keelson/contracts/kinds'
import type { KubeObject, OwnerReference, Subject } from '@keelson/contracts/kubernetes'
import { workspaceAddresses } from '@keelson/contracts/workspaces'
import type { PlatformAddresses } from '../context/index.ts'

/** Set on all that a profile's reconciler makes, so that a watch on this label sees it being changed or removed. */
export const profileLabel = 'keelson.dev/profile'
export const profileFinalizer = 'profile-finalizer'
export const ownerAnnotation = 'owner'
/** Which profile a namespace was taken on by, so that it stays its own when the owner changes. */
export const profileUidAnnotation = 'keelson.dev/profile-uid'
export const quotaName = 'kf-resource-quota'
export const ownerBindingName = 'namespaceAdmin'
/** The ConfigMap by which pods find the platform: `envFrom: [{ configMapRef: { name: keelson } }]`. Holds no secret. */
export const addressesName = 'keelson'

/** Labels of namespaces: a value is set where the namespace has none by that key, an empty value takes the label away. */
export type NamespaceLabels = Readonly<Record<string, string>>

/**
 * The labels where no file says otherwise: those that Kubeflow's components look for, and the Pod Security level that keeps
 * pods from the node.
 */
export const namespaceLabels: NamespaceLabels = {
  'app.kubernetes.io/part-of': 'kubeflow-profile',
  'katib.kubeflow.org/metrics-collector-injection': 'enabled',
  'pipelines.kubeflow.org/enabled': 'true',
  'serving.kubeflow.org/inferenceservice': 'enabled',
  'pod-security.kubernetes.io/enforce': 'baseline',
}

export type DesiredProfile = {
  namespace: KubeObject
  /** In the order in which they are to be made. */
  children: { resource: 'serviceAccounts' | 'roleBindings' | 'resourceQuotas' | 'configMaps'; object: KubeObject }[]
  /** False where a quota that was made earlier is to be taken away. */
  hasQuota: boolean
}

/** The wish for a workspace, with a quota where there is one to set. */
export function newProfile(name: string, owner: { kind: string; name: string }, hard: Record<string, string>): Profile {
  const quota = Object.keys(hard).length > 0 ? { resourceQuotaSpec: { hard } } : {}
  return { apiVersion: '', kind: '', metadata: { name }, spec: { owner, ...quota } }
}

/** Why a namespace that exists is not this profile's, or null when it is (Kubeflow's profile controller: same owner). */
export function foreignNamespace(profile: Profile, namespace: KubeObject): string | null {
  const { uid, name } = profile.metadata
  if (namespace.metadata.ownerReferences?.some((owner) => owner.controller === true && owner.uid === uid)) return null
  if (uid !== undefined && namespace.metadata.annotations?.[profileUidAnnotation] === uid) return null
  const owner = profile.spec?.owner?.name
  if (owner !== undefined && namespace.metadata.annotations?.[ownerAnnotation] === owner) return null
  return `namespace ${name} already exists, but not owned by profile creator ${owner ?? '(none)'}`
}

/**
 * All that a profile stands for. `present` is the namespace as it is now: labels that it has already are never overwritten,
 * and one that was there before the profile is not bound to its life.
 */
export function desiredProfile(
  profile: Profile,
  present: KubeObject | null,
  addresses: Pick<PlatformAddresses, 'podUrl'>,
  labels: NamespaceLabels = namespaceLabels,
): DesiredProfile {
  const name = profile.metadata.name ?? ''
  const owner = profile.spec?.owner ?? { kind: 'User', name: '' }
  const reference = controllerOf(profile)
  const marked = { [profileLabel]: name }
  const child = (kind: string, apiVersion: string, childName: string, rest: Record<string, unknown>): KubeObject => ({
    apiVersion,
    kind,
    metadata: { name: childName, namespace: name, labels: marked, ownerReferences: [reference] },
    ...rest,
  })
  const account = (accountName: string) => child('ServiceAccount', 'v1', accountName, {})
  const binding = (
    bindingName: string,
    clusterRole: string,
    subject: Subject,
    annotations?: Record<string, string>,
  ) => {
    const object = child('RoleBinding', 'rbac.authorization.k8s.io/v1', bindingName, {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: clusterRole },
      subjects: [subject],
    })
    return annotations ? { ...object, metadata: { ...object.metadata, annotations } } : object
  }
  const hard = profile.spec?.resourceQuotaSpec?.hard ?? {}
  const hasQuota = Object.keys(hard).length > 0
  // Quantities are strings to server-side apply, also where people's YAML has numbers.
  const limits = Object.fromEntries(Object.entries(hard).map(([key, value]) => [key, String(value)]))
  const quota = child('ResourceQuota', 'v1', quotaName, { spec: { ...profile.spec?.resourceQuotaSpec, hard: limits } })
  return {
    namespace: desiredNamespace({ name, owner: owner.name, reference, present, labels }),
    hasQuota,
    children: [
      ...(['default-editor', 'default-viewer'] as const).flatMap((accountName) => [
        { resource: 'serviceAccounts' as const, object: account(accountName) },
        {
          resource: 'roleBindings' as const,
          object: binding(
            accountName,
            accountName === 'default-editor' ? clusterRoleOf.contributor : clusterRoleOf.viewer,
            { kind: 'ServiceAccount', name: accountName, namespace: name },
          ),
        },
      ]),
      {
        resource: 'roleBindings',
        object: binding(ownerBindingName, clusterRoleOf.owner, subjectOf(owner), { user: owner.name, role: 'admin' }),
      },
      {
        resource: 'configMaps',
        object: child('ConfigMap', 'v1', addressesName, { data: clientEnvironment(name, addresses) }),
      },
      ...(hasQuota ? [{ resource: 'resourceQuotas' as const, object: quota }] : []),
    ],
  }
}

/** What the clients in a pod read from their environment; they sign in with the pod's own ServiceAccount token. */
function clientEnvironment(workspace: string, { podUrl }: Pick<PlatformAddresses, 'podUrl'>): Record<string, string> {
  return {
    KEELSON_URL: podUrl,
    MLFLOW_TRACKING_URI: workspaceAddresses(podUrl, workspace).mlflow,
    MLFLOW_TRACKING_AUTH: 'kubernetes-namespaced',
    // kfp.Client reads these. With an address it sends the token only where it is told to (see python/keelson_jupyter).
    KF_PIPELINES_ENDPOINT: workspaceAddresses(podUrl, workspace).kfp,
    KF_PIPELINES_SA_TOKEN_PATH: '/var/run/secrets/kubernetes.io/serviceaccount/token',
  }
}

type NamespaceParts = {
  name: string
  owner: string
  reference: OwnerReference
  present: KubeObject | null
  labels: NamespaceLabels
}

function desiredNamespace({ name, owner, reference, present, labels }: NamespaceParts): KubeObject {
  const has = present?.metadata.labels ?? {}
  const wanted = Object.fromEntries(
    Object.entries(labels).flatMap(([key, value]) => (value === '' ? [] : [[key, has[key] ?? value]])),
  )
  const ours = present === null || present.metadata.ownerReferences?.some((each) => each.uid === reference.uid)
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: { ...wanted, [profileLabel]: name },
      annotations: { [ownerAnnotation]: owner, [profileUidAnnotation]: reference.uid },
      ...(ours ? { ownerReferences: [reference] } : {}),
    },
  }
}

/** The labels that a namespace has and that the file says it must not have. */
export function surplusLabels(present: KubeObject | null, labels: NamespaceLabels): string[] {
  const has = present?.metadata.labels ?? {}
  return Object.keys(labels).filter((key) => labels[key] === '' && has[key] !== undefined)
}

function controllerOf(profile: Profile): OwnerReference {
  const { name = '', uid = '' } = profile.metadata
  return { apiVersion: 'kubeflow.org/v1', kind: 'Profile', name, uid, controller: true, blockOwnerDeletion: true }
}

/** The owner as an RBAC subject; the API server wants the group of users and groups, which people's YAML often leaves out. */
function subjectOf(owner: { kind: string; name: string; namespace?: string | undefined }): Subject {
  if (owner.kind === 'ServiceAccount') return { kind: owner.kind, name: owner.name, namespace: owner.namespace ?? '' }
  return { apiGroup: 'rbac.authorization.k8s.io', kind: owner.kind, name: owner.name }
}

/** True for what a profile's own spec can never become: worth a word in its status, not a retry. */
export function specFault(profile: Profile): string | null {
  const { owner, plugins = [] } = profile.spec ?? {}
  if (!owner?.name) return 'spec.owner.name is empty'
  if (!['User', 'Group', 'ServiceAccount'].includes(owner.kind))
    return `spec.owner.kind "${owner.kind}" is not User, Group or ServiceAccount`
  const [plugin] = plugins
  return plugin ? `plugin ${plugin.kind ?? ''} is not supported` : null
}
