import { claimProtection, volumeProtection } from '../kinds/storage.ts'
import { toSeconds } from '../node/pod-status.ts'
import { type Pod, refOf } from '../node/types.ts'
import { type Cache, openCache } from './cache.ts'
import type { ControllerContext } from './context.ts'
import { isFinished } from './job-types.ts'
import {
  bindCompletedKey,
  boundByControllerKey,
  type Claim,
  claims,
  findVolume,
  isBound,
  isMeantFor,
  mismatch,
  type PersistentVolume,
  provisionedByKey,
  provisionerKeys,
  type StorageClass,
  selectedNodeKey,
  storageClasses,
  volumes,
} from './storage-types.ts'
import { openWorkQueue, type WorkQueue } from './work-queue.ts'

type Binder = ControllerContext & {
  claimCache: Cache<Claim>
  volumeCache: Cache<PersistentVolume>
  classCache: Cache<StorageClass>
  podCache: Cache<Pod>
}
const keyOf = (object: Claim) => `${object.metadata.namespace}/${object.metadata.name}`

/**
 * Binds claims to volumes, one to one, and says why a claim waits; asks a class's provisioner for a volume where none fits;
 * keeps claims that pods use and volumes that are bound from going (k8s.io/kubernetes/pkg/controller/volume).
 */
export function startVolumeBinder(context: ControllerContext, podCache: Cache<Pod>): void {
  const { client, log, signal, clock } = context
  const options = { log, signal }
  const binder: Binder = {
    ...context,
    podCache,
    claimCache: openCache<Claim>(client, claims, {}, options),
    volumeCache: openCache<PersistentVolume>(client, volumes, {}, options),
    classCache: openCache<StorageClass>(client, storageClasses, {}, options),
  }
  const { claimCache, volumeCache, classCache } = binder
  const synced = Promise.all([claimCache.synced, volumeCache.synced, classCache.synced, podCache.synced])
  const claimQueue = openWorkQueue({ name: 'claim', clock, log, signal }, async (key) => {
    await synced
    const [namespace = '', name = ''] = key.split('/')
    const claim = claimCache.get({ namespace, name })
    if (claim !== undefined) await reconcileClaim(binder, claim)
    return undefined
  })
  const volumeQueue = openWorkQueue({ name: 'volume', clock, log, signal }, async (name) => {
    await synced
    const volume = volumeCache.get({ name })
    if (volume !== undefined) await reconcileVolume(binder, volume)
    return undefined
  })
  listen(binder, claimQueue, volumeQueue)
}

function listen(binder: Binder, claimQueue: WorkQueue, volumeQueue: WorkQueue): void {
  const { claimCache, volumeCache, classCache, podCache } = binder
  claimCache.onEvent(({ object }) => {
    claimQueue.add(keyOf(object))
    if (object.spec.volumeName) volumeQueue.add(object.spec.volumeName)
    for (const volume of volumeCache.list())
      if (volume.spec.claimRef?.name === object.metadata.name) volumeQueue.add(volume.metadata.name ?? '')
  })
  volumeCache.onEvent(({ object }) => {
    volumeQueue.add(object.metadata.name ?? '')
    const ref = object.spec.claimRef
    if (ref?.namespace && ref.name) claimQueue.add(`${ref.namespace}/${ref.name}`)
    else for (const claim of claimCache.list()) if (!isBound(claim)) claimQueue.add(keyOf(claim))
  })
  classCache.onEvent(({ object }) => {
    for (const claim of claimCache.list())
      if (!isBound(claim) && claim.spec.storageClassName === object.metadata.name) claimQueue.add(keyOf(claim))
  })
  podCache.onEvent(({ type, object }) => {
    if (type !== 'deleted' && !isFinished(object)) return
    for (const name of claimNames(object)) claimQueue.add(`${object.metadata.namespace}/${name}`)
  })
}

/** The claims that a pod's volumes name. */
export const claimNames = (pod: Pod): string[] =>
  (pod.spec.volumes ?? []).flatMap((volume) =>
    volume.persistentVolumeClaim === undefined ? [] : [volume.persistentVolumeClaim.claimName],
  )

