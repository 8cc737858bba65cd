import { eventually } from '@keelson/testing'
import { describe, expect, test } from 'vitest'
import type { Json } from '../cluster.ts'
import { type LiveSubject, Workspace } from '../workload.ts'

const sets = 'apps/v1 statefulsets'
const pods = 'v1 pods'
const sleep = 'sleep 1000'

export function statefulSuite(subject: LiveSubject): void {
  describe('sets with an order', () => {
    const space = new Workspace(subject)
    const set = (name: string, replicas: number, spec: Json = {}) =>
      space.create(sets, name, {
        spec: {
          replicas,
          serviceName: 'svc',
          selector: { matchLabels: { set: name } },
          template: space.template({ set: name }, sleep),
          ...spec,
        },
      })
    const podNames = async (name: string) =>
      (await space.list(pods, `set=${name}`)).map((pod) => pod.metadata.name).sort()
    const ready = (count: number) => (object: Json) =>
      object.status.readyReplicas === count && object.status.replicas === count

    test('StatefulSet: one after the other, with names, labels and history; scaled and rolled in order', async () => {
      await set('web', 2)
      const full = await space.until(sets, 'web', ready(2))
      expect(await podNames('web')).toEqual(['web-0', 'web-1'])
      const [first, second] = await Promise.all([space.get(pods, 'web-0'), space.get(pods, 'web-1')])
      expect(first.metadata.labels).toMatchObject({
        set: 'web',
        'statefulset.kubernetes.io/pod-name': 'web-0',
        'apps.kubernetes.io/pod-index': '0',
        'controller-revision-hash': full.status.currentRevision,
      })
      expect(first.spec).toMatchObject({ hostname: 'web-0', subdomain: 'svc' })
      const readyAt = first.status.conditions.find((each: Json) => each.type === 'Ready').lastTransitionTime
      expect(Date.parse(second.metadata.creationTimestamp)).toBeGreaterThanOrEqual(Date.parse(readyAt))
      const restart = await space.kubectl('rollout', 'restart', 'statefulset/web')
      expect(restart.stdout).toContain('statefulset.apps/web restarted')
      const status = await space.kubectl('rollout', 'status', 'statefulset/web', '--timeout=30s')
      expect([status.code, status.stdout]).toEqual([0, expect.stringMatching(/roll out complete: 2 new pods/)])
      const rolled = await space.get(sets, 'web')
      expect(rolled.status.currentRevision).toBe(rolled.status.updateRevision)
      expect(rolled.status.currentRevision).not.toBe(full.status.currentRevision)
      expect((await space.list('apps/v1 controllerrevisions', 'set=web')).map((each) => each.revision).sort()).toEqual([
        1, 2,
      ])
      const undo = await space.kubectl('rollout', 'undo', 'statefulset/web')
      expect(undo.stderr + undo.stdout).toContain('rolled back')
      await space.until(sets, 'web', (object) => object.status.currentRevision === full.status.currentRevision)
      await space.kubectl('scale', 'statefulset/web', '--replicas=1')
      await eventually(async () => (await podNames('web')).join() === 'web-0', { timeoutMs: 30_000 })
      await space.remove(sets, 'web')
      await space.untilGone(pods, 'web-0')
    })

    test('StatefulSet: a partition keeps the lower ones, OnDelete keeps all', async () => {
      await set('part', 2, {
        podManagementPolicy: 'Parallel',
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } },
      })
      await space.until(sets, 'part', ready(2))
      const change = (name: string, value: string) =>
        space.patch(sets, name, { spec: { template: { metadata: { annotations: { value } } } } })
      await change('part', 'new')
      const half = await space.until(
        sets,
        'part',
        (object) => object.status.updatedReplicas === 1 && ready(2)(object) && object.status.observedGeneration === 2,
      )
      expect(half.status.currentReplicas).toBe(1)
      const revision = async (name: string) => (await space.get(pods, name)).metadata.labels['controller-revision-hash']
      expect(await Promise.all(['part-0', 'part-1'].map(revision))).toEqual([
        half.status.currentRevision,
        half.status.updateRevision,
      ])
      await space.patch(sets, 'part', { spec: { updateStrategy: { type: 'OnDelete', rollingUpdate: null } } })
      await change('part', 'newest')
      const told = await space.until(sets, 'part', (object) => object.status.observedGeneration === 4)
      expect(await revision('part-1')).not.toBe(told.status.updateRevision)
      await space.remove(pods, 'part-1')
      await eventually(
        async () => {
          const pod = await space.get(pods, 'part-1')
          return pod?.metadata.labels['controller-revision-hash'] === told.status.updateRevision
        },
        { timeoutMs: 30_000 },
      )
      await space.remove(sets, 'part')
    })

    test('StatefulSet: claims by ordinal, kept or deleted as the policy says', async () => {
      const claim = (ordinal: number) => space.get('v1 persistentvolumeclaims', `data-kept-${ordinal}`)
      await set('kept', 2, {
        podManagementPolicy: 'Parallel',
        persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Retain' },
        volumeClaimTemplates: [
          {
            metadata: { name: 'data' },
            spec: {
              accessModes: ['ReadWriteOnce'],
              resources: { requests: { storage: '1Mi' } },
              storageClassName: 'conf-none',
            },
          },
        ],
      })
      await eventually(async () => (await claim(1)) !== null, { timeoutMs: 30_000 })
      expect((await claim(0)).metadata.labels).toEqual({ set: 'kept' })
      expect((await space.get(pods, 'kept-1'))?.spec.volumes[0]).toEqual({
        name: 'data',
        persistentVolumeClaim: { claimName: 'data-kept-1' },
      })
      await space.patch(sets, 'kept', { spec: { replicas: 1 } })
      await space.untilGone('v1 persistentvolumeclaims', 'data-kept-1')
      await space.remove(sets, 'kept')
      await space.untilGone(pods, 'kept-0')
      expect((await claim(0)).metadata.ownerReferences).toBeUndefined()
    })

    test('DaemonSet: one pod on each node, rolled when the template changes', async () => {
      const kind = 'apps/v1 daemonsets'
      await space.create(kind, 'agent', {
        spec: { selector: { matchLabels: { set: 'agent' } }, template: space.template({ set: 'agent' }, sleep) },
      })
      const all = await space.until(kind, 'agent', (object) => object.status.numberAvailable > 0)
      expect(all.status).toMatchObject({ desiredNumberScheduled: 1, updatedNumberScheduled: 1, numberMisscheduled: 0 })
      const [pod] = await space.list(pods, 'set=agent')
      expect(pod.spec.tolerations.map((each: Json) => each.key)).toContain('node.kubernetes.io/unschedulable')
      expect(pod.metadata.labels['pod-template-generation']).toBe('1')
      await space.kubectl('rollout', 'restart', 'daemonset/agent')
      const status = await space.kubectl('rollout', 'status', 'daemonset/agent', '--timeout=30s')
      expect([status.code, status.stdout]).toEqual([0, expect.stringContaining('successfully rolled out')])
      const [next] = await space.list(pods, 'set=agent')
      expect([next.metadata.uid === pod.metadata.uid, next.metadata.labels['pod-template-generation']]).toEqual([
        false,
        '2',
      ])
      await space.patch(kind, 'agent', { spec: { template: { spec: { nodeSelector: { no: 'no' } } } } })
      await space.until(kind, 'agent', (object) => object.status.desiredNumberScheduled === 0)
      await space.untilGone(pods, next.metadata.name)
    })
  })
}
