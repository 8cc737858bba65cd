import { beforeAll, describe, expect, test } from 'vitest'
import type { Subject } from '../cluster.ts'

/** Each row is a pod spec (over a good one) and all that is wrong with it, in the server's own words. */
const rows: readonly [string, object, string][] = [
  [
    'dnsPolicy',
    { dnsPolicy: 'Mine' },
    'spec.dnsPolicy: Unsupported value: "Mine": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
  ],
  [
    'dnsPolicy None alone',
    { dnsPolicy: 'None' },
    'spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None',
  ],
  [
    'dnsConfig',
    { dnsConfig: { nameservers: ['dns', '10.0.0.1'], options: [{ value: 'x' }] } },
    '[spec.dnsConfig.nameservers[0]: Invalid value: "dns": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff), spec.dnsConfig.options[0]: Required value: must not be empty]',
  ],
  [
    'host names',
    { hostname: 'A_b', hostAliases: [{ ip: 'x', hostnames: ['ok'] }] },
    "[spec.hostname: Invalid value: \"A_b\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?'), spec.hostAliases[0].ip: Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)]",
  ],
  [
    'pod security context',
    { securityContext: { runAsUser: -1, fsGroup: 3_000_000_000, supplementalGroups: [1, -2] } },
    '[spec.securityContext.fsGroup: Invalid value: 3000000000: must be between 0 and 2147483647, inclusive, spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive, spec.securityContext.supplementalGroups[1]: Invalid value: -2: must be between 0 and 2147483647, inclusive]',
  ],
  [
    'sysctls',
    {
      hostIPC: true,
      securityContext: {
        sysctls: [
          { name: 'A!', value: '1' },
          { name: 'kernel.sem', value: '1' },
        ],
      },
    },
    '[spec.securityContext.sysctls[0].name: Invalid value: "A!": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$, spec.securityContext.sysctls[1].name: Invalid value: "kernel.sem": may not be specified when \'hostIPC\' is true]',
  ],
  [
    'seccomp',
    { securityContext: { seccompProfile: { type: 'Localhost' } } },
    'spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost',
  ],
  [
    'seccomp type',
    { securityContext: { seccompProfile: { type: 'Mine' } } },
    'spec.securityContext.seccompProfile.type: Unsupported value: "Mine": supported values: "Localhost", "RuntimeDefault", "Unconfined"',
  ],
  [
    'shared processes',
    { hostPID: true, shareProcessNamespace: true },
    'spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled',
  ],
  [
    'procMount',
    { containers: [{ name: 'c', image: 'busybox', securityContext: { procMount: 'Unmasked' } }] },
    'spec.containers[0].securityContext.procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`',
  ],
  [
    'ports on the host network',
    { hostNetwork: true, containers: [{ name: 'c', image: 'busybox', ports: [{ containerPort: 80, hostPort: 81 }] }] },
    'spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true',
  ],
  [
    'ports',
    {
      containers: [
        {
          name: 'c',
          image: 'busybox',
          ports: [
            { name: 'Web_1', containerPort: 70_000 },
            { containerPort: 1, protocol: 'ICMP' },
          ],
        },
      ],
    },
    '[spec.containers[0].ports[0].name: Invalid value: "Web_1": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-), spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive, spec.containers[0].ports[1].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"]',
  ],
  [
    'environment',
    {
      containers: [
        {
          name: 'c',
          image: 'busybox',
          env: [
            { name: 'A=B' },
            { name: 'C', valueFrom: {} },
            { name: 'D', value: 'x', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
          ],
        },
      ],
    },
    '[spec.containers[0].env[0].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than \'=\', spec.containers[0].env[1].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`, spec.containers[0].env[2].valueFrom: Invalid value: "": may not be specified when `value` is not empty]',
  ],
  [
    'policies',
    { containers: [{ name: 'c', image: 'busybox', imagePullPolicy: 'Now', terminationMessagePolicy: 'Log' }] },
    '[spec.containers[0].terminationMessagePolicy: Unsupported value: "Log": supported values: "File", "FallbackToLogsOnError", spec.containers[0].imagePullPolicy: Unsupported value: "Now": supported values: "Always", "IfNotPresent", "Never"]',
  ],
  [
    'probes',
    {
      containers: [
        {
          name: 'c',
          image: 'busybox',
          livenessProbe: { exec: {}, successThreshold: 2 },
          readinessProbe: { httpGet: { port: 0 }, tcpSocket: { port: 1 } },
          startupProbe: { periodSeconds: -1 },
          lifecycle: { preStop: {} },
        },
      ],
    },
    '[spec.containers[0].lifecycle.preStop: Required value: must specify a handler type, spec.containers[0].livenessProbe.exec.command: Required value, spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1, spec.containers[0].readinessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive, spec.containers[0].readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type, spec.containers[0].startupProbe: Required value: must specify a handler type, spec.containers[0].startupProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0]',
  ],
  [
    'probe of an init container',
    { initContainers: [{ name: 'i', image: 'busybox', livenessProbe: { exec: { command: ['x'] } } }] },
    'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
  ],
  [
    'restart policies of containers',
    {
      initContainers: [{ name: 'i', image: 'busybox', restartPolicy: 'Sometimes' }],
      containers: [
        {
          name: 'a',
          image: 'busybox',
          restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }],
        },
        {
          name: 'b',
          image: 'busybox',
          restartPolicy: 'Never',
          restartPolicyRules: [{ action: 'Nope', exitCodes: { operator: 'Is', values: [1] } }, { action: 'Restart' }],
        },
      ],
    },
    '[spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used, spec.containers[1].restartPolicyRules[0].action: Unsupported value: "Nope": supported values: "Restart", "RestartAllContainers", spec.containers[1].restartPolicyRules[0].exitCodes.operator: Unsupported value: "Is": supported values: "In", "NotIn", spec.containers[1].restartPolicyRules[1].exitCodes: Required value: must be specified, spec.initContainers[0].restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"]',
  ],
  [
    'sleeps, mounts and keys',
    {
      terminationGracePeriodSeconds: 5,
      volumes: [
        { name: 'v', emptyDir: {} },
        {
          name: 'c',
          configMap: { name: '', defaultMode: 512, items: [{ key: '', path: '../x', mode: 1000 }, { key: 'k' }] },
        },
        { name: 'p', projected: { defaultMode: -1, sources: [{ secret: { items: [{ key: 'k', path: '/abs' }] } }] } },
      ],
      containers: [
        {
          name: 'a',
          image: 'busybox',
          lifecycle: { preStop: { sleep: { seconds: 6 } }, postStart: { sleep: { seconds: 5 } } },
          volumeMounts: [
            { name: 'v', mountPath: '/a', subPath: '../x' },
            { name: 'v', mountPath: '/a', subPath: '/x' },
            { name: 'v', mountPath: '/b', subPath: 'x', subPathExpr: 'y' },
            { name: 'v', mountPath: '/c', subPathExpr: '../$(X)' },
            { name: 'c', mountPath: '/d' },
          ],
        },
      ],
    },
    '[spec.volumes[1].configMap.name: Required value, spec.volumes[1].configMap.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive, spec.volumes[1].configMap.items[0].key: Required value, spec.volumes[1].configMap.items[0].path: Invalid value: "../x": must not contain \'..\', spec.volumes[1].configMap.items[0].mode: Invalid value: 1000: must be a number between 0 and 0777 (octal), both inclusive, spec.volumes[1].configMap.items[1].path: Required value, spec.volumes[2].projected.defaultMode: Invalid value: -1: must be a number between 0 and 0777 (octal), both inclusive, spec.volumes[2].projected.sources[0].secret.name: Required value, spec.volumes[2].projected.sources[0].secret.items[0].path: Invalid value: "/abs": must be a relative path, spec.containers[0].volumeMounts.subPath: Invalid value: "../x": must not contain \'..\', spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/a": must be unique, spec.containers[0].volumeMounts.subPath: Invalid value: "/x": must be a relative path, spec.containers[0].volumeMounts[2].subPathExpr: Invalid value: "y": subPathExpr and subPath are mutually exclusive, spec.containers[0].volumeMounts.subPathExpr: Invalid value: "../$(X)": must not contain \'..\', spec.containers[0].volumeMounts[4].name: Not found: "c", spec.containers[0].lifecycle.preStop.sleep: Invalid value: 6: must be non-negative and less than terminationGracePeriodSeconds (5)]',
  ],
  [
    'tolerations',
    {
      tolerations: [
        { operator: 'Equal', value: 'x' },
        { key: 'a', operator: 'Exists', value: 'x', effect: 'NoSchedule', tolerationSeconds: 1 },
        { key: 'b', effect: 'Never' },
      ],
    },
    '[spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys", spec.tolerations[1].effect: Invalid value: "NoSchedule": effect must be \'NoExecute\' when `tolerationSeconds` is set, spec.tolerations[1].operator: Invalid value: "x": value must be empty when `operator` is \'Exists\', spec.tolerations[2].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"]',
  ],
  [
    'node affinity',
    {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              {
                matchExpressions: [
                  { key: 'a', operator: 'In' },
                  { key: 'b', operator: 'Near', values: ['x'] },
                ],
              },
            ],
          },
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 0, preference: { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['x'] }] } },
          ],
        },
      },
    },
    "[spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn', spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[1].operator: Invalid value: \"Near\": not a valid selector operator, spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100, spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist']",
  ],
  [
    'node affinity without terms',
    { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } } },
    'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
  ],
  [
    'pod affinity',
    {
      affinity: {
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 101,
              podAffinityTerm: {
                topologyKey: 'zone',
                labelSelector: { matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] },
              },
            },
          ],
        },
      },
    },
    '[spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100, spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector.matchExpressions[0].operator: Invalid value: "Gt": not a valid selector operator]',
  ],
  [
    'spread',
    { topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'zone', whenUnsatisfiable: 'Maybe', labelSelector: {} }] },
    '[spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero, spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Maybe": supported values: "DoNotSchedule", "ScheduleAnyway"]',
  ],
]

