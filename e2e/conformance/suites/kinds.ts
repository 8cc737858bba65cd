import { eventually } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Json, podTemplate, type Subject } from '../cluster.ts'

const never = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox' }] } }
const claimSpec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
const selector = { matchLabels: { app: 'x' } }
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' }

/** A kind, the least that a person writes, what the server makes of it, and the row that kubectl prints. */
type Sample = { path: string; body: Json; made: Json; row: unknown[]; cluster?: boolean }

const samples: Record<string, Sample> = {
  PersistentVolumeClaim: {
    path: '/api/v1/persistentvolumeclaims',
    body: { spec: { ...claimSpec, storageClassName: 'conf-none' } },
    made: {
      metadata: { finalizers: ['kubernetes.io/pvc-protection'] },
      spec: { ...claimSpec, storageClassName: 'conf-none', volumeMode: 'Filesystem' },
      status: { phase: 'Pending' },
    },
    row: ['Pending', '', '', '', 'conf-none', '<unset>', expect.any(String), 'Filesystem'],
  },
  PersistentVolume: {
    path: '/api/v1/persistentvolumes',
    cluster: true,
    body: {
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        hostPath: { path: '/tmp/x' },
        storageClassName: 'conf-volumes',
      },
    },
    made: {
      metadata: { finalizers: ['kubernetes.io/pv-protection'] },
      spec: {
        hostPath: { path: '/tmp/x', type: '' },
        persistentVolumeReclaimPolicy: 'Retain',
        volumeMode: 'Filesystem',
      },
      status: { phase: 'Pending', lastPhaseTransitionTime: expect.any(String) },
    },
    row: [
      '1Gi',
      'RWO',
      'Retain',
      expect.any(String),
      '',
      'conf-volumes',
      '<unset>',
      '',
      expect.any(String),
      'Filesystem',
    ],
  },
  StorageClass: {
    path: '/apis/storage.k8s.io/v1/storageclasses',
    cluster: true,
    body: { provisioner: 'conf.example/none' },
    made: { provisioner: 'conf.example/none', reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' },
    row: ['conf.example/none', 'Delete', 'Immediate', false, expect.any(String)],
  },
  StatefulSet: {
    path: '/apis/apps/v1/statefulsets',
    body: {
      spec: {
        replicas: 0,
        serviceName: 's',
        selector,
        template: podTemplate(),
        volumeClaimTemplates: [{ metadata: { name: 'd' }, spec: claimSpec }],
      },
    },
    made: {
      spec: {
        podManagementPolicy: 'OrderedReady',
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
        revisionHistoryLimit: 10,
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
        volumeClaimTemplates: [
          {
            kind: 'PersistentVolumeClaim',
            apiVersion: 'v1',
            metadata: { name: 'd' },
            spec: { ...claimSpec, volumeMode: 'Filesystem' },
            status: { phase: 'Pending' },
          },
        ],
      },
      status: { replicas: 0, availableReplicas: 0 },
    },
    row: ['0/0', expect.any(String), 'c', 'busybox'],
  },
  DaemonSet: {
    path: '/apis/apps/v1/daemonsets',
    body: {
      spec: {
        selector,
        template: { ...podTemplate(), spec: { ...podTemplate().spec, nodeSelector: { no: 'no' } } },
      },
    },
    made: {
      metadata: { annotations: { 'deprecated.daemonset.template.generation': '1' }, generation: 1 },
      spec: {
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
        revisionHistoryLimit: 10,
      },
      status: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
    },
    row: [0, 0, 0, 0, 0, 'no=no', expect.any(String), 'c', 'busybox', 'app=x'],
  },
  ControllerRevision: {
    path: '/apis/apps/v1/controllerrevisions',
    body: { data: { x: 1 }, revision: 1 },
    made: { data: { x: 1 }, revision: 1 },
    row: ['<none>', 1, expect.any(String)],
  },
  CronJob: {
    path: '/apis/batch/v1/cronjobs',
    body: { spec: { schedule: '0 0 1 1 *', timeZone: 'Europe/Berlin', jobTemplate: { spec: { template: never } } } },
    made: {
      spec: {
        concurrencyPolicy: 'Allow',
        suspend: false,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 1,
        jobTemplate: { metadata: {}, spec: { template: { metadata: {} } } },
      },
      status: {},
    },
    row: ['0 0 1 1 *', 'Europe/Berlin', 'False', 0, '<none>', expect.any(String), 'c', 'busybox', '<none>'],
  },
  PodDisruptionBudget: {
    path: '/apis/policy/v1/poddisruptionbudgets',
    body: { spec: { minAvailable: 1, selector } },
    made: { status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 } },
    row: ['1', 'N/A', 0, expect.any(String)],
  },
  PriorityClass: {
    path: '/apis/scheduling.k8s.io/v1/priorityclasses',
    cluster: true,
    body: { value: 7 },
    made: { value: 7, preemptionPolicy: 'PreemptLowerPriority' },
    row: [7, false, expect.any(String), 'PreemptLowerPriority'],
  },
  HorizontalPodAutoscaler: {
    path: '/apis/autoscaling/v2/horizontalpodautoscalers',
    body: { spec: { maxReplicas: 3, scaleTargetRef } },
    made: {
      spec: {
        minReplicas: 1,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
        ],
      },
      status: { desiredReplicas: 0, currentMetrics: null },
    },
    row: ['Deployment/x', 'cpu: <unknown>/80%', '1', 3, 0, expect.any(String)],
  },
  Ingress: {
    path: '/apis/networking.k8s.io/v1/ingresses',
    body: {
      spec: {
        rules: [
          {
            host: 'a.b',
            http: {
              paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 80 } } } }],
            },
          },
        ],
      },
    },
    made: { metadata: { generation: 1 }, status: { loadBalancer: {} } },
    row: ['<none>', 'a.b', '', '80', expect.any(String)],
  },
  IngressClass: {
    path: '/apis/networking.k8s.io/v1/ingressclasses',
    cluster: true,
    body: { spec: { controller: 'conf.example/none' } },
    made: { metadata: { generation: 1 }, spec: { controller: 'conf.example/none' } },
    row: ['conf.example/none', '<none>', expect.any(String)],
  },
  NetworkPolicy: {
    path: '/apis/networking.k8s.io/v1/networkpolicies',
    body: { spec: { podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] } },
    made: { spec: { policyTypes: ['Ingress'], ingress: [{ ports: [{ protocol: 'TCP', port: 80 }] }] } },
    row: ['<none>', expect.any(String)],
  },
}

