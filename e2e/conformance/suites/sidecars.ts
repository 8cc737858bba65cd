/** Init containers that go on (KEP-753), and containers with a restart policy of their own. */
import { eventually } from '@keelson/testing'
import { describe, expect, test } from 'vitest'
import type { Json } from '../cluster.ts'
import { conditionOf, type LiveSubject, Workspace } from '../workload.ts'

const pods = 'v1 pods'
const statusOf = (pod: Json, name: string): Json =>
  [...(pod.status.initContainerStatuses ?? []), ...(pod.status.containerStatuses ?? [])].find(
    (each: Json) => each.name === name,
  )
const phaseIs = (phase: string) => (pod: Json) => pod.status.phase === phase

export function sidecarSuite(subject: LiveSubject): void {
  describe('sidecars', () => {
    const space = new Workspace(subject)
    const container = (name: string, script: string, more: Json = {}) => ({
      name,
      image: subject.image,
      command: ['sh', '-c', script],
      volumeMounts: [{ name: 'w', mountPath: '/w' }],
      ...more,
    })
    const sidecar = (name: string, script: string, more: Json = {}) =>
      container(name, script, { restartPolicy: 'Always', ...more })
    /** Says by the file that it hears the signal. */
    const forever = (onEnd: string, file = '/dev/null') =>
      `trap '${onEnd}; exit 7' TERM; touch ${file}; while true; do sleep 0.1; done`
    const run = (name: string, initContainers: Json[], containers: Json[], spec: Json = {}) =>
      space.create(pods, name, {
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 20,
          volumes: [{ name: 'w', emptyDir: {} }],
          initContainers,
          containers,
          ...spec,
        },
      })
    const columns = async (name: string) => (await space.kubectl('get', 'pod', name, '--no-headers')).stdout.split(/ +/)

    test('start in order, wait to be up, and end in reverse after the others', async () => {
      await run(
        'order',
        [
          container('i0', 'echo i0 >> /w/order'),
          sidecar(
            's1',
            `echo s1 >> /w/order; until test -e /w/go; do sleep 0.1; done; touch /w/up; ${forever('cat /w/order')}`,
            {
              startupProbe: { exec: { command: ['test', '-e', '/w/up'] }, periodSeconds: 1, failureThreshold: 60 },
            },
          ),
          container('i2', 'echo i2 >> /w/order'),
          sidecar('s3', `echo s3 >> /w/order; ${forever('sleep 0.5; echo s3 ends >> /w/order')}`),
        ],
        [
          container(
            'main',
            'echo main >> /w/order; until test -e /w/end; do sleep 0.1; done; echo main ends >> /w/order',
          ),
        ],
      )
      const starting = await space.until(pods, 'order', (pod) => statusOf(pod, 's1')?.state.running !== undefined)
      expect(statusOf(starting, 's1')).toMatchObject({ started: false, ready: false })
      expect(statusOf(starting, 'i2').state).toEqual({ waiting: { reason: 'PodInitializing' } })
      expect(statusOf(starting, 'main').state).toEqual({ waiting: { reason: 'PodInitializing' } })
      expect((await columns('order')).slice(1, 3)).toEqual(['0/3', 'Init:1/4'])
      expect(conditionOf(starting, 'Initialized').message).toBe('containers with incomplete status: [s1 i2 s3]')
      await space.kubectl('exec', 'order', '-c', 's1', '--', 'touch', '/w/go')
      const running = await space.until(pods, 'order', (pod) => conditionOf(pod, 'Ready')?.status === 'True')
      expect(['s1', 's3', 'main'].map((name) => statusOf(running, name).started)).toEqual([true, true, true])
      expect((await columns('order')).slice(1, 3)).toEqual(['3/3', 'Running'])
      await space.kubectl('exec', 'order', '-c', 'main', '--', 'touch', '/w/end')
      const over = await space.until(pods, 'order', phaseIs('Succeeded'))
      const order = (await space.kubectl('logs', 'order', '-c', 's1')).stdout
      expect(order.split('\n').filter((line) => line !== '')).toEqual([
        'i0',
        's1',
        'i2',
        's3',
        'main',
        'main ends',
        's3 ends',
      ])
      expect(statusOf(over, 's1')).toMatchObject({
        ready: false,
        started: false,
        restartCount: 0,
        state: { terminated: { exitCode: 7, reason: 'Error' } },
      })
      expect(conditionOf(over, 'Initialized')).toMatchObject({ status: 'True', reason: 'PodCompleted' })
      expect((await columns('order')).slice(1, 3)).toEqual(['0/3', 'Completed'])
    })

    test('are restarted whatever the pod’s policy, and their failures are not the pod’s', async () => {
      await run(
        'failing',
        [sidecar('s', 'sleep 0.5; exit 1')],
        [container('main', 'until test -e /w/end; do sleep 0.1; done')],
      )
      const again = await space.until(
        pods,
        'failing',
        (pod) => statusOf(pod, 's')?.state.waiting?.reason === 'CrashLoopBackOff',
      )
      expect([again.status.phase, statusOf(again, 's').lastState.terminated.exitCode]).toEqual(['Running', 1])
      expect(conditionOf(again, 'Ready')).toMatchObject({
        status: 'False',
        reason: 'ContainersNotReady',
        message: 'containers with unready status: [s]',
      })
      expect(conditionOf(again, 'Initialized').status).toBe('True')
      const seen = async () => (await columns('failing')).slice(1, 3)
      await eventually(async () => expect(await seen()).toEqual(['1/2', 'Init:CrashLoopBackOff']), {
        timeoutMs: 40_000,
      })
      await space.kubectl('exec', 'failing', '-c', 'main', '--', 'touch', '/w/end')
      await space.until(pods, 'failing', phaseIs('Succeeded'))
    })

    test('end with an init container that fails, and the pod is Failed', async () => {
      await run(
        'init-fails',
        [sidecar('s', forever('true', '/w/s')), container('i', 'until test -e /w/s; do sleep 0.1; done; exit 3')],
        [container('main', 'true')],
      )
      const pod = await space.until(pods, 'init-fails', phaseIs('Failed'))
      expect(statusOf(pod, 's').state.terminated.exitCode).toBe(7)
      expect(statusOf(pod, 'i').state.terminated.exitCode).toBe(3)
      expect(conditionOf(pod, 'Initialized')).toMatchObject({
        status: 'False',
        message: 'containers with incomplete status: [s i]',
      })
      expect((await columns('init-fails')).slice(1, 3)).toEqual(['0/2', 'Init:Error'])
    })

    test('do not keep a Job from its end', async () => {
      const spec = {
        terminationGracePeriodSeconds: 20,
        restartPolicy: 'Never',
        volumes: [{ name: 'w', emptyDir: {} }],
        initContainers: [sidecar('s', forever('true'))],
        containers: [container('main', 'true')],
      }
      await space.create('batch/v1 jobs', 'done', { spec: { template: { spec }, backoffLimit: 0 } })
      const job = await space.until('batch/v1 jobs', 'done', (each) => conditionOf(each, 'Complete') !== undefined)
      expect(job.status.succeeded).toBe(1)
      expect(job.status.failed).toBeUndefined()
    })

    test('a container’s own policy and rules come before its pod’s', async () => {
      const once = 'test -e /w/once && exit 0; touch /w/once; exit 42'
      const rule = { action: 'Restart', exitCodes: { operator: 'In', values: [42] } }
      await run('rules', [], [container('main', once, { restartPolicy: 'Never', restartPolicyRules: [rule] })])
      const pod = await space.until(pods, 'rules', phaseIs('Succeeded'))
      expect(statusOf(pod, 'main')).toMatchObject({ restartCount: 1, state: { terminated: { exitCode: 0 } } })
      await run('own', [], [container('main', 'exit 5', { restartPolicy: 'Never' })], { restartPolicy: 'Always' })
      await space.until(pods, 'own', phaseIs('Failed'))
    })
  })
}
