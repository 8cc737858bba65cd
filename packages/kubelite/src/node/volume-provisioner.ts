import { mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Cache, openCache } from '../controllers/cache.ts'
import { createEventRecorder, type EventRecorder } from '../controllers/event-recorder.ts'
import {
  type Claim,
  claims,
  isBound,
  type PersistentVolume,
  provisionedByKey,
  provisionerKeys,
  requestOf,
  type StorageClass,
  storageClasses,
  volumes,
} from '../controllers/storage-types.ts'
import { openWorkQueue } from '../controllers/work-queue.ts'
import { directoryProvisioner } from '../kinds/storage.ts'
import { parseQuantity } from '../schema/parse-quantity.ts'
import type { NodeContext } from './context.ts'
import { refOf } from './types.ts'

/** Holds a volume until its directory is gone, also when somebody deletes the volume first. */
const finalizer = 'kubelite.keelson.dev/directory'

export type ProvisionerContext = Pick<NodeContext, 'client' | 'clock' | 'log' | 'signal' | 'claimsDir' | 'nodeName'>
type Provisioner = ProvisionerContext & {
  claimEvents: EventRecorder
  claimCache: Cache<Claim>
  volumeCache: Cache<PersistentVolume>
}

/**
 * Makes a directory of this machine for each claim of a class whose provisioner is `kubelite.keelson.dev/directory`, and
 * removes it with its volume. The size is not enforced: it is what was asked for, and grows when more is asked for.
 */
export function startVolumeProvisioner(context: ProvisionerContext): {
  claimCache: Cache<Claim>
  volumeCache: Cache<PersistentVolume>
} {
  const { client, clock, log, signal } = context
  const claimCache = openCache<Claim>(client, claims, {}, { log, signal })
  const volumeCache = openCache<PersistentVolume>(client, volumes, {}, { log, signal })
  const claimEvents = createEventRecorder({ client, component: directoryProvisioner, clock, log })
  const provisioner: Provisioner = { ...context, claimEvents, claimCache, volumeCache }
  const queue = openWorkQueue({ name: 'provisioner', clock, log, signal }, async (key) => {
    await Promise.all([claimCache.synced, volumeCache.synced])
    const [namespace = '', name = ''] = key.split('/')
    const claim = namespace === '' ? undefined : claimCache.get({ namespace, name })
    if (claim !== undefined) await serveClaim(provisioner, claim)
    const volume = namespace === '' ? volumeCache.get({ name }) : undefined
    if (volume !== undefined) await reclaim(provisioner, volume)
    return undefined
  })
  claimCache.onEvent(({ object }) => queue.add(`${object.metadata.namespace}/${object.metadata.name}`))
  volumeCache.onEvent(({ object }) => queue.add(`/${object.metadata.name}`))
  return { claimCache, volumeCache }
}

