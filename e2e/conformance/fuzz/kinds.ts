/** The kinds that the steps write, and random contents for them. None of them has a controller that writes by itself. */
import type { Json } from '../cluster.ts'
import type { Dice } from './dice.ts'

export const kinds = {
  configmaps: { apiVersion: 'v1', kind: 'ConfigMap' },
  secrets: { apiVersion: 'v1', kind: 'Secret' },
  // For a scheduler that nobody runs: they stay as they are written.
  pods: { apiVersion: 'v1', kind: 'Pod' },
  services: { apiVersion: 'v1', kind: 'Service' },
  limitranges: { apiVersion: 'v1', kind: 'LimitRange' },
  roles: { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role' },
  leases: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
  networkpolicies: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
  fuzzes: { apiVersion: 'fuzz.example.dev/v1', kind: 'Fuzz' },
} as const
export type KindName = keyof typeof kinds
export const kindNames = Object.keys(kinds) as KindName[]

export const words = ['a', 'b', 'c', 'red', 'blue', '']

function map(dice: Dice): Json {
  const out: Json = {}
  for (const key of ['k1', 'k2', 'k3']) if (dice.chance(0.4)) out[key] = dice.pick(words)
  return out
}

const parts = (dice: Dice): Json =>
  ['x', 'y', 'z']
    .filter(() => dice.chance(0.4))
    .map((id) => (dice.chance(0.6) ? { id, note: dice.pick(words) } : { id }))

const quantities = ['0.5', '500m', '1', '1e3', '0', '-1', 'x']
const selectors: readonly Json[] = [
  {},
  { matchLabels: { a: 'b' } },
  { matchExpressions: [{ key: 'a', operator: 'In', values: ['x', 'y'] }] },
  { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['x'] }] },
  { matchExpressions: [{ key: 'a', operator: 'Near' }] },
]

function container(dice: Dice, name: string): Json {
  return {
    name,
    image: dice.pick(['busybox:1', 'busybox:2', 'busybox']),
    ...dice.maybe(0.4, () => ({
      env: ['A', 'B', 'C'].filter(() => dice.chance(0.5)).map((key) => ({ name: key, value: dice.pick(words) })),
    })),
    ...dice.maybe(0.3, () => ({
      ports: [80, 81]
        .filter(() => dice.chance(0.6))
        .map((port) => ({
          containerPort: port,
          ...dice.maybe(0.3, () => ({ protocol: dice.pick(['UDP', 'TCP', 'X']) })),
        })),
    })),
    ...dice.maybe(0.3, () => ({
      resources: {
        requests: { cpu: dice.pick(quantities) },
        ...dice.maybe(0.5, () => ({ limits: { cpu: dice.pick(quantities), memory: '64Mi' } })),
      },
    })),
    ...dice.maybe(0.1, () => ({ imagePullPolicy: dice.pick(['Always', 'Never', 'Later']) })),
    ...dice.maybe(0.1, () => ({
      livenessProbe: { exec: { command: ['true'] }, periodSeconds: dice.pick([5, 0, -1]) },
    })),
    ...dice.maybe(0.03, () => ({ bogus: true })),
  }
}

function pod(dice: Dice): Json {
  return {
    spec: {
      schedulerName: 'nobody',
      containers: ['c', 'd'].filter((_, index) => index === 0 || dice.chance(0.3)).map((name) => container(dice, name)),
      ...dice.maybe(0.5, () => ({ automountServiceAccountToken: false })),
      ...dice.maybe(0.2, () => ({ activeDeadlineSeconds: dice.pick([10, 20, 0]) })),
      ...dice.maybe(0.2, () => ({ nodeSelector: { disk: dice.pick(words) } })),
      ...dice.maybe(0.3, () => ({
        tolerations: [
          { key: dice.pick(['t', 'u']), operator: 'Exists', effect: dice.pick(['NoSchedule', 'NoExecute']) },
        ],
      })),
      ...dice.maybe(0.1, () => ({ restartPolicy: dice.pick(['Never', 'Sometimes']) })),
      ...dice.maybe(0.2, () => ({
        volumes: [
          { name: 'v', emptyDir: {} },
          { name: 'w', configMap: { name: 'one' } },
        ],
      })),
    },
  }
}

