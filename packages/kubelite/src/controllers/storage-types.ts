import type { KubeObject } from '@keelson/contracts/kubernetes'
import { parseQuantity } from '../schema/parse-quantity.ts'
import type { LabelSelector } from './job-types.ts'
import { selects } from './workload-types.ts'

export type Claim = KubeObject & {
  spec: {
    accessModes: string[]
    resources?: { requests?: Record<string, string> }
    storageClassName?: string
    volumeName?: string
    volumeMode?: string
    selector?: LabelSelector
    dataSource?: unknown
    dataSourceRef?: unknown
  }
  status?: { phase?: 'Pending' | 'Bound' | 'Lost'; accessModes?: string[]; capacity?: Record<string, string> }
}
export type ClaimRef = { namespace?: string; name?: string; uid?: string }
export type PersistentVolume = KubeObject & {
  spec: {
    capacity: Record<string, string>
    accessModes: string[]
    claimRef?: ClaimRef & Record<string, unknown>
    persistentVolumeReclaimPolicy?: 'Retain' | 'Delete' | 'Recycle'
    storageClassName?: string
    volumeMode?: string
    hostPath?: { path: string; type?: string }
    local?: { path: string }
    [source: string]: unknown
  }
  status?: {
    phase?: 'Pending' | 'Available' | 'Bound' | 'Released' | 'Failed'
    lastPhaseTransitionTime?: string
    reason?: string
    message?: string
  }
}
export type StorageClass = KubeObject & {
  provisioner: string
  volumeBindingMode?: 'Immediate' | 'WaitForFirstConsumer'
  reclaimPolicy?: 'Retain' | 'Delete'
  allowVolumeExpansion?: boolean
  mountOptions?: string[]
}

export const claims = { group: '', version: 'v1', plural: 'persistentvolumeclaims' } as const
export const volumes = { group: '', version: 'v1', plural: 'persistentvolumes' } as const
export const storageClasses = { group: 'storage.k8s.io', version: 'v1', plural: 'storageclasses' } as const

/** Annotations of the binding protocol (k8s.io/component-helpers/storage/volume). */
export const bindCompletedKey = 'pv.kubernetes.io/bind-completed'
export const boundByControllerKey = 'pv.kubernetes.io/bound-by-controller'
export const provisionedByKey = 'pv.kubernetes.io/provisioned-by'
export const provisionerKeys = [
  'volume.beta.kubernetes.io/storage-provisioner',
  'volume.kubernetes.io/storage-provisioner',
] as const
export const selectedNodeKey = 'volume.kubernetes.io/selected-node'

export const requestOf = (claim: Claim): number => parseQuantity(claim.spec.resources?.requests?.storage)
export const isBound = (claim: Claim): boolean =>
  Boolean(claim.spec.volumeName) && claim.metadata.annotations?.[bindCompletedKey] !== undefined

/** True when the volume was made for this claim, or is kept for it by name. */
export function isMeantFor(volume: PersistentVolume, claim: Claim): boolean {
  const ref = volume.spec.claimRef
  return (
    ref !== undefined &&
    ref.namespace === claim.metadata.namespace &&
    ref.name === claim.metadata.name &&
    (!ref.uid || ref.uid === claim.metadata.uid)
  )
}

/** Why a volume cannot serve a claim (`checkVolumeSatisfyClaim`); null when it can. */
export function mismatch(volume: PersistentVolume, claim: Claim): string | null {
  if (parseQuantity(volume.spec.capacity.storage) < requestOf(claim)) return 'requested PV is too small'
  if ((volume.spec.storageClassName ?? '') !== (claim.spec.storageClassName ?? ''))
    return 'storageClassName does not match'
  if ((volume.spec.volumeMode ?? 'Filesystem') !== (claim.spec.volumeMode ?? 'Filesystem'))
    return 'incompatible volumeMode'
  if (!claim.spec.accessModes.every((mode) => volume.spec.accessModes.includes(mode))) return 'incompatible accessMode'
  return null
}

/** The volume that a claim gets: one that is meant for it, else the smallest free one that fits. */
export function findVolume(
  all: readonly PersistentVolume[],
  claim: Claim,
  options: { delayed: boolean },
): PersistentVolume | null {
  const meant = all.find((volume) => isMeantFor(volume, claim) && volume.metadata.deletionTimestamp === undefined)
  if (meant !== undefined || options.delayed) return meant ?? null
  const free = all.filter(
    (volume) =>
      volume.spec.claimRef === undefined &&
      volume.status?.phase === 'Available' &&
      volume.metadata.deletionTimestamp === undefined &&
      mismatch(volume, claim) === null &&
      selects(claim.spec.selector, volume.metadata.labels),
  )
  const size = (volume: PersistentVolume) => parseQuantity(volume.spec.capacity.storage)
  return free.sort((a, b) => size(a) - size(b))[0] ?? null
}