async function serveClaim(provisioner: Provisioner, claim: Claim): Promise<void> {
  if (claim.metadata.deletionTimestamp !== undefined) return
  if (isBound(claim)) return expand(provisioner, claim)
  if (
    claim.spec.volumeName ||
    provisionerKeys.some((key) => claim.metadata.annotations?.[key] !== directoryProvisioner)
  )
    return
  const { client, claimEvents, claimsDir, volumeCache } = provisioner
  const name = `pvc-${claim.metadata.uid}`
  if (volumeCache.get({ name }) !== undefined) return
  const why = refusal(claim)
  if (why !== null) return claimEvents.record(claim, 'Warning', 'ProvisioningFailed', why)
  const storageClass = await client.find<StorageClass>(storageClasses, { name: claim.spec.storageClassName ?? '' })
  if (storageClass === null) return
  const where = `"${claim.metadata.namespace}/${claim.metadata.name}"`
  claimEvents.record(claim, 'Normal', 'Provisioning', `External provisioner is provisioning volume for claim ${where}`)
  const path = join(claimsDir, name)
  await mkdir(path, { recursive: true, mode: 0o700 })
  const made = await client
    .create<PersistentVolume>(volumes, volumeFor(provisioner, claim, storageClass, name, path))
    .catch((error: { code?: number }) => {
      if (error.code !== 409) throw error
      return null
    })
  if (made !== null) volumeCache.put(made)
  claimEvents.record(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${name}`)
}

/** What a directory cannot be. */
function refusal(claim: Claim): string | null {
  if (claim.spec.volumeMode === 'Block')
    return 'failed to provision volume: directories have volumeMode Filesystem only'
  if (claim.spec.dataSource !== undefined || claim.spec.dataSourceRef !== undefined)
    return 'failed to provision volume: data sources are not supported'
  if (claim.spec.selector !== undefined) return 'failed to provision volume: claim Selector is not supported'
  return null
}

function volumeFor(
  { nodeName }: ProvisionerContext,
  claim: Claim,
  storageClass: StorageClass,
  name: string,
  path: string,
): PersistentVolume {
  const { namespace, name: claimName, uid, resourceVersion } = claim.metadata
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, annotations: { [provisionedByKey]: directoryProvisioner }, finalizers: [finalizer] },
    spec: {
      capacity: { storage: claim.spec.resources?.requests?.storage ?? '0' },
      accessModes: claim.spec.accessModes,
      claimRef: {
        kind: 'PersistentVolumeClaim',
        apiVersion: 'v1',
        namespace: namespace ?? '',
        name: claimName ?? '',
        uid: uid ?? '',
        resourceVersion,
      },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata.name ?? '',
      volumeMode: 'Filesystem',
      ...(storageClass.mountOptions === undefined ? {} : { mountOptions: storageClass.mountOptions }),
      hostPath: { path, type: 'DirectoryOrCreate' },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [nodeName] }] },
          ],
        },
      },
    },
  }
}

/** A claim that asks for more than it has gets it: a directory has no size of its own. */
async function expand({ client, claimEvents, volumeCache, claimCache }: Provisioner, claim: Claim): Promise<void> {
  const wanted = claim.spec.resources?.requests?.storage
  const volume = volumeCache.get({ name: claim.spec.volumeName ?? '' })
  if (
    wanted === undefined ||
    claim.status?.phase !== 'Bound' ||
    volume?.metadata.annotations?.[provisionedByKey] !== directoryProvisioner ||
    requestOf(claim) <= parseQuantity(claim.status.capacity?.storage)
  )
    return
  if (parseQuantity(volume.spec.capacity.storage) < requestOf(claim))
    volumeCache.put(
      await client.patch<PersistentVolume>(volumes, refOf(volume), { spec: { capacity: { storage: wanted } } }),
    )
  claimCache.put(
    await client.patch<Claim>(claims, refOf(claim), { status: { capacity: { storage: wanted } } }, 'status'),
  )
  claimEvents.record(claim, 'Normal', 'VolumeResizeSuccessful', `Resize volume succeeded`)
}

/** Removes the directory of a released volume whose policy is Delete, and lets go of one that somebody deleted. */
async function reclaim({ client, claimEvents, claimsDir }: Provisioner, volume: PersistentVolume): Promise<void> {
  const { annotations, finalizers = [], deletionTimestamp, uid } = volume.metadata
  if (annotations?.[provisionedByKey] !== directoryProvisioner || volume.status?.phase !== 'Released') return
  const path = volume.spec.hostPath?.path ?? ''
  if (volume.spec.persistentVolumeReclaimPolicy === 'Delete') {
    // Only what this node made: a volume's path is a text that an administrator can write.
    if (dirname(path) !== claimsDir)
      return claimEvents.record(
        volume,
        'Warning',
        'VolumeFailedDelete',
        `${path} is not a directory of this node's claims`,
      )
    await rm(path, { recursive: true, force: true })
    if (deletionTimestamp === undefined) await client.delete(volumes, refOf(volume), uid === undefined ? {} : { uid })
  } else if (deletionTimestamp === undefined) return
  const left = finalizers.filter((each) => each !== finalizer)
  if (left.length === finalizers.length) return
  await client
    .patch(volumes, refOf(volume), { metadata: { uid, finalizers: left.length > 0 ? left : null } })
    .catch((error: { code?: number }) => {
      if (error.code !== 404) throw error
    })
}
