import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '@keelson/testing'
import { describe, expect, it } from 'vitest'
import { createPod, eventsOf, getPod, phaseIs, shell, untilPod, useTestCluster } from '../node/test-cluster.ts'
import { pods } from '../node/types.ts'
import {
  type Claim,
  claims,
  type PersistentVolume,
  type StorageClass,
  storageClasses,
  volumes,
} from './storage-types.ts'

const cluster = useTestCluster()

const claimRef = (name: string) => ({ namespace: 'default', name })
const getClaim = (name: string) => cluster.client.get<Claim>(claims, claimRef(name))
const getVolume = (name: string) => cluster.client.find<PersistentVolume>(volumes, { name })

function createClaim(name: string, spec: Partial<Claim['spec']> = {}): Promise<Claim> {
  return cluster.client.create<Claim>(claims, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'default' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  })
}
const untilBound = (name: string) =>
  eventually(async () => {
    const claim = await getClaim(name)
    return claim.status?.phase === 'Bound' ? claim : false
  })
const createClass = (name: string, more: Partial<StorageClass>) =>
  cluster.client.create<StorageClass>(storageClasses, {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name },
    provisioner: 'kubelite.keelson.dev/directory',
    ...more,
  })
const withClaim = (claimName: string, script: string) => ({
  containers: [shell(script, { volumeMounts: [{ name: 'data', mountPath: '/data' }] })],
  volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }],
})
const messageOf = async (pod: string) =>
  (await getPod(cluster.client, pod)).status?.conditions?.find((each) => each.type === 'PodScheduled')?.message
const waitMessage = (pod: string, message: string) =>
  eventually(async () => (await messageOf(pod)) === message || false)

describe('claims and volumes', () => {
  it('gives a claim without a class a directory, and takes it away with the claim', async () => {
    await createClaim('plain')
    const claim = await untilBound('plain')
    expect(claim.spec.storageClassName).toBe('standard')
    expect(claim.status).toMatchObject({ capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] })
    const name = claim.spec.volumeName ?? ''
    const volume = await getVolume(name)
    expect(volume).toMatchObject({
      spec: { persistentVolumeReclaimPolicy: 'Delete', claimRef: { name: 'plain', uid: claim.metadata.uid } },
      status: { phase: 'Bound' },
    })
    const path = volume?.spec.hostPath?.path ?? ''
    expect(path).toBe(join(cluster.stateFolder, 'node', 'claims', name))
    await createPod(cluster.client, withClaim('plain', 'echo kept > /data/file'), 'writer')
    await untilPod(cluster.client, 'writer', phaseIs('Succeeded'))
    expect(await readFile(join(path, 'file'), 'utf8')).toBe('kept\n')
    const reasons = (await eventsOf(cluster.client, 'plain')).map((each) => each.reason)
    expect(reasons).toEqual(expect.arrayContaining(['ExternalProvisioning', 'Provisioning', 'ProvisioningSucceeded']))
    await cluster.client.delete(claims, claimRef('plain'))
    await eventually(async () => (await getVolume(name)) === null && !existsSync(path))
  })

  it('keeps a claim that a pod uses until the pod is gone', async () => {
    await createClaim('used')
    await createPod(cluster.client, withClaim('used', 'sleep 100'), 'user')
    await untilPod(cluster.client, 'user', phaseIs('Running'))
    await cluster.client.delete(claims, claimRef('used'))
    const going = await getClaim('used')
    expect(going.metadata).toMatchObject({
      deletionTimestamp: expect.any(String),
      finalizers: ['kubernetes.io/pvc-protection'],
    })
    await createPod(cluster.client, withClaim('used', 'true'), 'late')
    await waitMessage('late', '0/1 nodes are available: persistentvolumeclaim "used" is being deleted. not found')
    await cluster.client.delete(pods, { namespace: 'default', name: 'user' }, { gracePeriodSeconds: 0 })
    await eventually(async () => (await cluster.client.find(claims, claimRef('used'))) === null)
    await waitMessage('late', '0/1 nodes are available: persistentvolumeclaim "used" not found. not found')
  })

  it('says why a pod waits, and starts it when its claim comes', async () => {
    await createPod(cluster.client, withClaim('later', 'ls /data'), 'early')
    await waitMessage('early', '0/1 nodes are available: persistentvolumeclaim "later" not found. not found')
    await createClaim('later', { storageClassName: 'unheard-of' })
    await waitMessage('early', '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found')
    await eventually(async () =>
      (await eventsOf(cluster.client, 'later')).some(
        (each) => each.message === 'storageclass.storage.k8s.io "unheard-of" not found',
      ),
    )
    await createClass('unheard-of', {})
    await untilPod(cluster.client, 'early', phaseIs('Succeeded'))
  })

  it('waits for the first pod where the class says so', async () => {
    await createClass('patient', { volumeBindingMode: 'WaitForFirstConsumer', reclaimPolicy: 'Retain' })
    await createClaim('patient', { storageClassName: 'patient' })
    await eventually(async () =>
      (await eventsOf(cluster.client, 'patient')).some((each) => each.reason === 'WaitForFirstConsumer'),
    )
    expect((await getClaim('patient')).status?.phase).toBe('Pending')
    await createPod(cluster.client, withClaim('patient', 'echo x > /data/x'), 'first')
    await untilPod(cluster.client, 'first', phaseIs('Succeeded'))
    const { volumeName = '' } = (await untilBound('patient')).spec
    await cluster.client.delete(pods, { namespace: 'default', name: 'first' })
    await cluster.client.delete(claims, claimRef('patient'))
    const released = await eventually(async () => {
      const volume = await getVolume(volumeName)
      return volume?.status?.phase === 'Released' ? volume : false
    })
    expect(await readFile(join(released.spec.hostPath?.path ?? '', 'x'), 'utf8')).toBe('x\n')
    await cluster.client.delete(volumes, { name: volumeName })
    await eventually(async () => (await getVolume(volumeName)) === null)
  })

  it('binds a claim to the smallest volume that fits, and grows a claim of a class that allows it', async () => {
    const volume = (name: string, storage: string) =>
      cluster.client.create<PersistentVolume>(volumes, {
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: { name },
        spec: {
          capacity: { storage },
          accessModes: ['ReadWriteOnce'],
          storageClassName: 'by-hand',
          hostPath: { path: join(cluster.stateFolder, name) },
        },
      })
    for (const [name, storage] of [
      ['tiny', '1Mi'],
      ['large', '9Gi'],
      ['fitting', '2Gi'],
    ] as const)
      await volume(name, storage)
    await eventually(async () => (await getVolume('fitting'))?.status?.phase === 'Available')
    await createClaim('by-hand', { storageClassName: 'by-hand' })
    const claim = await untilBound('by-hand')
    expect([claim.spec.volumeName, claim.status?.capacity]).toEqual(['fitting', { storage: '2Gi' }])
    const grow = (name: string, storage: string) =>
      cluster.client.patch<Claim>(claims, claimRef(name), { spec: { resources: { requests: { storage } } } })
    await expect(grow('by-hand', '3Gi')).rejects.toThrow(/only dynamically provisioned pvc can be resized/)
    await createClaim('growing')
    await untilBound('growing')
    await grow('growing', '3Gi')
    const grown = await eventually(async () => {
      const now = await getClaim('growing')
      return now.status?.capacity?.storage === '3Gi' ? now : false
    })
    expect((await getVolume(grown.spec.volumeName ?? ''))?.spec.capacity).toEqual({ storage: '3Gi' })
    await expect(grow('growing', '2Gi')).rejects.toThrow(/field can not be less than status.capacity/)
  })
})