async function reconcileClaim(binder: Binder, claim: Claim): Promise<void> {
  if (claim.metadata.deletionTimestamp !== undefined) return releaseClaim(binder, claim)
  if (isBound(claim)) return keepBound(binder, claim)
  const all = binder.volumeCache.list()
  if (claim.spec.volumeName) return bindToNamed(binder, claim, claim.spec.volumeName)
  const storageClass = binder.classCache.get({ name: claim.spec.storageClassName ?? '' })
  const delayed =
    storageClass?.volumeBindingMode === 'WaitForFirstConsumer' &&
    claim.metadata.annotations?.[selectedNodeKey] === undefined
  const volume = findVolume(all, claim, { delayed })
  if (volume !== null) return bind(binder, claim, volume)
  await provision(binder, claim, storageClass, delayed)
}

/** A claim that no pod uses any more may go. */
async function releaseClaim({ client, podCache, claimCache }: Binder, claim: Claim): Promise<void> {
  const finalizers = claim.metadata.finalizers ?? []
  const { name = '' } = claim.metadata
  const used = podCache
    .list(claim.metadata.namespace)
    .some((pod) => Boolean(pod.spec.nodeName) && !isFinished(pod) && claimNames(pod).includes(name))
  if (used || !finalizers.includes(claimProtection)) return
  const left = finalizers.filter((each) => each !== claimProtection)
  const done = await client.patch<Claim>(claims, refOf(claim), {
    metadata: { uid: claim.metadata.uid, finalizers: left.length > 0 ? left : null },
  })
  if (left.length > 0) claimCache.put(done)
}

async function keepBound(binder: Binder, claim: Claim): Promise<void> {
  const volume = binder.volumeCache.get({ name: claim.spec.volumeName ?? '' })
  if (volume !== undefined && (volume.spec.claimRef === undefined || isMeantFor(volume, claim)))
    return bind(binder, claim, volume)
  if (claim.status?.phase === 'Lost') return
  const [reason, message] =
    volume === undefined
      ? ['ClaimLost', 'Bound claim has lost its PersistentVolume. Any data on the volume is lost!']
      : ['ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly']
  binder.events.record(claim, 'Warning', reason ?? '', message ?? '')
  binder.claimCache.put(
    await binder.client.updateStatus<Claim>(claims, { ...claim, status: { ...claim.status, phase: 'Lost' } }),
  )
}

async function bindToNamed(binder: Binder, claim: Claim, name: string): Promise<void> {
  const volume = binder.volumeCache.get({ name })
  if (volume === undefined) return
  if (volume.spec.claimRef !== undefined && !isMeantFor(volume, claim)) {
    binder.events.record(claim, 'Warning', 'FailedBinding', `volume "${name}" already bound to a different claim.`)
    return
  }
  const why = volume.spec.claimRef === undefined ? mismatch(volume, claim) : null
  if (why !== null)
    binder.events.record(claim, 'Warning', 'VolumeMismatch', `Cannot bind to requested volume "${name}": ${why}`)
  else await bind(binder, claim, volume)
}

/** Volume first, claim second: a crash in between leaves a volume that is meant for the claim. */
async function bind(binder: Binder, claim: Claim, found: PersistentVolume): Promise<void> {
  const { client, claimCache, volumeCache } = binder
  let volume = found
  const { namespace, name, uid, resourceVersion } = claim.metadata
  if (volume.spec.claimRef?.uid !== uid) {
    const own = volume.spec.claimRef === undefined ? { [boundByControllerKey]: 'yes' } : {}
    const claimRef = { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name, uid, resourceVersion }
    volume = await client.update<PersistentVolume>(volumes, {
      ...volume,
      metadata: { ...volume.metadata, annotations: { ...volume.metadata.annotations, ...own } },
      spec: { ...volume.spec, claimRef: claimRef as PersistentVolume['spec']['claimRef'] & object },
    })
    volumeCache.put(volume)
  }
  await setPhase(binder, volume, 'Bound')
  let current = claim
  if (!isBound(claim)) {
    const chosen = claim.spec.volumeName ? {} : { [boundByControllerKey]: 'yes' }
    current = await client.update<Claim>(claims, {
      ...claim,
      metadata: {
        ...claim.metadata,
        annotations: { ...claim.metadata.annotations, [bindCompletedKey]: 'yes', ...chosen },
      },
      spec: { ...claim.spec, volumeName: volume.metadata.name ?? '' },
    })
    claimCache.put(current)
  }
  if (current.status?.phase === 'Bound') return
  const { accessModes, capacity } = volume.spec
  claimCache.put(
    await client.updateStatus<Claim>(claims, { ...current, status: { phase: 'Bound', accessModes, capacity } }),
  )
}

