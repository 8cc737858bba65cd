import { eventually } from '@keelson/testing'
import { describe, expect, test } from 'vitest'
import type { Json } from '../cluster.ts'
import { conditionOf, type LiveSubject, Workspace } from '../workload.ts'

const kind = 'apps/v1 deployments'
const revisionKey = 'deployment.kubernetes.io/revision'

export function rolloutSuite(subject: LiveSubject): void {
  describe('rollouts', () => {
    const space = new Workspace(subject)
    const deploy = (name: string, replicas: number, script: string, spec: Json = {}) =>
      space.create(kind, name, {
        spec: {
          replicas,
          selector: { matchLabels: { app: name } },
          template: space.template({ app: name }, script),
          ...spec,
        },
      })
    const sets = async (name: string) =>
      (await space.list('apps/v1 replicasets', `app=${name}`)).sort((a, b) => revision(a) - revision(b))
    const revision = (object: Json) => Number(object.metadata.annotations[revisionKey])
    const script = (text: string) => ({
      spec: {
        template: { spec: { containers: [{ name: 'main', image: subject.image, command: ['sh', '-c', text] }] } },
      },
    })
    const done = (name: string) => space.kubectl('rollout', 'status', `deployment/${name}`, '--timeout=40s')

    test('restart, history, undo: revisions as the real controller counts them', async () => {
      await deploy('app', 2, 'sleep 1000')
      expect((await done('app')).stdout).toContain('successfully rolled out')
      await space.kubectl('annotate', 'deployment/app', 'kubernetes.io/change-cause=first')
      await space.patch(kind, 'app', script('sleep 2000'))
      await space.kubectl('annotate', '--overwrite', 'deployment/app', 'kubernetes.io/change-cause=second')
      expect((await done('app')).code).toBe(0)
      expect((await sets('app')).map((set) => [revision(set), set.spec.replicas])).toEqual([
        [1, 0],
        [2, 2],
      ])
      const undo = await space.kubectl('rollout', 'undo', 'deployment/app')
      expect(undo.stdout).toContain('deployment.apps/app rolled back')
      expect((await done('app')).code).toBe(0)
      const [second, first] = await sets('app')
      expect([revision(second), revision(first)]).toEqual([2, 3])
      expect(first.metadata.annotations).toMatchObject({
        'deployment.kubernetes.io/revision-history': '1',
        'deployment.kubernetes.io/desired-replicas': '2',
        'deployment.kubernetes.io/max-replicas': '3',
      })
      expect((await space.get(kind, 'app')).metadata.annotations[revisionKey]).toBe('3')
      const history = await space.kubectl('rollout', 'history', 'deployment/app')
      expect(history.stdout).toMatch(/REVISION +CHANGE-CAUSE\n2 +.+\n3 +.+/)
      await space.remove(kind, 'app')
    })

    test('paused: changes wait, sizes do not', async () => {
      await deploy('held', 1, 'sleep 1000')
      expect((await done('held')).code).toBe(0)
      await space.kubectl('rollout', 'pause', 'deployment/held')
      await space.patch(kind, 'held', script('sleep 3000'))
      await space.kubectl('scale', 'deployment/held', '--replicas=2')
      const scaled = await space.until(kind, 'held', (object) => object.status.availableReplicas === 2)
      expect([(await sets('held')).length, scaled.status.updatedReplicas]).toEqual([1, undefined])
      expect(conditionOf(scaled, 'Progressing')).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' })
      await space.kubectl('rollout', 'resume', 'deployment/held')
      expect((await done('held')).stdout).toContain('successfully rolled out')
      expect((await sets('held')).map((set) => set.spec.replicas)).toEqual([0, 2])
      await space.remove(kind, 'held')
    })

    test('a stuck rollout passes its deadline, and a scaling in the middle is shared', async () => {
      await deploy('stuck', 4, 'sleep 1000', {
        strategy: { rollingUpdate: { maxSurge: 2, maxUnavailable: 0 } },
      })
      expect((await done('stuck')).code).toBe(0)
      await space.patch(kind, 'stuck', {
        spec: {
          progressDeadlineSeconds: 2,
          template: {
            spec: {
              containers: [
                {
                  name: 'main',
                  image: subject.image,
                  command: ['sh', '-c', 'sleep 1000'],
                  readinessProbe: { exec: { command: ['false'] } },
                },
              ],
            },
          },
        },
      })
      const late = await space.until(
        kind,
        'stuck',
        (object) => conditionOf(object, 'Progressing')?.reason === 'ProgressDeadlineExceeded',
      )
      const [, fresh] = await sets('stuck')
      expect(conditionOf(late, 'Progressing')).toMatchObject({
        status: 'False',
        message: `ReplicaSet "${fresh.metadata.name}" has timed out progressing.`,
      })
      const status = await space.kubectl('rollout', 'status', 'deployment/stuck')
      expect([status.code, status.stderr]).toEqual([1, expect.stringContaining('exceeded its progress deadline')])
      await space.kubectl('scale', 'deployment/stuck', '--replicas=10')
      await eventually(async () => (await sets('stuck')).map((set) => set.spec.replicas).join() === '8,4', {
        timeoutMs: 20_000,
      })
      await space.remove(kind, 'stuck')
    })

    test('kubectl autoscale makes an autoscaler that finds its target', async () => {
      await deploy('scaled', 1, 'sleep 1000')
      const made = await space.kubectl('autoscale', 'deployment/scaled', '--min=1', '--max=3', '--cpu-percent=80')
      expect(made.stderr + made.stdout).toContain('horizontalpodautoscaler.autoscaling/scaled autoscaled')
      const found = await space.until(
        'autoscaling/v2 horizontalpodautoscalers',
        'scaled',
        (object) => conditionOf(object, 'AbleToScale') !== undefined,
      )
      expect(conditionOf(found, 'AbleToScale')).toMatchObject({ status: 'True', reason: 'SucceededGetScale' })
      expect([found.spec.minReplicas, found.spec.maxReplicas, found.spec.metrics[0].resource.name]).toEqual([
        1,
        3,
        'cpu',
      ])
      await space.remove(kind, 'scaled')
    })

    test('cordon keeps new pods away, drain evicts what can be evicted', async () => {
      const [node] = (await subject.cluster().get('/api/v1/nodes')).body.items
      const { name } = node.metadata
      await deploy('drained', 1, 'sleep 1000')
      expect((await done('drained')).code).toBe(0)
      try {
        const drain = await subject
          .cluster()
          .kubectl([
            'drain',
            name,
            '--ignore-daemonsets',
            '--force',
            '--delete-emptydir-data',
            '--pod-selector=app=drained',
            '--timeout=30s',
          ])
        expect([drain.code, drain.stdout]).toEqual([0, expect.stringContaining(`node/${name} drained`)])
        const pending = await eventually(
          async () => {
            const [pod] = await space.list('v1 pods', 'app=drained')
            const scheduled = pod && conditionOf(pod, 'PodScheduled')
            return scheduled?.status === 'False' ? scheduled : false
          },
          { timeoutMs: 30_000 },
        )
        expect(pending.message).toMatch(/^0\/1 nodes are available: 1 node\(s\) were unschedulable\./)
      } finally {
        await subject.cluster().kubectl(['uncordon', name])
      }
      await space.until(kind, 'drained', (object) => object.status.availableReplicas === 1)
      await space.remove(kind, 'drained')
    })
  })
}
