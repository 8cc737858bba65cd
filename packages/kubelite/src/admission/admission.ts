/** What built-in admission plugins set on new objects: service accounts of pods, cluster IPs, custom resource clean-up. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { UserInfo } from '../api/types.ts'
import type { Resource } from '../registry/resource.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import { forbidden } from '../status-error.ts'
import type { Store } from '../store/store.ts'
import { assignClusterIp } from './cluster-ip.ts'
import { admitPriority, admitPriorityClass } from './priority.ts'
import { admitClaim, admitClaimUpdate } from './storage.ts'

export type CreateAdmission = {
  store: Store
  resource: Resource
  object: KubeObject
  user: UserInfo
  namespace: string | undefined
}

/** Changes `object`; throws Forbidden. */
export function admitCreate(request: CreateAdmission): void {
  const { object, resource } = request
  if (resource.custom !== undefined) return
  if (object.kind === 'Pod') admitPod(request)
  if (object.kind === 'PersistentVolumeClaim') admitClaim(request.store, object)
  if (object.kind === 'PriorityClass') admitPriorityClass(request.store, resource, object)
  if (object.kind === 'Service') assignClusterIp(request.store, object)
  if (object.kind === 'CustomResourceDefinition') {
    object.metadata.finalizers = [
      ...new Set([...(object.metadata.finalizers ?? []), 'customresourcecleanup.apiextensions.k8s.io']),
    ]
    object.status = undefined
  }
}

/** The same for a change of an object. Throws Forbidden. */
export function admitUpdate(store: Store, resource: Resource, object: KubeObject, old: KubeObject): void {
  if (resource.custom !== undefined) return
  if (object.kind === 'PersistentVolumeClaim') admitClaimUpdate(store, resource, object, old)
  if (object.kind === 'PriorityClass') admitPriorityClass(store, resource, object)
}

const tokenMountPath = '/var/run/secrets/kubernetes.io/serviceaccount'

function admitPod({ store, resource, object, namespace }: CreateAdmission): void {
  const spec = object.spec as JsonObject
  if (spec.serviceAccountName === undefined) {
    spec.serviceAccountName = 'default'
    spec.serviceAccount = 'default'
  }
  admitPriority(store, resource, object)
  setPodDefaults(spec)
  const name = String(spec.serviceAccountName)
  const account = store.head('/serviceaccounts', `${namespace ?? ''}/${name}`)
  if (account === undefined) {
    throw forbidden(
      resource,
      object.metadata.name ?? '',
      `error looking up service account ${namespace ?? ''}/${name}: serviceaccount "${name}" not found`,
    )
  }
  const automount = spec.automountServiceAccountToken ?? account.object.automountServiceAccountToken ?? true
  if (automount !== false) mountToken(spec)
}

function setPodDefaults(spec: JsonObject): void {
  if (spec.tolerations !== undefined) return
  const toleration = (key: string) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })
  spec.tolerations = [toleration('node.kubernetes.io/not-ready'), toleration('node.kubernetes.io/unreachable')]
}

/** The projected volume with token, CA and namespace, mounted in every container that has nothing there. */
function mountToken(spec: JsonObject): void {
  const containers = [spec.containers, spec.initContainers].flatMap((list) =>
    Array.isArray(list) ? list.filter(isObject) : [],
  )
  const mountsOf = (container: JsonObject): JsonObject[] =>
    Array.isArray(container.volumeMounts) ? container.volumeMounts.filter(isObject) : []
  const bare = containers.filter(
    (container) => !mountsOf(container).some((mount) => mount.mountPath === tokenMountPath),
  )
  if (bare.length === 0) return
  const name = `kube-api-access-${Math.random().toString(36).slice(2, 7)}`
  const projected = {
    defaultMode: 420,
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
  }
  spec.volumes = [...(Array.isArray(spec.volumes) ? spec.volumes : []), { name, projected }]
  for (const container of bare)
    container.volumeMounts = [...mountsOf(container), { name, readOnly: true, mountPath: tokenMountPath }]
}
