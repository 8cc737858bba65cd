import { eventually } from '@keelson/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { configMap, type Json, type Subject } from '../cluster.ts'

/** A pod that nobody schedules, so that it stays as it was made. */
export const idlePod = (name: string, resources: object = {}, spec: object = {}) => ({
  metadata: { name },
  spec: {
    schedulerName: 'nobody',
    containers: [{ name: 'c', image: 'busybox', resources }],
    ...spec,
  },
})
const asks = (cpu: string, memory = '1Mi') => ({ requests: { cpu, memory }, limits: { cpu, memory } })

export function quotaSuite({ cluster }: Subject): void {
  describe('ResourceQuota', () => {
    let ns = ''
    const at = (plural: string) => `/api/v1/namespaces/${ns}/${plural}`
    const used = async (name = 'q') => (await cluster().get(`${at('resourcequotas')}/${name}`)).body.status?.used
    /** Makes a quota and waits until the server counts it. */
    const limit = async (hard: Record<string, string>, spec: object = {}, name = 'q') => {
      const made = await cluster().post(at('resourcequotas'), { metadata: { name }, spec: { hard, ...spec } })
      expect(made.status).toBe(201)
      await eventually(async () =>
        expect((await cluster().get(`${at('resourcequotas')}/${name}`)).body.status?.hard).toEqual(hard),
      )
    }
    beforeEach(async () => {
      ns = await cluster().namespace()
    })

    test('of a name that is taken, a full quota is told first', async () => {
      await cluster().post(at('resourcequotas'), { metadata: { name: 'q' }, spec: { hard: { 'count/secrets': '1' } } })
      await eventually(async () => (await used())?.['count/secrets'] === '0')
      await cluster().post(at('secrets'), { metadata: { name: 'taken' } })
      await eventually(async () => (await used())?.['count/secrets'] === '1')
      const { status, body } = await cluster().post(at('secrets'), { metadata: { name: 'taken' } })
      expect([status, body.message]).toEqual([
        403,
        'secrets "taken" is forbidden: exceeded quota: q, requested: count/secrets=1, used: count/secrets=1, limited: count/secrets=1',
      ])
    })

    test('what is there is counted, and what comes is counted at once', async () => {
      await cluster().post(at('pods'), idlePod('before', asks('100m')))
      await limit({ pods: '4', 'requests.cpu': '1', 'limits.memory': '1Gi', 'count/configmaps': '10' })
      expect(await used()).toMatchObject({ pods: '1', 'requests.cpu': '100m', 'limits.memory': '1Mi' })
      await cluster().post(at('pods'), idlePod('after', asks('0.25', '2Mi')))
      expect(await used()).toMatchObject({ pods: '2', 'requests.cpu': '350m', 'limits.memory': '3Mi' })
    })

    test('what would exceed it is Forbidden, with what was asked, used and allowed', async () => {
      await limit({ pods: '1', 'requests.cpu': '500m' })
      const refused = await cluster().post(at('pods'), idlePod('big', asks('2')))
      expect([refused.status, refused.body.reason]).toEqual([403, 'Forbidden'])
      expect(refused.body.message).toBe(
        'pods "big" is forbidden: exceeded quota: q, requested: requests.cpu=2, used: requests.cpu=0, limited: requests.cpu=500m',
      )
      expect(refused.body.details).toEqual({ name: 'big', kind: 'pods' })
      await cluster().post(at('pods'), idlePod('first', asks('500m')))
      const second = await cluster().post(at('pods'), idlePod('second', asks('100m')))
      expect(second.body.message).toBe(
        'pods "second" is forbidden: exceeded quota: q, requested: pods=1,requests.cpu=100m, used: pods=1,requests.cpu=500m, limited: pods=1,requests.cpu=500m',
      )
    })

    test('a pod that does not say what it needs is Forbidden', async () => {
      await limit({ 'limits.cpu': '1', memory: '1Gi' })
      const refused = await cluster().post(at('pods'), idlePod('silent'))
      expect(refused.body.message).toBe(
        'pods "silent" is forbidden: failed quota: q: must specify limits.cpu for: c; memory for: c',
      )
    })

    test('of many creates for the last place exactly one passes', async () => {
      await limit({ 'count/configmaps': '2' })
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, index) => cluster().post(at('configmaps'), configMap(`m${index}`))),
      )
      expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1)
      expect(answers.filter((answer) => answer.status === 403)).toHaveLength(11)
      expect(await used()).toEqual({ 'count/configmaps': '2' })
    })

    test('what goes gives its place back', async () => {
      await limit({ pods: '1', secrets: '1' })
      await cluster().post(at('pods'), idlePod('a'))
      await cluster().post(at('secrets'), { metadata: { name: 's' } })
      expect(await used()).toEqual({ pods: '1', secrets: '1' })
      await cluster().del(`${at('pods')}/a`)
      await cluster().del(`${at('secrets')}/s`)
      await eventually(async () => expect(await used()).toEqual({ pods: '0', secrets: '0' }))
      expect((await cluster().post(at('pods'), idlePod('b'))).status).toBe(201)
    })

    test('a pod that ended holds no resources but is still an object', async () => {
      await limit({ pods: '1', 'count/pods': '5' })
      await cluster().post(at('pods'), idlePod('a'))
      await cluster().merge(`${at('pods')}/a/status`, { status: { phase: 'Succeeded' } })
      await eventually(async () => expect(await used()).toEqual({ pods: '0', 'count/pods': '1' }))
    })

    test('a dry run is refused like the write, and counts nothing', async () => {
      await limit({ 'count/configmaps': '2' })
      expect((await cluster().post(`${at('configmaps')}?dryRun=All`, configMap('dry'))).status).toBe(201)
      expect(await used()).toEqual({ 'count/configmaps': '1' })
      await cluster().post(at('configmaps'), configMap('real'))
      const refused = await cluster().post(`${at('configmaps')}?dryRun=All`, configMap('dry'))
      expect(refused.status).toBe(403)
    })

    test('server-side apply that creates is counted', async () => {
      await limit({ 'count/configmaps': '1' })
      const refused = await cluster().apply(`${at('configmaps')}/a`, 'me', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'a' },
      })
      expect([refused.status, refused.body.message]).toEqual([
        403,
        'configmaps "a" is forbidden: exceeded quota: q, requested: count/configmaps=1, used: count/configmaps=1, limited: count/configmaps=1',
      ])
    })

    test('kinds of other groups count by name', async () => {
      await limit({ 'count/roles.rbac.authorization.k8s.io': '0' })
      const refused = await cluster().post(`/apis/rbac.authorization.k8s.io/v1/namespaces/${ns}/roles`, {
        metadata: { name: 'r' },
        rules: [],
      })
      expect(refused.body.message).toBe(
        'roles.rbac.authorization.k8s.io "r" is forbidden: exceeded quota: q, requested: count/roles.rbac.authorization.k8s.io=1, used: count/roles.rbac.authorization.k8s.io=0, limited: count/roles.rbac.authorization.k8s.io=0',
      )
    })

    test('a Service that changes its type is counted again', async () => {
      await limit({ services: '2', 'services.nodeports': '0' })
      const service = { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } }
      expect((await cluster().post(at('services'), service)).status).toBe(201)
      const refused = await cluster().merge(`${at('services')}/s`, { spec: { type: 'NodePort' } })
      expect(refused.body.message).toBe(
        'services "s" is forbidden: exceeded quota: q, requested: services.nodeports=1, used: services.nodeports=0, limited: services.nodeports=0',
      )
    })

    test('GPUs count by their name', async () => {
      await limit({ 'requests.nvidia.com/gpu': '1' })
      const refused = await cluster().post(at('pods'), idlePod('gpu', { limits: { 'nvidia.com/gpu': 2 } }))
      expect(refused.body.message).toBe(
        'pods "gpu" is forbidden: exceeded quota: q, requested: requests.nvidia.com/gpu=2, used: requests.nvidia.com/gpu=0, limited: requests.nvidia.com/gpu=1',
      )
    })

    test('init containers, sidecars and overhead count as the scheduler counts them', async () => {
      await limit({ 'requests.cpu': '10' })
      const container = (name: string, cpu: string, extra: object = {}) => ({
        name,
        image: 'busybox',
        resources: { requests: { cpu } },
        ...extra,
      })
      const made = await cluster().post(at('pods'), {
        ...idlePod('sum'),
        spec: {
          schedulerName: 'nobody',
          initContainers: [container('side', '100m', { restartPolicy: 'Always' }), container('init', '2')],
          containers: [container('a', '300m'), container('b', '500m')],
        },
      })
      expect(made.status).toBe(201)
      expect(await used()).toEqual({ 'requests.cpu': '2100m' })
    })

    test('scopes choose the pods that count', async () => {
      await limit({ pods: '1' }, { scopes: ['Terminating'] }, 'term')
      await limit({ pods: '1' }, { scopes: ['BestEffort'] }, 'best')
      const selector = (operator: string, values?: string[]) => ({
        scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator, ...(values ? { values } : {}) }] },
      })
      await limit({ pods: '1' }, selector('In', ['system-cluster-critical']), 'prio')
      await cluster().post(at('pods'), idlePod('plain', asks('1m')))
      expect([await used('term'), await used('best'), await used('prio')]).toEqual(Array(3).fill({ pods: '0' }))
      await cluster().post(at('pods'), idlePod('term', asks('1m'), { activeDeadlineSeconds: 60 }))
      await cluster().post(at('pods'), idlePod('best'))
      expect([await used('term'), await used('best'), await used('prio')]).toEqual([
        { pods: '1' },
        { pods: '1' },
        { pods: '0' },
      ])
      const refused = await cluster().post(at('pods'), idlePod('best2'))
      expect(refused.body.message).toBe(
        'pods "best2" is forbidden: exceeded quota: best, requested: pods=1, used: pods=1, limited: pods=1',
      )
    })

    test('a limit that is raised lets more in', async () => {
      await limit({ 'count/configmaps': '1' })
      await cluster().merge(`${at('resourcequotas')}/q`, { spec: { hard: { 'count/configmaps': '2' } } })
      await eventually(async () => expect((await cluster().post(at('configmaps'), configMap('more'))).status).toBe(201))
    })

    test('a bad quota is Invalid', async () => {
      const bad = async (spec: object) =>
        (await cluster().post(at('resourcequotas'), { metadata: { name: 'bad' }, spec })).body.message
      expect(await bad({ hard: { bogus: '1' } })).toBe(
        'ResourceQuota "bad" is invalid: [spec.hard[bogus]: Invalid value: "bogus": must be a standard resource type or fully qualified, spec.hard[bogus]: Invalid value: "bogus": must be a standard resource for quota]',
      )
      expect(await bad({ hard: { pods: '1500m' } })).toBe(
        'ResourceQuota "bad" is invalid: spec.hard[pods]: Invalid value: "1500m": must be an integer',
      )
      expect(await bad({ hard: { cpu: '-1' } })).toBe(
        'ResourceQuota "bad" is invalid: spec.hard[cpu]: Invalid value: "-1": must be greater than or equal to 0',
      )
      expect(await bad({ hard: { pods: '1' }, scopes: ['BestEffort', 'NotBestEffort'] })).toBe(
        'ResourceQuota "bad" is invalid: spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes',
      )
      expect(await bad({ hard: { secrets: '1' }, scopes: ['BestEffort'] })).toBe(
        'ResourceQuota "bad" is invalid: spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource',
      )
    })

    test('kubectl shows it in columns', async () => {
      await limit({ pods: '2', 'limits.cpu': '4' })
      const shown = await cluster().kubectl(['get', 'quota', '-n', ns])
      expect(shown.stdout).toMatch(/NAME +REQUEST +LIMIT +AGE\nq +pods: 0\/2 +limits.cpu: 0\/4 +\S+\n/)
      const described = await cluster().kubectl(['describe', 'quota', 'q', '-n', ns])
      expect(described.stdout).toMatch(/pods +0 +2/)
    })

    test('claims count by storage and class, where the server has claims', async () => {
      const kinds = (await cluster().get('/api/v1')).body.resources as Json[]
      if (!kinds.some((kind) => kind.name === 'persistentvolumeclaims')) return
      await limit({
        'requests.storage': '3Gi',
        'fast.storageclass.storage.k8s.io/requests.storage': '1Gi',
        persistentvolumeclaims: '3',
      })
      const claim = (name: string, storage: string, storageClassName: string) => ({
        metadata: { name },
        spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources: { requests: { storage } } },
      })
      expect((await cluster().post(at('persistentvolumeclaims'), claim('a', '1Gi', 'fast'))).status).toBe(201)
      expect(await used()).toEqual({
        'fast.storageclass.storage.k8s.io/requests.storage': '1Gi',
        persistentvolumeclaims: '1',
        'requests.storage': '1Gi',
      })
      const refused = await cluster().post(at('persistentvolumeclaims'), claim('b', '1Gi', 'fast'))
      expect(refused.body.message).toBe(
        'persistentvolumeclaims "b" is forbidden: exceeded quota: q, requested: fast.storageclass.storage.k8s.io/requests.storage=1Gi, used: fast.storageclass.storage.k8s.io/requests.storage=1Gi, limited: fast.storageclass.storage.k8s.io/requests.storage=1Gi',
      )
    })
  })
}
