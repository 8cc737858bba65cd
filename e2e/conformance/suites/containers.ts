/** What a container is given and what becomes of it: hooks, messages, variables, volumes, names, probes, deadlines. */
import { eventually } from '@keelson/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../cluster.ts'
import { type LiveSubject, Workspace } from '../workload.ts'

const pods = 'v1 pods'
const deaf = 'trap "" TERM; while true; do sleep 0.1; done'
const statusOf = (pod: Json, name = 'main'): Json =>
  pod.status.containerStatuses?.find((each: Json) => each.name === name)
const phaseIs = (phase: string) => (pod: Json) => pod.status.phase === phase

export function containerSuite(subject: LiveSubject): void {
  describe('containers', () => {
    const space = new Workspace(subject)
    const container = (script: string, more: Json = {}) => ({
      name: 'main',
      image: subject.image,
      command: ['sh', '-c', script],
      ...more,
    })
    const run = (name: string, containers: Json[], spec: Json = {}) =>
      space.create(pods, name, {
        spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, containers, ...spec },
      })
    const log = async (name: string, ...words: string[]) => (await space.kubectl('logs', name, ...words)).stdout
    const untilEvent = (name: string, reason: string, message: RegExp) =>
      eventually(
        async () => (await space.events(name)).some((event) => event.reason === reason && message.test(event.message)),
        { timeoutMs: 30_000 },
      )

    beforeAll(async () => {
      await space.create('v1 configmaps', 'settings', { data: { A: '1', FILE: 'text', 'with.dot': '2' } })
      await space.create('v1 secrets', 'keys', { stringData: { KEY: 's3cret' } })
    })

    test('variables from objects, with a prefix, optional ones, the own last', async () => {
      await run('variables', [
        container('echo "$A $P_A $P_FILE $S_KEY $POD [$NONE]"', {
          envFrom: [
            { configMapRef: { name: 'settings' } },
            { prefix: 'P_', configMapRef: { name: 'settings' } },
            { prefix: 'S_', secretRef: { name: 'keys' } },
            { secretRef: { name: 'not-there', optional: true } },
          ],
          env: [
            { name: 'A', value: 'own' },
            { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            { name: 'NONE', valueFrom: { configMapKeyRef: { name: 'not-there', key: 'x', optional: true } } },
          ],
        }),
      ])
      await space.until(pods, 'variables', phaseIs('Succeeded'))
      expect(await log('variables')).toBe('own 1 text s3cret variables []\n')
    })

    test('volumes: modes, chosen keys, parts of a volume, optional ones', async () => {
      await run(
        'volumes',
        [
          container('stat -Lc %a:%n /c/d/a /c/f /s/KEY; ls /o; touch /w/x; ls /all/volumes/sub /all/fixed; cat /one', {
            env: [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
            volumeMounts: [
              { name: 'v', mountPath: '/w', subPathExpr: '$(POD)/sub' },
              { name: 'v', mountPath: '/fixed', subPath: 'fixed' },
              { name: 'v', mountPath: '/all' },
              { name: 'c', mountPath: '/c' },
              { name: 'c', mountPath: '/one', subPath: 'f' },
              { name: 's', mountPath: '/s' },
              { name: 'o', mountPath: '/o' },
            ],
          }),
        ],
        {
          volumes: [
            { name: 'v', emptyDir: {} },
            {
              name: 'c',
              configMap: {
                name: 'settings',
                defaultMode: 0o400,
                items: [
                  { key: 'A', path: 'd/a' },
                  { key: 'FILE', path: 'f', mode: 0o444 },
                ],
              },
            },
            { name: 's', projected: { defaultMode: 0o440, sources: [{ secret: { name: 'keys' } }] } },
            { name: 'o', configMap: { name: 'not-there', optional: true } },
          ],
        },
      )
      await space.until(pods, 'volumes', phaseIs('Succeeded'))
      expect(await log('volumes')).toBe('400:/c/d/a\n444:/c/f\n440:/s/KEY\n/all/fixed:\n\n/all/volumes/sub:\nx\ntext')
    })

    test('a log is followed for who writes True, as Python’s clients do', async () => {
      await run('followed', [container('echo one; sleep 1; echo two')])
      await space.until(pods, 'followed', phaseIs('Running'))
      const { body } = await subject.cluster().get(`${space.path(pods, 'followed')}/log?follow=True`)
      expect(body).toBe('one\ntwo\n')
    })

    test('names of hosts, and where names are asked for', async () => {
      await run('names', [container('cat /etc/hosts; echo; cat /etc/resolv.conf')], {
        hostAliases: [
          { ip: '10.1.2.3', hostnames: ['a.example', 'b'] },
          { ip: '10.1.2.4', hostnames: ['c'] },
        ],
        dnsPolicy: 'None',
        dnsConfig: {
          nameservers: ['10.9.9.9'],
          searches: ['x.example', 'y.example'],
          options: [{ name: 'ndots', value: '3' }],
        },
      })
      await space.until(pods, 'names', phaseIs('Succeeded'))
      const text = await log('names')
      expect(text).toContain('# Entries added by HostAliases.\n10.1.2.3\ta.example\tb\n10.1.2.4\tc\n')
      expect(text.endsWith('search x.example y.example\nnameserver 10.9.9.9\noptions ndots:3\n')).toBe(true)
    })

    test('what a container says of its end: a file of its own, or the end of its log', async () => {
      const fallback = { terminationMessagePolicy: 'FallbackToLogsOnError' }
      await run('messages', [
        container('echo one; echo two; exit 3', fallback),
        container('echo one', { ...fallback, name: 'well' }),
        container('echo said > /tmp/said', { name: 'file', terminationMessagePath: '/tmp/said' }),
      ])
      const pod = await space.until(pods, 'messages', phaseIs('Failed'))
      const said = (name?: string) => statusOf(pod, name).state.terminated.message
      expect([said(), said('well'), said('file')]).toEqual(['one\ntwo\n', undefined, 'said\n'])
    })

    test('hooks: after the start, before the end, and what becomes of one that fails', async () => {
      const volume = { volumeMounts: [{ name: 'w', mountPath: '/w' }] }
      const shell = (script: string) => ({ exec: { command: ['sh', '-c', script] } })
      await run(
        'hooks',
        [
          container('trap "echo TERM after $(cat /w/pre) >> /w/order; exit 0" TERM; while true; do sleep 0.1; done', {
            ...volume,
            lifecycle: { postStart: shell('echo post >> /w/order'), preStop: { sleep: { seconds: 1 } } },
          }),
          container('sleep 1000', {
            ...volume,
            name: 'hooked',
            lifecycle: { preStop: shell('echo pre >> /w/order; touch /w/stopped; sleep 0.5') },
          }),
          container(
            'trap "" TERM; touch /w/up; until test -e /w/stopped; do sleep 0.1; done; cat /w/order; sleep 1000',
            {
              readinessProbe: { exec: { command: ['test', '-e', '/w/up'] }, periodSeconds: 1 },
              ...volume,
              name: 'witness',
            },
          ),
        ],
        { volumes: [{ name: 'w', emptyDir: {} }], terminationGracePeriodSeconds: 8 },
      )
      await space.until(
        pods,
        'hooks',
        (pod) => pod.status.containerStatuses?.every((each: Json) => each.ready) ?? false,
      )
      await space.remove(pods, 'hooks')
      await eventually(async () => expect(await log('hooks', '-c', 'witness')).toBe('post\npre\n'), {
        timeoutMs: 20_000,
      })
      await space.remove(pods, 'hooks', { gracePeriodSeconds: 0 })

      await run('bad-hook', [container('sleep 1000', { lifecycle: { postStart: shell('exit 3') } })])
      await space.until(pods, 'bad-hook', phaseIs('Failed'))
      await untilEvent('bad-hook', 'FailedPostStartHook', /^PostStartHook failed/)
      await untilEvent('bad-hook', 'Killing', /^FailedPostStartHook$/)
    })

    test('a probe that fails has a grace period of its own', async () => {
      // Fails only when the container is deaf by now.
      const failing = (name: string) => ({
        exec: { command: ['sh', '-c', `until test -e /w/${name}; do sleep 0.1; done; false`] },
        periodSeconds: 1,
        timeoutSeconds: 20,
        failureThreshold: 1,
        terminationGracePeriodSeconds: 1,
      })
      const deafOnes = (name: string, more: Json) =>
        container(`trap "" TERM; touch /w/${name}; while true; do sleep 0.1; done`, {
          name,
          volumeMounts: [{ name: 'w', mountPath: '/w' }],
          ...more,
        })
      await run(
        'probes',
        [deafOnes('main', { livenessProbe: failing('main') }), deafOnes('slow', { startupProbe: failing('slow') })],
        { restartPolicy: 'Always', terminationGracePeriodSeconds: 600, volumes: [{ name: 'w', emptyDir: {} }] },
      )
      const pod = await space.until(
        pods,
        'probes',
        (each) => statusOf(each)?.restartCount > 0 && statusOf(each, 'slow')?.restartCount > 0,
      )
      for (const name of ['main', 'slow'])
        expect(statusOf(pod, name).lastState.terminated).toMatchObject({ exitCode: 137, reason: 'Error' })
      await untilEvent('probes', 'Unhealthy', /^Startup probe failed: /)
      await untilEvent('probes', 'Killing', /^Container main failed liveness probe, will be restarted$/)
      await untilEvent('probes', 'Killing', /^Container slow failed startup probe, will be restarted$/)
      await space.remove(pods, 'probes', { gracePeriodSeconds: 0 })
    })

    test('a gRPC probe without a server says so', async () => {
      await run('grpc', [container('sleep 1000', { readinessProbe: { grpc: { port: 1 }, periodSeconds: 1 } })])
      await untilEvent(
        'grpc',
        'Unhealthy',
        /^Readiness probe failed: timeout: failed to connect service ".*:1" within 1s: context deadline exceeded$/,
      )
      await space.remove(pods, 'grpc', { gracePeriodSeconds: 0 })
    })

    test('a pod ends at its deadline, also one that will not hear of it', async () => {
      await run('deadline', [container(deaf)], { activeDeadlineSeconds: 1, restartPolicy: 'Always' })
      const pod = await space.until(pods, 'deadline', phaseIs('Failed'))
      expect([pod.status.reason, pod.status.message]).toEqual([
        'DeadlineExceeded',
        'Pod was active on the node longer than the specified deadline',
      ])
    })

    test('a WebSocket that is asked for by POST is refused in plain words', async () => {
      await run('asked', [container('sleep 1000')])
      await space.until(pods, 'asked', phaseIs('Running'))
      const ask = async (verb: string, protocol: string) => {
        const headers = {
          Accept: '*/*',
          Connection: 'Upgrade',
          Upgrade: 'websocket',
          'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
          'Sec-WebSocket-Protocol': protocol,
        }
        const { status, body } = await subject
          .cluster()
          .call('POST', `${space.path(pods, 'asked')}/${verb}`, { headers })
        return [status, body]
      }
      const channels = 'v4.channel.k8s.io'
      expect(await ask('exec?command=id&stdout=true', channels)).toEqual([405, 'bad method'])
      expect(await ask('attach?stdout=true', channels)).toEqual([405, 'bad method'])
      expect(await ask('portforward?ports=80', channels)).toEqual([405, 'bad method'])
      expect(await ask('portforward', 'SPDY/3.1+portforward.k8s.io')).toEqual([405, 'Method Not Allowed\n'])
      await space.remove(pods, 'asked')
    })

    test('an image that must not be pulled and is not there', async () => {
      await run('never', [container('true', { image: 'nobody/has:1', imagePullPolicy: 'Never' })])
      const pod = await space.until(
        pods,
        'never',
        (each) => statusOf(each)?.state.waiting?.reason === 'ErrImageNeverPull',
      )
      const message = 'Container image "nobody/has:1" is not present with pull policy of Never'
      expect(statusOf(pod).state.waiting.message).toBe(message)
      await untilEvent('never', 'ErrImageNeverPull', /is not present with pull policy of Never$/)
    })
  })
}
