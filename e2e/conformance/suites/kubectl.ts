import { eventually } from '@keelson/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Subject } from '../cluster.ts'

const manifest = (replicas: number) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {tier: front}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: c, image: busybox, command: [sleep, "1"]}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {color: blue}
`

export function kubectlSuite({ cluster }: Subject): void {
  describe('kubectl', () => {
    let ns = ''
    const run = (args: string[], input?: string) => cluster().kubectl(['-n', ns, ...args], input)
    beforeAll(async () => {
      ns = await cluster().namespace()
    })

    test('apply creates, keeps, configures and prunes fields', async () => {
      expect((await run(['apply', '-f', '-'], manifest(0))).stdout).toBe(
        'deployment.apps/web created\nconfigmap/settings created\n',
      )
      expect((await run(['apply', '-f', '-'], manifest(0))).stdout).toBe(
        'deployment.apps/web unchanged\nconfigmap/settings unchanged\n',
      )
      expect((await run(['apply', '-f', '-'], manifest(0).replace('color: blue', 'shape: round'))).stdout).toBe(
        'deployment.apps/web unchanged\nconfigmap/settings configured\n',
      )
      expect((await run(['get', 'cm', 'settings', '-o', 'jsonpath={.data}'])).stdout).toBe('{"shape":"round"}')
    })

    test('apply refuses an unknown field', async () => {
      const refused = await run(['apply', '-f', '-'], manifest(0).replace('replicas:', 'replcas:'))
      expect(refused.code).toBe(1)
      expect(refused.stderr).toContain('unknown field "spec.replcas"')
    })

    test('apply --server-side twice, diff without a difference', async () => {
      const text = manifest(0).replaceAll('name: web', 'name: ssa').replace('name: settings', 'name: ssa-settings')
      expect((await run(['apply', '--server-side', '-f', '-'], text)).stdout).toBe(
        'deployment.apps/ssa serverside-applied\nconfigmap/ssa-settings serverside-applied\n',
      )
      expect((await run(['apply', '--server-side', '-f', '-'], text)).code).toBe(0)
    })

    test('dry run on the server keeps nothing', async () => {
      expect((await run(['create', 'configmap', 'ghost', '--from-literal=a=b', '--dry-run=server'])).stdout).toBe(
        'configmap/ghost created (server dry run)\n',
      )
      expect((await run(['get', 'cm', 'ghost'])).stderr).toBe(
        'Error from server (NotFound): configmaps "ghost" not found\n',
      )
    })

    test('get: table, wide, yaml, name, selector', async () => {
      expect((await run(['get', 'deploy', 'web'])).stdout).toMatch(
        /^NAME\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+AGE\nweb\s+0\/0\s+0\s+0\s+\d+s\n$/,
      )
      expect((await run(['get', 'deploy', '-l', 'tier=front', '-o', 'name'])).stdout).toContain('deployment.apps/web\n')
      expect((await run(['get', 'deploy', 'web', '-o', 'wide'])).stdout).toMatch(/busybox\s+app=web\n$/)
      expect((await run(['get', 'deploy', 'web', '-o', 'yaml'])).stdout).toContain('kind: Deployment')
    })

    test('describe names the object', async () => {
      const { stdout } = await run(['describe', 'deploy', 'web'])
      expect(stdout).toMatch(/Name:\s+web/)
      expect(stdout).toMatch(/StrategyType:\s+RollingUpdate/)
    })

    test('explain has the texts of kinds and fields', async () => {
      expect((await run(['explain', 'deployment.spec.replicas'])).stdout).toContain('Number of desired pods.')
      expect((await run(['explain', 'crd'])).stdout).toContain('CustomResourceDefinition represents a resource')
    })

    test('explain knows types and requirements', async () => {
      expect((await run(['explain', 'deployment.spec.template.spec.containers.image'])).stdout).toMatch(
        /FIELD: image <string>/,
      )
      expect((await run(['explain', 'job.spec'])).stdout).toMatch(/template\s+<PodTemplateSpec> -required-/)
      expect((await run(['explain', 'pod.spec.nope'])).stderr).toContain('field "nope" does not exist')
    })

    test('create of typed objects (sent as protobuf)', async () => {
      expect((await run(['create', 'serviceaccount', 'bot'])).stdout).toBe('serviceaccount/bot created\n')
      expect((await run(['create', 'role', 'r', '--verb=get,list', '--resource=pods'])).code).toBe(0)
      expect((await run(['create', 'rolebinding', 'rb', '--role=r', `--serviceaccount=${ns}:bot`])).code).toBe(0)
      expect((await run(['create', 'secret', 'generic', 's', '--from-literal=a=b'])).code).toBe(0)
      expect((await run(['create', 'deployment', 'd2', '--image=busybox', '--replicas=0'])).code).toBe(0)
      expect((await run(['create', 'token', 'bot'])).stdout.split('.')).toHaveLength(3)
    })

    test('auth can-i', async () => {
      expect((await run(['auth', 'can-i', 'list', 'pods', `--as=system:serviceaccount:${ns}:bot`])).stdout).toBe(
        'yes\n',
      )
      expect((await run(['auth', 'can-i', 'delete', 'pods', `--as=system:serviceaccount:${ns}:bot`])).stdout).toBe(
        'no\n',
      )
    })

    test('label, annotate, patch, scale, set image', async () => {
      expect((await run(['label', 'deploy', 'web', 'x=y'])).stdout).toBe('deployment.apps/web labeled\n')
      expect((await run(['annotate', 'deploy', 'web', 'x=y'])).stdout).toBe('deployment.apps/web annotated\n')
      expect((await run(['patch', 'deploy', 'web', '-p', '{"spec":{"paused":true}}'])).stdout).toBe(
        'deployment.apps/web patched\n',
      )
      expect((await run(['scale', 'deploy', 'web', '--replicas=0'])).stdout).toBe('deployment.apps/web scaled\n')
      expect((await run(['set', 'image', 'deploy/web', 'c=alpine'])).stdout).toBe('deployment.apps/web image updated\n')
    })

    test('wait and delete', async () => {
      expect((await run(['wait', '--for=jsonpath={.data.color}=blue', 'cm/settings', '--timeout=5s'])).stdout).toBe(
        'configmap/settings condition met\n',
      )
      expect((await run(['delete', 'cm', 'settings'])).code).toBe(0)
      expect((await run(['wait', '--for=delete', 'cm/settings', '--timeout=5s'])).code).toBe(0)
    })

    test('taint: set, refused, changed, removed', async () => {
      // Closed from the start: on a real cluster nothing may be placed on it.
      const node = `${ns}-tainted`
      await cluster().post('/api/v1/nodes', { metadata: { name: node }, spec: { unschedulable: true } })
      try {
        const taint = (...words: string[]) => run(['taint', 'node', node, ...words])
        const own = async () =>
          ((await cluster().get(`/api/v1/nodes/${node}`)).body.spec.taints ?? [])
            .filter(({ key }: { key: string }) => key === 'keelson.dev/kept')
            .map(({ value, effect }: { value?: string; effect: string }) => `${value} ${effect}`)
        expect((await taint('keelson.dev/kept=one:NoSchedule')).stdout).toBe(`node/${node} tainted\n`)
        expect(await own()).toEqual(['one NoSchedule'])
        expect((await taint('keelson.dev/kept=two:NoSchedule')).stderr).toContain('--overwrite is false')
        expect((await taint('keelson.dev/kept=two:NoSchedule', '--overwrite')).code).toBe(0)
        expect(await own()).toEqual(['two NoSchedule'])
        expect((await taint('keelson.dev/kept=two:Sometimes')).stderr).toContain('invalid taint effect: Sometimes')
        expect((await taint('keelson.dev/kept-')).stdout).toBe(`node/${node} untainted\n`)
        expect(await own()).toEqual([])
      } finally {
        await cluster().del(`/api/v1/nodes/${node}`)
      }
    })

    test('proxy: reads and writes as oneself, and streams of pods are refused by it', async () => {
      const proxy = cluster().startKubectl(['proxy', '--port=0'])
      try {
        const address = await eventually(async () => /127\.0\.0\.1:\d+/.exec(proxy.output())?.[0] ?? false)
        const ask = async (path: string, init?: RequestInit) => {
          const answer = await fetch(`http://${address}/api/v1/namespaces/${ns}/${path}`, init)
          return { status: answer.status, text: await answer.text() }
        }
        const body = JSON.stringify({ metadata: { name: 'proxied' }, data: { a: 'b' } })
        const headers = { 'content-type': 'application/json' }
        expect((await ask('configmaps', { method: 'POST', headers, body })).status).toBe(201)
        expect(JSON.parse((await ask('configmaps/proxied')).text).data).toEqual({ a: 'b' })
        const watched = await ask('configmaps?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3Dproxied')
        expect(JSON.parse(watched.text)).toMatchObject({ type: 'ADDED', object: { data: { a: 'b' } } })
        expect((await ask('configmaps/none')).status).toBe(404)
        expect((await ask('pods/x/exec?command=id')).status).toBe(403)
      } finally {
        proxy.stop()
      }
    })

    test('api-resources lists what is served', async () => {
      const { stdout } = await run(['api-resources', '--api-group=batch', '--no-headers'])
      expect(stdout).toMatch(/jobs\s+batch\/v1\s+true\s+Job/)
    })
  })
}