export function podValidationSuite({ cluster }: Subject): void {
  describe('pod validation', () => {
    let path = ''
    beforeAll(async () => {
      path = `/api/v1/namespaces/${await cluster().namespace()}/pods`
    })
    test.each(rows)('%s', async (_, spec, faults) => {
      const answer = await cluster().post(`${path}?dryRun=All`, {
        metadata: { name: 'p' },
        spec: { containers: [{ name: 'c', image: 'busybox' }], ...spec },
      })
      expect([answer.status, answer.body.message]).toEqual([422, `Pod "p" is invalid: ${faults}`])
    })

    test('quantities with exponents are kept so, in their canonical form', async () => {
      const answer = await cluster().post(`${path}?dryRun=All`, {
        metadata: { name: 'p' },
        spec: {
          containers: [
            {
              name: 'c',
              image: 'busybox',
              resources: { requests: { memory: '1e3', cpu: '5e-1' }, limits: { memory: '12E4' } },
            },
          ],
        },
      })
      expect(answer.body.spec.containers[0].resources).toEqual({
        requests: { memory: '1e3', cpu: '500e-3' },
        limits: { memory: '120e3' },
      })
    })

    test('a template is held to the same rules, at its own path', async () => {
      const namespace = path.split('/')[4] ?? ''
      const answer = await cluster().post(`/apis/batch/v1/namespaces/${namespace}/jobs`, {
        metadata: { name: 'j' },
        spec: {
          template: { spec: { restartPolicy: 'Never', dnsPolicy: 'None', containers: [{ name: 'c', image: 'x' }] } },
        },
      })
      expect(answer.body.message).toBe(
        'Job.batch "j" is invalid: spec.template.spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None',
      )
    })
  })
}