/** What a kind holds beside its metadata; sometimes wrong. */
export const contents: Record<KindName, (dice: Dice) => Json> = {
  configmaps: (dice) => ({
    ...dice.maybe(0.8, () => ({ data: dice.chance(0.05) ? { k1: 1 } : map(dice) })),
    ...dice.maybe(0.15, () => ({ binaryData: { [dice.pick(['k1', 'k9', 'bad/key'])]: dice.pick(['YQ==', '***']) } })),
    ...dice.maybe(0.04, () => ({ immutable: true })),
    ...dice.maybe(0.05, () => ({ bogus: { a: 1 } })),
  }),
  secrets: (dice) => ({
    ...(dice.chance(0.5) ? { stringData: map(dice) } : { data: dice.chance(0.1) ? { k1: '***' } : { k1: 'YQ==' } }),
    ...dice.maybe(0.2, () => ({ type: dice.pick(['Opaque', 'example.dev/own', 'kubernetes.io/basic-auth']) })),
    ...dice.maybe(0.04, () => ({ immutable: true })),
  }),
  pods: pod,
  services: (dice) => ({
    spec: {
      ...dice.maybe(0.9, () => ({
        ports: [80, 81]
          .filter((port) => port === 80 || dice.chance(0.4))
          .map((port) => ({
            port,
            ...dice.maybe(0.8, () => ({ name: `p${port}` })),
            ...dice.maybe(0.3, () => ({ targetPort: dice.pick([8080, 'web', 0]) })),
          })),
      })),
      // Without a selector: no controller makes endpoints for it.
      ...dice.maybe(0.3, () => ({ clusterIP: dice.pick(['None', 'None', 'x']) })),
      ...dice.maybe(0.2, () => ({ sessionAffinity: dice.pick(['ClientIP', 'None', 'Sticky']) })),
      ...dice.maybe(0.1, () => ({ type: dice.pick(['ClusterIP', 'ExternalName', 'Other']) })),
    },
  }),
  limitranges: (dice) => ({
    spec: {
      limits: dice.chance(0.9)
        ? [
            {
              type: dice.pick(['PersistentVolumeClaim', 'PersistentVolumeClaim', 'Pod']),
              min: { storage: dice.pick(['1', '1Ki', '1e3']) },
              ...dice.maybe(0.4, () => ({ max: { storage: dice.pick(['4k', '1']) } })),
            },
          ]
        : [],
    },
  }),
  roles: (dice) => ({
    rules: dice.chance(0.1)
      ? [{ resources: ['pods'] }]
      : dice.chance(0.1)
        ? []
        : [{ apiGroups: [''], resources: dice.pick([['pods'], ['configmaps']]), verbs: [dice.pick(['get', 'list'])] }],
  }),
  leases: (dice) => ({
    spec: {
      holderIdentity: dice.pick(['p', 'q', '']),
      ...dice.maybe(0.5, () => ({ leaseDurationSeconds: dice.pick([1, 30, 0]) })),
      ...dice.maybe(0.1, () => ({
        renewTime: dice.pick(['2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00Z', 'noon']),
      })),
    },
  }),
  networkpolicies: (dice) => ({
    spec: {
      podSelector: dice.pick(selectors),
      ...dice.maybe(0.5, () => ({
        ingress: [
          { from: [{ namespaceSelector: dice.pick(selectors) }], ports: [{ port: dice.pick([80, 'web', 0]) }] },
        ],
      })),
      ...dice.maybe(0.3, () => ({
        egress: dice.pick<Json>([[{}], [{ to: [{ ipBlock: { cidr: dice.pick(['10.0.0.0/8', '10.0.0.1']) } }] }]]),
      })),
      ...dice.maybe(0.3, () => ({ policyTypes: dice.pick([['Ingress'], ['Egress', 'Ingress'], ['Sideways']]) })),
    },
  }),
  fuzzes: (dice) => ({
    spec: {
      ...dice.maybe(0.9, () => ({ size: dice.chance(0.05) ? 'big' : dice.pick([1, 2, 3, 99]) })),
      ...dice.maybe(0.4, () => ({ color: dice.pick(['red', 'blue', 'green']) })),
      ...dice.maybe(0.5, () => ({ parts: parts(dice) })),
      ...dice.maybe(0.3, () => ({ tags: dice.pick([['a'], ['a', 'b'], ['b', 'b']]) })),
      ...dice.maybe(0.3, () => ({ whole: map(dice) })),
      ...dice.maybe(0.3, () => ({ free: { any: [1, { x: dice.pick(words) }] } })),
      ...dice.maybe(0.2, () => ({ port: dice.pick([80, 'http']) })),
      ...dice.maybe(0.2, () => ({ maybe: dice.pick(['x', null]) })),
      ...dice.maybe(0.2, () => ({ replicas: dice.pick([0, 1, 5, -1]) })),
      ...dice.maybe(0.2, () => ({ least: dice.pick([1, 2]), most: dice.pick([1, 2]) })),
      ...dice.maybe(0.1, () => ({ when: dice.pick(['2026-01-01T00:00:00Z', 'noon']) })),
      ...dice.maybe(0.05, () => ({ bogus: 1 })),
    },
    ...dice.maybe(0.1, () => ({ status: { phase: 'said on the way in' } })),
  }),
}

