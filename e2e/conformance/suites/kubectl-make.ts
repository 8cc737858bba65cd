/** kubectl's generators (`create …`, `expose`, `run`) and setters (`set …`), and what the server makes of their objects. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json, Subject } from '../cluster.ts'

export function kubectlMakeSuite({ cluster }: Subject): void {
  describe('kubectl makes', () => {
    let ns = ''
    const folder = mkdtempSync(join(tmpdir(), 'keelson-kubectl-'))
    const run = (args: string[], input?: string) => cluster().kubectl(['-n', ns, ...args], input)
    const made = async (...args: string[]): Promise<void> => {
      const { code, stderr } = await run(args)
      if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`)
    }
    const json = async (...args: string[]): Promise<Json> =>
      JSON.parse((await run(['get', ...args, '-o', 'json'])).stdout)

    beforeAll(async () => {
      ns = await cluster().namespace()
    })
    afterAll(() => rmSync(folder, { recursive: true, force: true }))

    test('configmap from files, variables and literals', async () => {
      mkdirSync(join(folder, 'files'))
      writeFileSync(join(folder, 'files', 'one'), 'hello\n')
      writeFileSync(join(folder, 'files', 'two'), Buffer.from([0, 1, 255]))
      writeFileSync(join(folder, 'vars'), 'A=1\nB=2\n')
      await made('create', 'configmap', 'files', `--from-file=${join(folder, 'files')}`)
      expect(await json('cm', 'files')).toMatchObject({ data: { one: 'hello\n' }, binaryData: { two: 'AAH/' } })
      await made('create', 'configmap', 'vars', `--from-env-file=${join(folder, 'vars')}`)
      expect((await json('cm', 'vars')).data).toEqual({ A: '1', B: '2' })
      expect((await run(['create', 'configmap', 'Bad_Name'])).stderr).toContain('a lowercase RFC 1123 subdomain must')
    })

    test('secrets have the keys of their type', async () => {
      await made(
        'create',
        'secret',
        'docker-registry',
        'reg',
        '--docker-server=r.io',
        '--docker-username=u',
        '--docker-password=p',
      )
      expect((await json('secret', 'reg')).type).toBe('kubernetes.io/dockerconfigjson')
      const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
      const request = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ${key} -out ${cert} -days 2 -subj /CN=x`
      execFileSync('openssl', request.split(' '), { stdio: 'ignore' })
      await made('create', 'secret', 'tls', 'tls', `--cert=${cert}`, `--key=${key}`)
      const refused = async (type: string, literal = 'a=b') =>
        (
          await run(['create', 'secret', 'generic', 'x', `--type=kubernetes.io/${type}`, `--from-literal=${literal}`])
        ).stderr
          .replace('error: failed to create secret Secret "x" is invalid: ', '')
          .trim()
      expect([
        await refused('basic-auth'),
        await refused('ssh-auth'),
        await refused('tls'),
        await refused('dockerconfigjson', '.dockerconfigjson=nope'),
        await refused('service-account-token'),
      ]).toEqual([
        '[data[username]: Required value, data[password]: Required value]',
        'data[ssh-privatekey]: Required value',
        '[data[tls.crt]: Required value, data[tls.key]: Required value]',
        "data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": invalid character 'o' in literal null (expecting 'u')",
        'metadata.annotations[kubernetes.io/service-account.name]: Required value',
      ])
    })

    test('roles, an aggregated role, a quota, a budget, a priority', async () => {
      await made(
        'create',
        'role',
        'r',
        '--verb=get,list',
        '--resource=pods,deployments.apps,pods/log',
        '--resource-name=x',
      )
      expect((await json('role', 'r')).rules).toEqual([
        { apiGroups: [''], resources: ['pods', 'pods/log'], resourceNames: ['x'], verbs: ['get', 'list'] },
        { apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['x'], verbs: ['get', 'list'] },
      ])
      await made('create', 'clusterrole', `${ns}-sum`, `--aggregation-rule=keelson.test/${ns}=true`)
      await made('create', 'clusterrole', `${ns}-part`, '--verb=get', '--non-resource-url=/logs/*')
      await made('label', 'clusterrole', `${ns}-part`, `keelson.test/${ns}=true`)
      await eventually(
        async () => (await json('clusterrole', `${ns}-sum`)).rules?.[0]?.nonResourceURLs[0] === '/logs/*',
      )
      await made('delete', 'clusterrole', `${ns}-sum`, `${ns}-part`)
      await made('create', 'quota', 'q', '--hard=count/secrets=50', '--dry-run=server')
      await made('create', 'pdb', 'p', '--selector=app=x', '--min-available=50%')
      expect((await json('pdb', 'p')).spec).toEqual({ minAvailable: '50%', selector: { matchLabels: { app: 'x' } } })
      await made('create', 'priorityclass', `${ns}-high`, '--value=1000', '--preemption-policy=Never')
      await made('delete', 'priorityclass', `${ns}-high`)
    })

    test('a job from a cron job; a job has the labels of its template', async () => {
      await made('create', 'cronjob', 'cj', '--image=busybox', '--schedule=0 0 1 1 *', '--', 'true')
      await made('create', 'job', 'from-cj', '--from=cronjob/cj')
      const job = await json('job', 'from-cj')
      expect(job.metadata.annotations['cronjob.kubernetes.io/instantiate']).toBe('manual')
      expect(job.metadata.labels).toEqual(job.spec.template.metadata.labels)
      expect([job.metadata.labels['batch.kubernetes.io/job-name'], job.spec.manualSelector]).toEqual(['from-cj', false])
    })

    test('an ingress by its rules', async () => {
      await made('create', 'ingress', 'i', '--rule=foo.com/bar*=svc:80,tls=cert', '--default-backend=svc:80')
      expect((await json('ingress', 'i')).spec).toEqual({
        defaultBackend: { service: { name: 'svc', port: { number: 80 } } },
        rules: [
          {
            host: 'foo.com',
            http: {
              paths: [
                { backend: { service: { name: 'svc', port: { number: 80 } } }, path: '/bar', pathType: 'Prefix' },
              ],
            },
          },
        ],
        tls: [{ hosts: ['foo.com'], secretName: 'cert' }],
      })
    })

    test('services of all types; node ports are unique, of their range, and stay', async () => {
      const port = async (name: string) => (await json('svc', name)).spec.ports[0].nodePort
      await made('create', 'service', 'clusterip', 'none', '--clusterip=None')
      await made('create', 'service', 'nodeport', 'np', '--tcp=80:80')
      const given = await port('np')
      expect(given >= 30_000 && given <= 32_767).toBe(true)
      const refusal = async (number: number) =>
        (await run(['create', 'service', 'nodeport', 'other', '--tcp=80', `--node-port=${number}`])).stderr
      expect(await refusal(given)).toContain(
        `spec.ports[0].nodePort: Invalid value: ${given}: provided port is already allocated`,
      )
      expect(await refusal(99)).toContain(
        'provided port is not in the valid range. The range of valid ports is 30000-32767',
      )
      const path = `/api/v1/namespaces/${ns}/services/np`
      const put = async (change: (spec: Json) => void) => {
        const service = (await cluster().get(path)).body
        change(service.spec)
        const { body } = await cluster().put(path, service)
        return body.spec?.ports?.[0].nodePort ?? body.message
      }
      const withoutPort = (spec: Json) => delete spec.ports[0].nodePort
      expect(await put(withoutPort)).toBe(given)
      await cluster().merge(path, { spec: { type: 'ClusterIP' } })
      expect(await port('np')).toBeUndefined()
      expect((await cluster().merge(path, { spec: { type: 'NodePort' } })).body.spec.ports[0].nodePort).toBeGreaterThan(
        0,
      )
      await made('create', 'service', 'loadbalancer', 'lb', '--tcp=80:80')
      expect((await json('svc', 'lb')).spec).toMatchObject({
        allocateLoadBalancerNodePorts: true,
        externalTrafficPolicy: 'Cluster',
        ports: [{ nodePort: expect.any(Number) }],
      })
      await made('create', 'service', 'externalname', 'en', '--external-name=x.com')
      expect((await json('svc', 'en')).spec.clusterIP).toBeUndefined()
    })

    test('set: image, env, resources, serviceaccount, selector, subject; expose', async () => {
      await made('create', 'deployment', 'd', '--image=busybox', '--replicas=0')
      await made('create', 'configmap', 'c', '--from-literal=k=v')
      await made('set', 'image', 'deploy/d', '*=busybox:2')
      await made('set', 'env', 'deploy/d', 'A=1', 'B=2')
      await made('set', 'env', 'deploy/d', 'A-', '--from=configmap/c', '--prefix=C_')
      await made('set', 'resources', 'deploy/d', '--limits=cpu=200m,memory=512Mi', '--requests=cpu=100m')
      await made('set', 'serviceaccount', 'deploy/d', 'bot')
      const { spec } = (await json('deploy', 'd')).spec.template
      expect(spec.containers[0]).toMatchObject({
        image: 'busybox:2',
        env: [
          { name: 'B', value: '2' },
          { name: 'C_K', valueFrom: { configMapKeyRef: { key: 'k', name: 'c' } } },
        ],
      })
      // Limits become requests in pods, not in templates.
      expect(spec.containers[0].resources).toEqual({
        limits: { cpu: '200m', memory: '512Mi' },
        requests: { cpu: '100m' },
      })
      expect([spec.serviceAccountName, spec.serviceAccount]).toEqual(['bot', 'bot'])
      await made('expose', 'deploy', 'd', '--port=80', '--target-port=8080', '--session-affinity=ClientIP')
      await made('set', 'selector', 'svc', 'd', 'x=y')
      expect((await json('svc', 'd')).spec).toMatchObject({
        ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }],
        selector: { x: 'y' },
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } },
      })
      await made('create', 'rolebinding', 'rb', '--clusterrole=view', '--user=a')
      await made('set', 'subject', 'rolebinding', 'rb', '--user=b', '--group=g', `--serviceaccount=${ns}:bot`)
      expect((await json('rolebinding', 'rb')).subjects.map((subject: Json) => subject.name)).toEqual([
        'a',
        'b',
        'g',
        'bot',
      ])
    })

    test('ReplicationController and PodTemplate: defaults, validation, columns, scale', async () => {
      const path = `/api/v1/namespaces/${ns}/replicationcontrollers`
      const template = { metadata: { labels: { a: 'rc' } }, spec: { containers: [{ name: 'c', image: 'x' }] } }
      const { body } = await cluster().post(path, { metadata: { name: 'rc' }, spec: { replicas: 0, template } })
      expect([body.spec.selector, body.metadata.labels, body.metadata.generation]).toEqual([
        { a: 'rc' },
        { a: 'rc' },
        1,
      ])
      const refused = async (spec: Json) =>
        (await cluster().post(path, { metadata: { name: 'bad' }, spec })).body.message
      expect(await refused({ replicas: -1, template })).toContain('spec.replicas: Invalid value: -1')
      expect(await refused({ selector: { a: 'z' }, template })).toContain('`selector` does not match template `labels`')
      expect(await refused({ selector: { a: 'z' } })).toContain('spec.template: Required value')
      expect((await run(['get', 'rc', '-o', 'wide'])).stdout).toMatch(
        /^NAME\s+DESIRED\s+CURRENT\s+READY\s+AGE\s+CONTAINERS\s+IMAGES\s+SELECTOR\nrc\s+0\s+0\s+0\s+\d+s\s+c\s+x\s+a=rc\n$/,
      )
      expect((await cluster().get(`${path}/rc/scale`)).body.status.selector).toBe('a=rc')
      await cluster().post(`/api/v1/namespaces/${ns}/podtemplates`, { metadata: { name: 'pt' }, template })
      expect((await run(['get', 'podtemplates'])).stdout).toMatch(
        /^NAME\s+CONTAINERS\s+IMAGES\s+POD LABELS\npt\s+c\s+x\s+a=rc\n$/,
      )
    })
  })
}
