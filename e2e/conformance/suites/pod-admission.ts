import { eventually } from '@keelson/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Json, podTemplate, type Subject } from '../cluster.ts'
import { idlePod } from './quota.ts'

/** What the server sets on pods, and what it refuses of them, beside quota and Pod Security. */
export function podAdmissionSuite({ cluster }: Subject): void {
  describe('pod admission', () => {
    let ns = ''
    const at = (plural: string) => `/api/v1/namespaces/${ns}/${plural}`
    beforeAll(async () => {
      ns = await cluster().namespace()
    })
    const limitRange = async (limits: object[]): Promise<string> => {
      const own = await cluster().namespace()
      const path = `/api/v1/namespaces/${own}/limitranges`
      const made = await cluster().post(path, { metadata: { name: 'l' }, spec: { limits } })
      expect(made.status).toBe(201)
      return `/api/v1/namespaces/${own}`
    }

    test('LimitRange: defaults of a container, and the note of what was set', async () => {
      const own = await limitRange([
        { type: 'Container', default: { cpu: '500m', memory: '64Mi' }, defaultRequest: { cpu: '100m' } },
      ])
      const range = (await cluster().get(`${own}/limitranges/l`)).body.spec.limits[0]
      expect(range.defaultRequest).toEqual({ cpu: '100m', memory: '64Mi' })
      const made = await cluster().post(`${own}/pods`, idlePod('a', { limits: { memory: '32Mi' } }))
      expect(made.body.spec.containers[0].resources).toEqual({
        limits: { cpu: '500m', memory: '32Mi' },
        requests: { cpu: '100m', memory: '32Mi' },
      })
      expect(made.body.metadata.annotations).toEqual({
        'kubernetes.io/limit-ranger': 'LimitRanger plugin set: cpu request for container c; cpu limit for container c',
      })
      expect(made.body.status.qosClass).toBe('Burstable')
    })

    test('LimitRange: the most becomes the default limit and request', async () => {
      const own = await limitRange([{ type: 'Container', max: { cpu: '1' }, min: { memory: '8Mi' } }])
      expect((await cluster().get(`${own}/limitranges/l`)).body.spec.limits[0]).toMatchObject({
        default: { cpu: '1' },
        defaultRequest: { cpu: '1', memory: '8Mi' },
      })
    })

    test('LimitRange: least, most and ratio of containers', async () => {
      const own = await limitRange([
        { type: 'Container', min: { cpu: '100m' }, max: { cpu: '1' }, maxLimitRequestRatio: { cpu: '2' } },
      ])
      const refusal = async (resources: object) =>
        (await cluster().post(`${own}/pods`, idlePod('x', resources))).body.message
      expect(await refusal({ requests: { cpu: '50m' }, limits: { cpu: '100m' } })).toBe(
        'pods "x" is forbidden: minimum cpu usage per Container is 100m, but request is 50m',
      )
      expect(await refusal({ requests: { cpu: '1' }, limits: { cpu: '2' } })).toBe(
        'pods "x" is forbidden: maximum cpu usage per Container is 1, but limit is 2',
      )
      expect(await refusal({ requests: { cpu: '300m' }, limits: { cpu: '1' } })).toBe(
        'pods "x" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 3.333333',
      )
      expect(await refusal({ requests: { cpu: '50m' }, limits: { cpu: '2' } })).toBe(
        'pods "x" is forbidden: [minimum cpu usage per Container is 100m, but request is 50m, maximum cpu usage per Container is 1, but limit is 2, cpu max limit to request ratio per Container is 2, but provided ratio is 40.000000]',
      )
    })

    test('LimitRange: the sum of a pod', async () => {
      const own = await limitRange([{ type: 'Pod', max: { memory: '100Mi' } }])
      const refused = await cluster().post(`${own}/pods`, idlePod('x'))
      expect(refused.body.message).toBe(
        'pods "x" is forbidden: maximum memory usage per Pod is 100Mi.  No limit is specified',
      )
      const two = idlePod('y')
      const container = (name: string) => ({ name, image: 'busybox', resources: { limits: { memory: '60Mi' } } })
      const sum = await cluster().post(`${own}/pods`, {
        ...two,
        spec: { ...two.spec, containers: [container('a'), container('b')] },
      })
      expect(sum.body.message).toBe('pods "y" is forbidden: maximum memory usage per Pod is 100Mi, but limit is 120Mi')
    })

    test('LimitRange: claims, where the server has them', async () => {
      const kinds = (await cluster().get('/api/v1')).body.resources as Json[]
      if (!kinds.some((kind) => kind.name === 'persistentvolumeclaims')) return
      const own = await limitRange([
        { type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } },
      ])
      const refusal = async (storage: string) =>
        (
          await cluster().post(`${own}/persistentvolumeclaims`, {
            metadata: { name: 'c' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
          })
        ).body.message
      expect(await refusal('500Mi')).toBe(
        'persistentvolumeclaims "c" is forbidden: minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 500Mi',
      )
      expect(await refusal('3Gi')).toBe(
        'persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi',
      )
    })

    test('LimitRange: one that contradicts itself is Invalid', async () => {
      const bad = async (limit: object) =>
        (await cluster().post(at('limitranges'), { metadata: { name: 'bad' }, spec: { limits: [limit] } })).body.message
      expect(await bad({ type: 'Container', min: { cpu: '2' }, max: { cpu: '1' } })).toContain(
        'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
      )
      expect(await bad({ type: 'Pod', default: { cpu: '2' } })).toBe(
        'LimitRange "bad" is invalid: spec.limits[0].default: Forbidden: may not be specified when `type` is \'Pod\'',
      )
      expect(await bad({ type: 'Thing', max: { cpu: '2' } })).toBe(
        'LimitRange "bad" is invalid: spec.limits[0].type: Invalid value: "Thing": must be a standard limit type or fully qualified',
      )
      expect(await bad({ type: 'Container', max: { pods: '2' } })).toContain(
        'spec.limits[0].max[pods]: Invalid value: "pods": must be a standard resource for containers',
      )
    })

    test('ServiceAccount: pull secrets are copied, an account that is not there is Forbidden', async () => {
      const own = await cluster().namespace()
      await cluster().post(`/api/v1/namespaces/${own}/serviceaccounts`, {
        metadata: { name: 'puller' },
        imagePullSecrets: [{ name: 'registry' }],
        automountServiceAccountToken: false,
      })
      const made = await cluster().post(
        `/api/v1/namespaces/${own}/pods`,
        idlePod('a', {}, { serviceAccountName: 'puller' }),
      )
      expect(made.body.spec).toMatchObject({ serviceAccount: 'puller', imagePullSecrets: [{ name: 'registry' }] })
      expect(made.body.spec.volumes).toBeUndefined()
      const refused = await cluster().post(
        `/api/v1/namespaces/${own}/pods`,
        idlePod('b', {}, { serviceAccountName: 'ghost' }),
      )
      expect([refused.status, refused.body.message]).toEqual([
        403,
        `pods "b" is forbidden: error looking up service account ${own}/ghost: serviceaccount "ghost" not found`,
      ])
    })

    test('ServiceAccount: with enforce-mountable-secrets only its own secrets may be used', async () => {
      const own = await cluster().namespace()
      await cluster().post(`/api/v1/namespaces/${own}/serviceaccounts`, {
        metadata: { name: 'strict', annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } },
        secrets: [{ name: 'mine' }],
      })
      const refusal = async (spec: object) =>
        (
          await cluster().post(
            `/api/v1/namespaces/${own}/pods`,
            idlePod('a', {}, { serviceAccountName: 'strict', ...spec }),
          )
        ).body.message
      expect(await refusal({ volumes: [{ name: 'v', secret: { secretName: 'theirs' } }] })).toBe(
        'pods "a" is forbidden: volume with secret.secretName="theirs" is not allowed because service account strict does not reference that secret',
      )
      const env = [{ name: 'E', valueFrom: { secretKeyRef: { name: 'theirs', key: 'k' } } }]
      expect(await refusal({ containers: [{ name: 'c', image: 'busybox', env }] })).toBe(
        'pods "a" is forbidden: container c with envVar E referencing secret.secretName="theirs" is not allowed because service account strict does not reference that secret',
      )
      expect(await refusal({ imagePullSecrets: [{ name: 'x' }] })).toBe(
        'pods "a" is forbidden: imagePullSecrets[0].name="x" is not allowed because service account strict does not reference that imagePullSecret',
      )
      expect(await refusal({ volumes: [{ name: 'v', secret: { secretName: 'mine' } }] })).toBeUndefined()
    })

    test('DefaultTolerationSeconds: five minutes, unless the pod says itself', async () => {
      const toleration = {
        key: 'node.kubernetes.io/not-ready',
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 5,
      }
      const made = await cluster().post(at('pods'), idlePod('tol', {}, { tolerations: [toleration] }))
      expect(made.body.spec.tolerations).toEqual([
        toleration,
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ])
    })

    test("Priority: a class that is not there, and a number of one's own, are Forbidden", async () => {
      const refusal = async (spec: object) => (await cluster().post(at('pods'), idlePod('p', {}, spec))).body.message
      expect(await refusal({ priorityClassName: 'ghost' })).toBe(
        'pods "p" is forbidden: no PriorityClass with name ghost was found',
      )
      expect(await refusal({ priority: 7 })).toBe(
        'pods "p" is forbidden: the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
      )
    })

    test('Priority: the class becomes its number', async () => {
      const critical = { priorityClassName: 'system-cluster-critical' }
      const { spec } = (await cluster().post(at('pods'), idlePod('crit', {}, critical))).body
      expect([spec.priority, spec.preemptionPolicy]).toEqual([2_000_000_000, 'PreemptLowerPriority'])
      const classes = '/apis/scheduling.k8s.io/v1/priorityclasses'
      await cluster().post(classes, { metadata: { name: ns }, value: 7, preemptionPolicy: 'Never' })
      try {
        await eventually(async () => {
          const made = await cluster().post(`${at('pods')}?dryRun=All`, idlePod('own', {}, { priorityClassName: ns }))
          expect(made.body.spec).toMatchObject({ priority: 7, preemptionPolicy: 'Never', priorityClassName: ns })
        })
      } finally {
        await cluster().del(`${classes}/${ns}`)
      }
    })

    test("NamespaceLifecycle: nothing in a namespace that is not there; the system's namespaces stay", async () => {
      const missing = await cluster().post('/api/v1/namespaces/nowhere/pods', idlePod('x'))
      expect([missing.status, missing.body.message]).toEqual([404, 'namespaces "nowhere" not found'])
      for (const name of ['default', 'kube-system', 'kube-public']) {
        const refused = await cluster().del(`/api/v1/namespaces/${name}?dryRun=All`)
        expect([refused.status, refused.body.message]).toEqual([
          403,
          `namespaces "${name}" is forbidden: this namespace may not be deleted`,
        ])
      }
    })

    test('managedFields speak of what the client sent, not of what the server added', async () => {
      const made = await cluster().post(`${at('pods')}?fieldManager=me`, idlePod('owned'))
      const [entry] = made.body.metadata.managedFields
      expect(entry.manager).toBe('me')
      expect(Object.keys(entry.fieldsV1)).toEqual(['f:spec'])
      expect(entry.fieldsV1['f:spec']).not.toHaveProperty('f:volumes')
      expect(entry.fieldsV1['f:spec']).not.toHaveProperty('f:tolerations')
    })

    const enforce = (level: string, mode = 'enforce') => ({ [`pod-security.kubernetes.io/${mode}`]: level })
    const secured = async (labels: Record<string, string>): Promise<string> => {
      const own = await cluster().namespace()
      const labelled = await cluster().merge(`/api/v1/namespaces/${own}`, { metadata: { labels } })
      expect(labelled.status).toBe(200)
      return own
    }
    const warningsOf = (answer: { headers: Record<string, string | string[] | undefined> }) =>
      [answer.headers.warning ?? []].flat().join('\n')

    test('PodSecurity: baseline names every fault', async () => {
      const own = await secured(enforce('baseline'))
      const spec = {
        schedulerName: 'nobody',
        hostNetwork: true,
        hostPID: true,
        hostIPC: true,
        securityContext: { sysctls: [{ name: 'vm.swappiness', value: '1' }], seccompProfile: { type: 'Unconfined' } },
        volumes: [{ name: 'h', hostPath: { path: '/' } }],
        containers: [
          {
            name: 'a',
            image: 'busybox',
            ports: [{ containerPort: 80, hostPort: 80 }],
            securityContext: { privileged: true, capabilities: { add: ['SYS_ADMIN', 'NET_ADMIN'] } },
          },
          {
            name: 'b',
            image: 'busybox',
            securityContext: {
              seLinuxOptions: { type: 'spc_t', user: 'u' },
              appArmorProfile: { type: 'Unconfined' },
              seccompProfile: { type: 'Unconfined' },
            },
            livenessProbe: { httpGet: { host: '10.0.0.1', port: 80 } },
          },
        ],
      }
      const refused = await cluster().post(`/api/v1/namespaces/${own}/pods`, { metadata: { name: 'bad' }, spec })
      expect(refused.status).toBe(403)
      expect(refused.body.message).toBe(
        'pods "bad" is forbidden: violates PodSecurity "baseline:latest": forbidden AppArmor profile (container "b" must not set AppArmor profile type to "Unconfined"), non-default capabilities (container "a" must not include "NET_ADMIN", "SYS_ADMIN" in securityContext.capabilities.add), host namespaces (hostNetwork=true, hostPID=true, hostIPC=true), hostPath volumes (volume "h"), hostPort (container "a" uses hostPort 80), probe or lifecycle host (container "b" uses probe or lifecycle host "10.0.0.1"), privileged (container "a" must not set securityContext.privileged=true), seLinuxOptions (container "b" set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set), seccompProfile (pod and container "b" must not set securityContext.seccompProfile.type to "Unconfined"), forbidden sysctls (vm.swappiness)',
      )
      expect((await cluster().post(`/api/v1/namespaces/${own}/pods`, idlePod('good'))).status).toBe(201)
    })

    test('PodSecurity: restricted wants everything said', async () => {
      const own = await secured(enforce('restricted'))
      const refused = await cluster().post(`/api/v1/namespaces/${own}/pods`, idlePod('plain'))
      expect(refused.body.message).toBe(
        'pods "plain" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
      )
      const root = await cluster().post(
        `/api/v1/namespaces/${own}/pods`,
        idlePod(
          'root',
          {},
          {
            securityContext: { runAsUser: 0, runAsNonRoot: false },
            volumes: [{ name: 'n', nfs: { server: 's', path: '/' } }],
            containers: [
              { name: 'c', image: 'busybox', securityContext: { capabilities: { drop: ['ALL'], add: ['KILL'] } } },
            ],
          },
        ),
      )
      expect(root.body.message).toBe(
        'pods "root" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must not include "KILL" in securityContext.capabilities.add), restricted volume types (volume "n" uses restricted volume type "nfs"), runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false), runAsUser=0 (pod must not set runAsUser=0), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
      )
      const good = {
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            name: 'c',
            image: 'busybox',
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          },
        ],
      }
      expect((await cluster().post(`/api/v1/namespaces/${own}/pods`, idlePod('good', {}, good))).status).toBe(201)
    })

    test('PodSecurity: the version decides which checks there are', async () => {
      const own = await secured({ ...enforce('restricted'), ...enforce('v1.18', 'enforce-version') })
      const refused = await cluster().post(`/api/v1/namespaces/${own}/pods`, idlePod('plain'))
      expect(refused.body.message).toBe(
        'pods "plain" is forbidden: violates PodSecurity "restricted:v1.18": allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)',
      )
    })

    test('PodSecurity: warn tells of pods and of what makes pods, and refuses neither', async () => {
      const own = await secured(enforce('baseline', 'warn'))
      const privileged = { privileged: true }
      const containers = [{ name: 'c', image: 'busybox', securityContext: privileged }]
      const text =
        'would violate PodSecurity \\"baseline:latest\\": privileged (container \\"c\\" must not set securityContext.privileged=true)'
      const pod = await cluster().post(`/api/v1/namespaces/${own}/pods`, idlePod('p', {}, { containers }))
      expect([pod.status, warningsOf(pod)]).toEqual([201, `299 - "${text}"`])
      const template = { ...podTemplate(), spec: { containers } }
      const deployed = await cluster().post(`/apis/apps/v1/namespaces/${own}/deployments`, {
        metadata: { name: 'd' },
        spec: { replicas: 0, selector: { matchLabels: { app: 'x' } }, template },
      })
      expect([deployed.status, warningsOf(deployed)]).toEqual([201, `299 - "${text}"`])
    })

    test('PodSecurity: an enforced level also warns of what makes pods', async () => {
      const own = await secured(enforce('baseline'))
      // The real server reads the level from a cache, which may not have heard of the label yet.
      await eventually(async () => {
        const job = await cluster().post(`/apis/batch/v1/namespaces/${own}/jobs?dryRun=All`, {
          metadata: { name: 'j' },
          spec: {
            suspend: true,
            template: {
              spec: { restartPolicy: 'Never', hostNetwork: true, containers: [{ name: 'c', image: 'busybox' }] },
            },
          },
        })
        expect(job.status).toBe(201)
        expect(warningsOf(job)).toContain('host namespaces (hostNetwork=true)')
      })
    })

    test('PodSecurity: labels must be readable, and pods that break a new level are named', async () => {
      const own = await cluster().namespace()
      const path = `/api/v1/namespaces/${own}`
      const bad = await cluster().merge(path, {
        metadata: { labels: { ...enforce('strict'), ...enforce('1.2', 'warn-version') } },
      })
      expect(bad.body.message).toBe(
        `Namespace "${own}" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted, metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1.2": must be "latest" or "v1.x"]`,
      )
      const host = { containers: [{ name: 'c', image: 'busybox', securityContext: { privileged: true } }] }
      await cluster().post(`${path}/pods`, idlePod('one', {}, host))
      await cluster().post(`${path}/pods`, idlePod('two', {}, host))
      const warned = await cluster().merge(path, { metadata: { labels: enforce('baseline') } })
      expect([
        warned.status,
        [warned.headers.warning ?? []]
          .flat()
          .join('\n')
          .split(/\n|, (?=299)/),
      ]).toEqual([
        200,
        [
          `299 - "existing pods in namespace \\"${own}\\" violate the new PodSecurity enforce level \\"baseline:latest\\""`,
          '299 - "one (and 1 other pod): privileged"',
        ],
      ])
    })
  })
}