async function provision(
  { client, events, claimCache }: Binder,
  claim: Claim,
  storageClass: StorageClass | undefined,
  delayed: boolean,
): Promise<void> {
  const name = claim.spec.storageClassName ?? ''
  if (name === '')
    return events.record(
      claim,
      'Normal',
      'FailedBinding',
      'no persistent volumes available for this claim and no storage class is set',
    )
  if (storageClass === undefined)
    return events.record(
      claim,
      'Warning',
      'ProvisioningFailed',
      `storageclass.storage.k8s.io ${JSON.stringify(name)} not found`,
    )
  if (delayed)
    return events.record(
      claim,
      'Normal',
      'WaitForFirstConsumer',
      'waiting for first consumer to be created before binding',
    )
  const { provisioner } = storageClass
  if (provisioner === 'kubernetes.io/no-provisioner') return
  if (provisionerKeys.some((key) => claim.metadata.annotations?.[key] !== provisioner)) {
    const annotations = Object.fromEntries(provisionerKeys.map((key) => [key, provisioner]))
    claimCache.put(
      await client.patch<Claim>(claims, refOf(claim), { metadata: { uid: claim.metadata.uid, annotations } }),
    )
  }
  events.record(
    claim,
    'Normal',
    'ExternalProvisioning',
    `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`,
  )
}

async function reconcileVolume(binder: Binder, volume: PersistentVolume): Promise<void> {
  const { client, claimCache, volumeCache, events } = binder
  const ref = volume.spec.claimRef
  const claim = ref === undefined ? undefined : claimCache.get({ namespace: ref.namespace, name: ref.name ?? '' })
  const current = await phaseOf(binder, volume, claim)
  if (current.metadata.deletionTimestamp !== undefined) {
    const finalizers = current.metadata.finalizers ?? []
    if (current.status?.phase === 'Bound' || !finalizers.includes(volumeProtection)) return
    const left = finalizers.filter((each) => each !== volumeProtection)
    const done = await client.patch<PersistentVolume>(
      volumes,
      { name: current.metadata.name ?? '' },
      { metadata: { uid: current.metadata.uid, finalizers: left.length > 0 ? left : null } },
    )
    if (left.length > 0) volumeCache.put(done)
    return
  }
  const { persistentVolumeReclaimPolicy: policy } = current.spec
  const own = current.metadata.annotations?.[provisionedByKey] !== undefined
  if (current.status?.phase !== 'Released' || own || policy === 'Retain') return
  const message =
    policy === 'Delete'
      ? `error getting deleter volume plugin for volume "${volume.metadata.name}": no deletable volume plugin matched`
      : 'no recyclable volume plugin matched'
  events.record(current, 'Warning', policy === 'Delete' ? 'VolumeFailedDelete' : 'VolumeFailedRecycle', message)
  await setPhase(binder, current, 'Failed', message)
}

/** Where a volume stands, by its claim. */
async function phaseOf(binder: Binder, volume: PersistentVolume, claim: Claim | undefined): Promise<PersistentVolume> {
  const ref = volume.spec.claimRef
  if (ref === undefined || (!ref.uid && claim === undefined)) return setPhase(binder, volume, 'Available')
  // One that is kept for a claim by name is bound by the claim's own pass.
  if (!ref.uid) return volume
  if (claim?.metadata.uid === ref.uid) return volume
  if (volume.status?.phase === 'Failed') return volume
  return setPhase(binder, volume, 'Released')
}

async function setPhase(
  { client, clock, volumeCache }: Binder,
  volume: PersistentVolume,
  phase: NonNullable<PersistentVolume['status']>['phase'] & string,
  message?: string,
): Promise<PersistentVolume> {
  if (volume.status?.phase === phase) return volume
  const done = await client.updateStatus<PersistentVolume>(volumes, {
    ...volume,
    status: {
      phase,
      lastPhaseTransitionTime: toSeconds(clock.now().toISOString()),
      ...(message === undefined ? {} : { message }),
    },
  })
  volumeCache.put(done)
  return done
}
