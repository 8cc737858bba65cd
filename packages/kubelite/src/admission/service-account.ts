/** ServiceAccount: every pod runs as an account of its namespace, with its token mounted and its pull secrets. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { randomSuffix } from '../kinds/names.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import { type AdmissionPlugin, type AdmissionRequest, isPodWrite, objectsIn, refuse, specOf } from './plugin.ts'

const tokenMountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
const mirrorPod = 'kubernetes.io/config.mirror'
const enforceMountable = 'kubernetes.io/enforce-mountable-secrets'

export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  mutate: (request) => {
    if (!concerns(request)) return
    const spec = specOf(request.object)
    if (!spec.serviceAccountName) {
      spec.serviceAccountName = 'default'
      spec.serviceAccount = 'default'
    }
    const account = accountOf(request)
    const automount = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true
    if (automount !== false) mountToken(spec)
    const pullSecrets = objectsIn(account.imagePullSecrets)
    if (objectsIn(spec.imagePullSecrets).length === 0 && pullSecrets.length > 0)
      spec.imagePullSecrets = pullSecrets.map(({ name }) => ({ name }))
  },
  validate: (request) => {
    if (!concerns(request)) return
    const account = accountOf(request)
    if (!['true', 'True', 'TRUE', 't', 'T', '1'].includes(account.metadata.annotations?.[enforceMountable] ?? ''))
      return
    const fault = secretFault(account, specOf(request.object))
    if (fault !== undefined) throw refuse(request, fault)
  },
}

/** Mirror pods, which a kubelet makes of its own files, are left as they are. */
const concerns = (request: AdmissionRequest): boolean =>
  isPodWrite(request) &&
  request.operation === 'CREATE' &&
  request.object?.metadata.annotations?.[mirrorPod] === undefined

function accountOf(request: AdmissionRequest): KubeObject {
  const { namespace } = request
  const name = String(specOf(request.object).serviceAccountName)
  const account = request.store.head('/serviceaccounts', `${namespace}/${name}`)
  if (account === undefined)
    throw refuse(request, `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`)
  return account.object
}

/** The projected volume with token, CA and namespace, mounted in every container that has nothing there. */
function mountToken(spec: JsonObject): void {
  const containers = [...objectsIn(spec.initContainers), ...objectsIn(spec.containers)]
  const bare = containers.filter(
    (container) => !objectsIn(container.volumeMounts).some((mount) => mount.mountPath === tokenMountPath),
  )
  if (bare.length === 0) return
  const volumes = objectsIn(spec.volumes)
  const present = volumes.find((volume) => String(volume.name).startsWith('kube-api-access-'))
  const name = present === undefined ? `kube-api-access-${randomSuffix()}` : present.name
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
  if (present === undefined) spec.volumes = [...volumes, { name, projected }]
  for (const container of bare)
    container.volumeMounts = [...objectsIn(container.volumeMounts), { name, readOnly: true, mountPath: tokenMountPath }]
}

/** What a pod of an account with `enforce-mountable-secrets` may not refer to. */
function secretFault(account: KubeObject, spec: JsonObject): string | undefined {
  const mountable = new Set(objectsIn(account.secrets).map((one) => one.name))
  const owner = `service account ${account.metadata.name ?? ''} does not reference that`
  for (const { secret } of objectsIn(spec.volumes))
    if (isObject(secret) && !mountable.has(secret.secretName))
      return `volume with secret.secretName="${String(secret.secretName)}" is not allowed because ${owner} secret`
  for (const [title, containers] of [
    ['init container', spec.initContainers],
    ['container', spec.containers],
  ] as const)
    for (const container of objectsIn(containers)) {
      const found = environmentFault(container, mountable)
      if (found !== undefined)
        return `${title} ${String(container.name)} with ${found} is not allowed because ${owner} secret`
    }
  const pullable = new Set(objectsIn(account.imagePullSecrets).map((one) => one.name))
  for (const [index, { name }] of objectsIn(spec.imagePullSecrets).entries())
    if (!pullable.has(name))
      return `imagePullSecrets[${index}].name="${String(name)}" is not allowed because ${owner} imagePullSecret`
  return undefined
}

function environmentFault(container: JsonObject, mountable: ReadonlySet<unknown>): string | undefined {
  for (const variable of objectsIn(container.env)) {
    const ref = isObject(variable.valueFrom) ? variable.valueFrom.secretKeyRef : undefined
    if (isObject(ref) && !mountable.has(ref.name))
      return `envVar ${String(variable.name)} referencing secret.secretName="${String(ref.name)}"`
  }
  for (const { secretRef } of objectsIn(container.envFrom))
    if (isObject(secretRef) && !mountable.has(secretRef.name))
      return `envFrom referencing secret.secretName="${String(secretRef.name)}"`
  return undefined
}
