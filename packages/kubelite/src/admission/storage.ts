/** The admission plugins DefaultStorageClass and PersistentVolumeClaimResize. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Resource } from '../registry/resource.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import { parseQuantity } from '../schema/parse-quantity.ts'
import { forbidden } from '../status-error.ts'
import type { Store } from '../store/store.ts'

const classes = 'storage.k8s.io/storageclasses'
const defaultKeys = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class']

/** The default class: of several the youngest, as `GetDefaultClass`. */
function defaultClass(store: Store): string | undefined {
  return [...store.headEntries(classes)]
    .map((entry) => entry.object.metadata)
    .filter((meta) => defaultKeys.some((key) => meta.annotations?.[key] === 'true'))
    .sort(
      (a, b) =>
        (b.creationTimestamp ?? '').localeCompare(a.creationTimestamp ?? '') ||
        (a.name ?? '').localeCompare(b.name ?? ''),
    )[0]?.name
}

/** A claim that names no class (an empty name is one) gets the default one. */
export function admitClaim(store: Store, claim: KubeObject): void {
  const spec: JsonObject = isObject(claim.spec) ? claim.spec : {}
  if (spec.storageClassName !== undefined) return
  const name = defaultClass(store)
  if (name !== undefined) spec.storageClassName = name
}

const sizeOf = (claim: KubeObject): number => {
  const spec = claim.spec as { resources?: { requests?: { storage?: string } } } | undefined
  return parseQuantity(spec?.resources?.requests?.storage)
}

/** Only bound claims of a class that allows it may grow. */
export function admitClaimUpdate(store: Store, resource: Resource, claim: KubeObject, old: KubeObject): void {
  if (!(sizeOf(claim) > sizeOf(old))) return
  const status = isObject(old.status) ? old.status : {}
  const name = claim.metadata.name ?? ''
  if (status.phase !== 'Bound') return
  const spec = isObject(old.spec) ? old.spec : {}
  const allowed = store.head(classes, String(spec.storageClassName ?? ''))?.object.allowVolumeExpansion === true
  if (!allowed)
    throw forbidden(
      resource,
      name,
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    )
}
