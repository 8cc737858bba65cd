import { type Cache, openCache } from '../controllers/cache.ts'
import {
  type Claim,
  claims,
  isBound,
  type PersistentVolume,
  type StorageClass,
  selectedNodeKey,
  storageClasses,
} from '../controllers/storage-types.ts'
import { claimNames } from '../controllers/volume-binder.ts'
import { type Pod, refOf } from './types.ts'
import { type ProvisionerContext, startVolumeProvisioner } from './volume-provisioner.ts'
import { VolumeError } from './volumes.ts'

/** What the node knows of claims and volumes: for the scheduler, and for the mounts of pods. */
export class ClaimBook {
  private readonly context: ProvisionerContext
  private readonly claimCache: Cache<Claim>
  private readonly volumeCache: Cache<PersistentVolume>
  private readonly classCache: Cache<StorageClass>

  constructor(context: ProvisionerContext) {
    this.context = context
    const { client, log, signal } = context
    const { claimCache, volumeCache } = startVolumeProvisioner(context)
    this.claimCache = claimCache
    this.volumeCache = volumeCache
    this.classCache = openCache<StorageClass>(client, storageClasses, {}, { log, signal })
  }

  async synced(): Promise<void> {
    await Promise.all([this.claimCache.synced, this.volumeCache.synced, this.classCache.synced])
  }

  /** Calls `handler` whenever a claim changes. */
  onChange(handler: () => void): void {
    this.claimCache.onEvent(handler)
    this.classCache.onEvent(handler)
  }

  /** Why no node suits the pod because of its claims, in the scheduler's words (VolumeBinding, VolumeRestrictions). */
  fault(pod: Pod, bound: readonly Pod[]): string | null {
    const { namespace } = pod.metadata
    for (const name of claimNames(pod)) {
      const claim = this.claimCache.get({ namespace, name })
      if (claim === undefined) return `persistentvolumeclaim "${name}" not found`
      if (claim.metadata.deletionTimestamp !== undefined) return `persistentvolumeclaim "${name}" is being deleted`
      if (claim.status?.phase === 'Lost')
        return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec.volumeName}"`
      if (!isBound(claim) && !this.waitsForConsumer(claim)) return 'pod has unbound immediate PersistentVolumeClaims'
      if (claim.spec.accessModes.includes('ReadWriteOncePod') && usedBy(bound, namespace, name))
        return 'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode'
    }
    return null
  }

  /** Says to which node the claims that wait for a consumer are to be bound. True when all are bound already. */
  async bindClaims(pod: Pod): Promise<boolean> {
    const { client, nodeName } = this.context
    const { namespace } = pod.metadata
    let ready = true
    for (const name of claimNames(pod)) {
      const claim = this.claimCache.get({ namespace, name })
      if (claim === undefined || isBound(claim)) continue
      ready = false
      if (claim.metadata.annotations?.[selectedNodeKey] === nodeName) continue
      const annotations = { [selectedNodeKey]: nodeName }
      this.claimCache.put(
        await client.patch<Claim>(claims, refOf(claim), { metadata: { uid: claim.metadata.uid, annotations } }),
      )
    }
    return ready
  }

  /** The directory of a claim's volume. Throws {@link VolumeError} while there is none, or when it is no directory. */
  pathOf(namespace: string, name: string): { path: string; mustExist: boolean } {
    const claim = this.claimCache.get({ namespace, name })
    if (claim === undefined) throw new VolumeError(`persistentvolumeclaim "${name}" not found`)
    const volume = this.volumeCache.get({ name: claim.spec.volumeName ?? '' })
    if (!isBound(claim) || volume === undefined) throw new VolumeError(`PVC is not bound`)
    const { hostPath, local } = volume.spec
    const path = hostPath?.path ?? local?.path
    if (path === undefined)
      throw new VolumeError(
        `volume "${volume.metadata.name}" is neither hostPath nor local: this node offers those only`,
      )
    const type = hostPath?.type ?? ''
    return { path, mustExist: local !== undefined || (type !== '' && type !== 'DirectoryOrCreate') }
  }

  private waitsForConsumer(claim: Claim): boolean {
    return (
      this.classCache.get({ name: claim.spec.storageClassName ?? '' })?.volumeBindingMode === 'WaitForFirstConsumer'
    )
  }
}

const usedBy = (bound: readonly Pod[], namespace: string | undefined, name: string) =>
  bound.some(
    (pod) =>
      pod.metadata.namespace === namespace &&
      !['Succeeded', 'Failed'].includes(pod.status?.phase ?? '') &&
      claimNames(pod).includes(name),
  )