const containers = [{ name: 'c', image: 'busybox' }]
const jobWith = (spec: Json) => ({ spec: { suspend: true, template: never, ...spec } })
const cronWith = (spec: Json) => ({ spec: { schedule: '@daily', jobTemplate: { spec: { template: never } }, ...spec } })
const setWith = (spec: Json) => ({ spec: { replicas: 0, selector, template: podTemplate(), ...spec } })
const hpaWith = (spec: Json) => ({ spec: { maxReplicas: 3, scaleTargetRef, ...spec } })

/** Bodies that are refused, with the field and text of each cause. */
const refused: [string, string, Json, [string, string][]][] = [
  [
    'a claim without size or mode',
    '/api/v1/persistentvolumeclaims',
    { spec: { accessModes: [], resources: {} } },
    [
      ['spec.accessModes', 'Required value: at least 1 access mode is required'],
      ['spec.resources[storage]', 'Required value'],
    ],
  ],
  [
    'a claim of no known mode',
    '/api/v1/persistentvolumeclaims',
    { spec: { ...claimSpec, accessModes: ['Often'], volumeMode: 'Odd' } },
    [
      [
        'spec.accessModes',
        'Unsupported value: "Often": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
      ],
      ['spec.volumeMode', 'Unsupported value: "Odd": supported values: "Block", "Filesystem"'],
    ],
  ],
  [
    'a volume of no kind',
    '/api/v1/persistentvolumes',
    { spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] } },
    [['spec', 'Required value: must specify a volume type']],
  ],
  [
    'a StatefulSet with an odd strategy',
    '/apis/apps/v1/statefulsets',
    setWith({
      podManagementPolicy: 'Odd',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: -1 } },
    }),
    [
      ['spec.podManagementPolicy', `Invalid value: "Odd": must be 'OrderedReady' or 'Parallel'`],
      ['spec.updateStrategy.rollingUpdate.partition', 'Invalid value: -1: must be greater than or equal to 0'],
    ],
  ],
  [
    'a CronJob with no schedule of this world',
    '/apis/batch/v1/cronjobs',
    cronWith({ schedule: '* * *', timeZone: 'Mars/Base', concurrencyPolicy: 'Odd' }),
    [
      ['spec.schedule', 'Invalid value: "* * *": expected exactly 5 fields, found 3: [* * *]'],
      ['spec.timeZone', 'Invalid value: "Mars/Base": unknown time zone Mars/Base'],
      ['spec.concurrencyPolicy', 'Unsupported value: "Odd": supported values: "Allow", "Forbid", "Replace"'],
    ],
  ],
  [
    'a zone in the schedule',
    '/apis/batch/v1/cronjobs',
    cronWith({ schedule: 'TZ=UTC 0 * * * *' }),
    [
      [
        'spec.schedule',
        'Invalid value: "TZ=UTC 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
      ],
    ],
  ],
  [
    'a Job with a limit per index and no indexes',
    '/apis/batch/v1/jobs',
    jobWith({ backoffLimitPerIndex: 1 }),
    [['spec.backoffLimitPerIndex', 'Invalid value: 1: requires indexed completion mode']],
  ],
  [
    'a failure policy that says nothing right',
    '/apis/batch/v1/jobs',
    jobWith({
      podFailurePolicy: {
        rules: [
          { action: 'Odd', onExitCodes: { operator: 'In', values: [0, 3, 2] } },
          { action: 'FailIndex', onExitCodes: { containerName: 'z', operator: 'NotIn', values: [] } },
        ],
      },
    }),
    [
      [
        'spec.podFailurePolicy.rules[0].action',
        'Unsupported value: "Odd": supported values: "Count", "FailIndex", "FailJob", "Ignore"',
      ],
      ['spec.podFailurePolicy.rules[0].onExitCodes.values[0]', 'Invalid value: 0: must not be 0 for the In operator'],
      ['spec.podFailurePolicy.rules[0].onExitCodes.values', 'Invalid value: [0,3,2]: must be ordered'],
      [
        'spec.podFailurePolicy.rules[1].action',
        'Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set',
      ],
      [
        'spec.podFailurePolicy.rules[1].onExitCodes.containerName',
        'Invalid value: "z": must be one of the container or initContainer names in the pod template',
      ],
      ['spec.podFailurePolicy.rules[1].onExitCodes.values', 'Invalid value: []: at least one value is required'],
    ],
  ],
  [
    'a success policy beyond the indexes',
    '/apis/batch/v1/jobs',
    jobWith({
      completionMode: 'Indexed',
      completions: 3,
      successPolicy: { rules: [{}, { succeededIndexes: '0-9' }, { succeededIndexes: '0-1', succeededCount: 3 }] },
    }),
    [
      [
        'spec.successPolicy.rules[0]',
        'Required value: at least one of succeededCount or succeededIndexes must be specified',
      ],
      [
        'spec.successPolicy.rules[1].succeededIndexes',
        'Invalid value: "0-9": error parsing succeededIndexes: too large index: "9"',
      ],
      [
        'spec.successPolicy.rules[2].succeededCount',
        'Invalid value: 3: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)',
      ],
    ],
  ],
  [
    'a failure policy with OnFailure',
    '/apis/batch/v1/jobs',
    jobWith({
      podReplacementPolicy: 'TerminatingOrFailed',
      podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }] },
      template: { spec: { restartPolicy: 'OnFailure', containers } },
    }),
    [
      ['spec.podReplacementPolicy', 'Unsupported value: "TerminatingOrFailed": supported values: "Failed"'],
      [
        'spec.template.spec.restartPolicy',
        'Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified',
      ],
    ],
  ],
  [
    'a budget of more than everything',
    '/apis/policy/v1/poddisruptionbudgets',
    { spec: { minAvailable: '120%' } },
    [['spec.minAvailable', 'Invalid value: "120%": must not be greater than 100%']],
  ],
  [
    'a priority beyond the users',
    '/apis/scheduling.k8s.io/v1/priorityclasses',
    { value: 1_000_000_001 },
    [['value', 'Forbidden: maximum allowed value of a user defined priority is 1000000000']],
  ],
  [
    'an autoscaler with no room',
    '/apis/autoscaling/v2/horizontalpodautoscalers',
    hpaWith({ minReplicas: 4, metrics: [{ type: 'Resource' }] }),
    [
      ['spec.maxReplicas', 'Invalid value: 3: must be greater than or equal to `minReplicas`'],
      ['spec.metrics[0].resource', 'Required value: must populate information for the given metric source'],
    ],
  ],
  [
    'a Deployment that may neither grow nor shrink',
    '/apis/apps/v1/deployments',
    setWith({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
    [['spec.strategy.rollingUpdate.maxUnavailable', 'Invalid value: 0: may not be 0 when `maxSurge` is 0']],
  ],
  [
    'an Ingress without anything',
    '/apis/networking.k8s.io/v1/ingresses',
    { spec: {} },
    [['spec', 'Invalid value: null: either `defaultBackend` or `rules` must be specified']],
  ],
]

/** Fields that may not change once they are set. */
const frozen: [string, string, Json, Json, string][] = [
  ['StatefulSet', '/apis/apps/v1/statefulsets', setWith({ serviceName: 's' }), { spec: { serviceName: 't' } }, 'spec'],
  [
    'DaemonSet',
    '/apis/apps/v1/daemonsets',
    { spec: { selector, template: { ...podTemplate(), spec: { ...podTemplate().spec, nodeSelector: { no: 'no' } } } } },
    { spec: { selector: { matchLabels: { app: 'y' } }, template: { metadata: { labels: { app: 'y' } } } } },
    'spec.selector',
  ],
  [
    'ControllerRevision',
    '/apis/apps/v1/controllerrevisions',
    { data: { a: 1 }, revision: 1 },
    { data: { a: 2 } },
    'data',
  ],
  [
    'Job',
    '/apis/batch/v1/jobs',
    jobWith({ completions: 2, completionMode: 'Indexed' }),
    { spec: { completions: 3 } },
    'spec.completions',
  ],
  [
    'PersistentVolumeClaim',
    '/api/v1/persistentvolumeclaims',
    { spec: { ...claimSpec, storageClassName: 'conf-none' } },
    { spec: { accessModes: ['ReadOnlyMany'] } },
    'spec',
  ],
]

export function kindSuite({ cluster }: Subject): void {
  describe('kinds', () => {
    let ns = ''
    const made: string[] = []
    const at = (path: string) => {
      const cut = path.lastIndexOf('/')
      return `${path.slice(0, cut)}/namespaces/${ns}${path.slice(cut)}`
    }
    const own = (path: string) =>
      /persistentvolumes|storageclasses|priorityclasses|ingressclasses/.test(path) ? path : at(path)
    beforeAll(async () => {
      ns = await cluster().namespace()
    })
    afterAll(async () => {
      for (const path of [...made, `/api/v1/namespaces/${ns}`]) await cluster().del(path)
    })

    test.for(Object.entries(samples))('%s: defaults, status and the printed row', async ([kind, sample]) => {
      const path = own(sample.path)
      const name = sample.cluster ? `${ns}-x` : 'sample'
      const answer = await cluster().post(path, { ...sample.body, metadata: { name } })
      if (sample.cluster) made.push(`${path}/${name}`)
      expect(answer.status, JSON.stringify(answer.body)).toBe(201)
      expect(answer.body).toMatchObject({ kind, ...sample.made })
      const table = await cluster().get(`${path}?fieldSelector=metadata.name=${name}`, {
        Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
      })
      expect(table.body.rows.map((row: Json) => row.cells)).toEqual([[name, ...sample.row]])
    })

    test.for(refused)('%s is refused with its causes', async ([, path, body, causes]) => {
      const answer = await cluster().post(own(path), { ...body, metadata: { name: 'refused' } })
      expect([answer.status, answer.body.reason]).toEqual([422, 'Invalid'])
      expect(answer.body.details.causes.map((cause: Json) => [cause.field, cause.message])).toEqual(causes)
    })

    test.for(frozen)('%s: what is fixed stays', async ([kind, path, body, patch, field]) => {
      const made = await cluster().post(at(path), { ...body, metadata: { name: 'frozen' } })
      expect(made.status, JSON.stringify(made.body)).toBe(201)
      const answer = await cluster().merge(`${at(path)}/frozen`, patch)
      expect([kind, answer.status, answer.body.details?.causes?.[0]?.field]).toEqual([kind, 422, field])
    })

    test('a template of a DaemonSet counts its generations', async () => {
      const path = at('/apis/apps/v1/daemonsets')
      const spec = {
        selector,
        template: { ...podTemplate(), spec: { ...podTemplate().spec, nodeSelector: { no: 'no' } } },
      }
      await cluster().post(path, { metadata: { name: 'counted' }, spec })
      const changed = await cluster().merge(`${path}/counted`, {
        spec: { template: { metadata: { labels: { b: 'c' } } } },
      })
      expect(changed.body.metadata.annotations['deprecated.daemonset.template.generation']).toBe('2')
    })

    test('an Event is the same in core/v1 and events.k8s.io/v1', async () => {
      const regarding = { kind: 'Pod', namespace: ns, name: 'p', apiVersion: 'v1' }
      const body = {
        metadata: { name: 'seen' },
        eventTime: '2026-01-01T00:00:00.000000Z',
        reportingController: 'k/x',
        reportingInstance: 'i',
        action: 'A',
        reason: 'R',
        type: 'Normal',
        note: 'hello',
        regarding,
      }
      const posted = await cluster().post(at('/apis/events.k8s.io/v1/events'), body)
      expect([posted.status, posted.body]).toMatchObject([
        201,
        {
          apiVersion: 'events.k8s.io/v1',
          note: 'hello',
          regarding,
          deprecatedSource: {},
          deprecatedFirstTimestamp: null,
          deprecatedLastTimestamp: null,
        },
      ])
      const core = await cluster().get(`${at('/api/v1/events')}/seen`)
      expect(core.body).toMatchObject({
        apiVersion: 'v1',
        message: 'hello',
        involvedObject: regarding,
        reportingComponent: 'k/x',
        firstTimestamp: null,
      })
      expect(core.body.note).toBeUndefined()
      const chosen = await cluster().get(
        `${at('/apis/events.k8s.io/v1/events')}?fieldSelector=regarding.name=p,reason=R`,
      )
      expect(chosen.body.items.map((each: Json) => [each.metadata.name, each.note])).toEqual([['seen', 'hello']])
      const watched = await cluster().watch(`${at('/apis/events.k8s.io/v1/events')}?watch=1`, (seen) =>
        seen.some((each) => each.object.metadata.name === 'seen'),
      )
      expect(watched.find((each) => each.object.metadata.name === 'seen')?.object.note).toBe('hello')
    })

    test('an autoscaler is the same in v1 and v2', async () => {
      const v1 = at('/apis/autoscaling/v1/horizontalpodautoscalers')
      const spec = { maxReplicas: 3, targetCPUUtilizationPercentage: 55, scaleTargetRef }
      const posted = await cluster().post(v1, { metadata: { name: 'older' }, spec })
      expect(posted.body.spec).toEqual({ minReplicas: 1, ...spec })
      const newer = await cluster().get(`${at('/apis/autoscaling/v2/horizontalpodautoscalers')}/older`)
      expect(newer.body.spec.metrics).toEqual([
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 55 } } },
      ])
    })

    test('a pod gets the number of its priority class', async () => {
      const pods = `/api/v1/namespaces/${ns}/pods`
      const name = `${ns}-pc`
      made.push(`/apis/scheduling.k8s.io/v1/priorityclasses/${name}`)
      await cluster().post('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name }, value: 12 })
      const pod = (spec: Json) => ({
        metadata: { generateName: 'p-' },
        spec: { containers, nodeName: 'nowhere', ...spec },
      })
      // A real server's admission learns of the class by a watch.
      const given = await eventually(async () => {
        const answer = await cluster().post(pods, pod({ priorityClassName: name }))
        return answer.status === 201 ? answer : false
      })
      expect(given.body.spec).toMatchObject({ priority: 12, preemptionPolicy: 'PreemptLowerPriority' })
      const unknown = await cluster().post(pods, pod({ priorityClassName: 'nope' }))
      expect([unknown.status, unknown.body.message]).toEqual([
        403,
        expect.stringMatching(/is forbidden: no PriorityClass with name nope was found$/),
      ])
      const own = await cluster().post(pods, pod({ priority: 3 }))
      expect(own.body.message).toMatch(/the integer value of priority \(3\) must not be provided in pod spec/)
    })

    test('an eviction must name its pod', async () => {
      const pods = `/api/v1/namespaces/${ns}/pods`
      await cluster().post(pods, { metadata: { name: 'evicted' }, spec: { containers, schedulerName: 'none' } })
      const eviction = (name: string) => ({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } })
      const wrong = await cluster().post(`${pods}/evicted/eviction`, eviction('other'))
      expect([wrong.status, wrong.body.message]).toEqual([400, 'name in URL does not match name in Eviction object'])
      const missing = await cluster().post(`${pods}/gone/eviction`, eviction('gone'))
      expect([missing.status, missing.body.reason]).toEqual([404, 'NotFound'])
      const done = await cluster().post(`${pods}/evicted/eviction`, eviction('evicted'))
      expect([done.status, done.body.status]).toEqual([201, 'Success'])
      await eventually(async () => (await cluster().get(`${pods}/evicted`)).status === 404)
    })

    test('a claim that waits for its protection is shown as going', async () => {
      const path = at('/api/v1/persistentvolumeclaims')
      const body = {
        metadata: { name: 'going', finalizers: ['conf.example/hold'] },
        spec: { ...claimSpec, storageClassName: 'conf-none' },
      }
      await cluster().post(path, body)
      const going = await cluster().del(`${path}/going`)
      expect(going.body.metadata.deletionTimestamp).toEqual(expect.any(String))
      await cluster().merge(`${path}/going`, { metadata: { finalizers: null } })
      expect((await cluster().get(`${path}/going`)).status).toBe(404)
    })
  })
}