/** A status for `/status`; sometimes wrong, with a spec that must not be taken. */
export function statusOf(dice: Dice, kind: KindName): Json {
  const status =
    kind === 'pods'
      ? {
          phase: dice.pick(['Running', 'Failed']),
          conditions: [{ type: dice.pick(['Ready', 'Own']), status: dice.pick(['True', 'False']) }],
        }
      : kind === 'services'
        ? { loadBalancer: { ingress: [{ ip: dice.pick(['10.0.0.1', 'x']) }] } }
        : {
            size: dice.pick([1, 2, 'x']),
            phase: dice.pick(words),
            replicas: dice.pick([0, 1]),
            selector: 'a=b',
            more: 1,
          }
  return {
    status,
    ...dice.maybe(0.3, () => ({ spec: { size: 3 } })),
    ...dice.maybe(0.2, () => ({ metadata: { labels: { by: 'status' } } })),
  }
}

export const crdName = 'fuzzes.fuzz.example.dev'
const text = { type: 'string' }

const specSchema = {
  type: 'object',
  'x-kubernetes-validations': [
    {
      rule: '!has(self.least) || !has(self.most) || self.least <= self.most',
      messageExpression: "'least is ' + (self.least > self.most ? 'above' : 'beside') + ' most'",
      reason: 'FieldValueForbidden',
      fieldPath: '.least',
    },
  ],
  properties: {
    size: {
      type: 'integer',
      maximum: 10,
      'x-kubernetes-validations': [{ rule: 'self >= oldSelf', message: 'size may not shrink' }],
    },
    color: { ...text, enum: ['red', 'blue'], default: 'red' },
    parts: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['id'],
      items: { type: 'object', required: ['id'], properties: { id: text, note: { ...text, default: 'none' } } },
    },
    tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: text },
    whole: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: text },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    port: { 'x-kubernetes-int-or-string': true },
    maybe: { ...text, nullable: true },
    replicas: { type: 'integer', minimum: 0 },
    least: { type: 'integer' },
    most: { type: 'integer' },
    when: { ...text, format: 'date-time' },
  },
}

/** The custom resource that the steps use: defaults, pruning, enums, list types, rules in CEL, status and scale, columns. */
export const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: crdName },
  spec: {
    group: 'fuzz.example.dev',
    scope: 'Namespaced',
    names: { plural: 'fuzzes', kind: 'Fuzz' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: {
            specReplicasPath: '.spec.replicas',
            statusReplicasPath: '.status.replicas',
            labelSelectorPath: '.status.selector',
          },
        },
        selectableFields: [{ jsonPath: '.spec.size' }],
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
          { name: 'Color', type: 'string', jsonPath: '.spec.color', priority: 1 },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: specSchema,
              status: {
                type: 'object',
                properties: { size: { type: 'integer' }, phase: text, replicas: { type: 'integer' }, selector: text },
              },
            },
          },
        },
      },
    ],
  },
}
