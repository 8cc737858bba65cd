/** Random but seeded steps, as plain data, so that a run can be printed, shortened and replayed. */
import type { Json } from '../cluster.ts'

export type Step = {
  op:
    | 'create'
    | 'update'
    | 'merge'
    | 'json'
    | 'strategic'
    | 'apply'
    | 'status'
    | 'delete'
    | 'deleteAll'
    | 'get'
    | 'list'
  kind: KindName
  name: string
  /** The object, the patch, or the delete options. */
  body?: Json
  query?: string
  /** Of an update: sent with the version before the one that was read. */
  stale?: boolean
  /** Of a deletion: the uid of the object as it was read. */
  ownUid?: boolean
}

export const kinds = {
  configmaps: { apiVersion: 'v1', kind: 'ConfigMap' },
  secrets: { apiVersion: 'v1', kind: 'Secret' },
  limitranges: { apiVersion: 'v1', kind: 'LimitRange' },
  roles: { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role' },
  leases: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
  fuzzes: { apiVersion: 'fuzz.example.dev/v1', kind: 'Fuzz' },
} as const
export type KindName = keyof typeof kinds

/** mulberry32: small, and the same everywhere. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

type Dice = { pick<T>(from: readonly T[]): T; chance(of: number): boolean }
const diceOf = (random: () => number): Dice => ({
  pick: (from) => from[Math.floor(random() * from.length)] as (typeof from)[number],
  chance: (of) => random() < of,
})

const words = ['a', 'b', 'c', 'red', 'blue', '']
const names = ['one', 'two', 'three', 'four']

function metadata(dice: Dice): Json {
  const out: Json = {}
  if (dice.chance(0.5)) out.labels = { [dice.pick(['a', 'b'])]: dice.pick(words), tier: dice.pick(['x', 'y']) }
  if (dice.chance(0.2)) out.annotations = { note: dice.pick(words) }
  if (dice.chance(0.15))
    out.finalizers = dice.pick([['fuzz.example.dev/hold'], ['fuzz.example.dev/hold', 'fuzz.example.dev/more'], []])
  if (dice.chance(0.03)) out.labels = { 'bad key!': 'x' }
  return out
}

function map(dice: Dice): Json {
  const out: Json = {}
  for (const key of ['k1', 'k2', 'k3']) if (dice.chance(0.4)) out[key] = dice.pick(words)
  return out
}

const parts = (dice: Dice): Json =>
  ['x', 'y', 'z']
    .filter(() => dice.chance(0.4))
    .map((id) => (dice.chance(0.6) ? { id, note: dice.pick(words) } : { id }))

/** What a kind holds beside its metadata; sometimes wrong. */
const contents: Record<KindName, (dice: Dice) => Json> = {
  configmaps: (dice) => ({
    ...(dice.chance(0.8) ? { data: dice.chance(0.05) ? { k1: 1 } : map(dice) } : {}),
    ...(dice.chance(0.04) ? { immutable: true } : {}),
    ...(dice.chance(0.05) ? { bogus: { a: 1 } } : {}),
  }),
  secrets: (dice) => ({
    ...(dice.chance(0.5) ? { stringData: map(dice) } : { data: dice.chance(0.1) ? { k1: '***' } : { k1: 'YQ==' } }),
    ...(dice.chance(0.2) ? { type: dice.pick(['Opaque', 'example.dev/own']) } : {}),
  }),
  limitranges: (dice) => ({
    spec: {
      limits: dice.chance(0.9)
        ? [{ type: 'Container', default: { cpu: dice.pick(['0.5', '500m', '1', '1e3']) }, max: { cpu: '4k' } }]
        : [],
    },
  }),
  roles: (dice) => ({
    rules: dice.chance(0.1)
      ? [{ resources: ['pods'] }]
      : [{ apiGroups: [''], resources: dice.pick([['pods'], ['configmaps']]), verbs: [dice.pick(['get', 'list'])] }],
  }),
  leases: (dice) => ({
    spec: {
      holderIdentity: dice.pick(['p', 'q']),
      ...(dice.chance(0.5) ? { leaseDurationSeconds: dice.pick([1, 30, 0]) } : {}),
    },
  }),
  fuzzes: (dice) => ({
    spec: {
      ...(dice.chance(0.9) ? { size: dice.chance(0.05) ? 'big' : dice.pick([1, 2, 3, 99]) } : {}),
      ...(dice.chance(0.4) ? { color: dice.pick(['red', 'blue', 'green']) } : {}),
      ...(dice.chance(0.5) ? { parts: parts(dice) } : {}),
      ...(dice.chance(0.3) ? { tags: dice.pick([['a'], ['a', 'b'], ['b', 'b']]) } : {}),
      ...(dice.chance(0.3) ? { whole: map(dice) } : {}),
      ...(dice.chance(0.3) ? { free: { any: [1, { x: dice.pick(words) }] } } : {}),
      ...(dice.chance(0.2) ? { port: dice.pick([80, 'http']) } : {}),
      ...(dice.chance(0.2) ? { maybe: dice.pick(['x', null]) } : {}),
      ...(dice.chance(0.05) ? { bogus: 1 } : {}),
    },
  }),
}

/** A merge patch like the content, in which some fields are taken away. */
function patchOf(dice: Dice, kind: KindName): Json {
  const out: Json = { ...contents[kind](dice), ...(dice.chance(0.5) ? { metadata: metadata(dice) } : {}) }
  if (dice.chance(0.2)) out.metadata = { ...out.metadata, finalizers: null }
  if (dice.chance(0.15) && out.data) out.data = { ...out.data, k1: null }
  return out
}

function jsonPatch(dice: Dice, kind: KindName): Json {
  const at = kind === 'fuzzes' ? '/spec/color' : kind === 'configmaps' ? '/data/k1' : '/metadata/labels/a'
  return dice.pick<Json>([
    [{ op: 'add', path: at, value: dice.pick(['red', 'blue']) }],
    [{ op: 'remove', path: at }],
    [{ op: 'replace', path: at, value: 'blue' }],
    [
      { op: 'test', path: at, value: 'red' },
      { op: 'add', path: at, value: 'blue' },
    ],
    [
      { op: 'add', path: '/metadata/labels', value: { a: 'b' } },
      { op: 'copy', from: '/metadata/labels/a', path: '/metadata/labels/b' },
    ],
    [{ op: 'move', from: at, path: '/metadata/labels/a' }],
  ])
}

const validations = ['', 'fieldValidation=Strict', 'fieldValidation=Ignore', 'dryRun=All']
const lists = [
  '',
  'labelSelector=a',
  'labelSelector=tier=x',
  'labelSelector=tier%20in%20(x),a!=b',
  'limit=2',
  'fieldSelector=metadata.name=one',
  'fieldSelector=metadata.name!=two',
  'labelSelector=!a',
  'fieldSelector=spec.size=1',
]
const deletions: readonly Json[] = [
  {},
  { propagationPolicy: 'Foreground' },
  { propagationPolicy: 'Orphan' },
  { propagationPolicy: 'Background' },
  { dryRun: ['All'] },
  { preconditions: { uid: 'other' } },
  { gracePeriodSeconds: 0 },
]

const operations: readonly Step['op'][] = [
  'create',
  'create',
  'update',
  'merge',
  'merge',
  'json',
  'strategic',
  'apply',
  'apply',
  'apply',
  'status',
  'delete',
  'delete',
  'deleteAll',
  'get',
  'list',
]

function stepOf(dice: Dice): Step {
  const kind = dice.pick(Object.keys(kinds) as KindName[])
  const [op, name] = [dice.pick(operations), dice.pick(names)]
  const step: Step = { op, kind, name }
  const object = (): Json => ({ ...kinds[kind], metadata: { ...metadata(dice), name }, ...contents[kind](dice) })
  switch (op) {
    case 'create':
      return { ...step, body: object(), query: dice.pick(validations) }
    case 'update':
      return { ...step, body: patchOf(dice, kind), stale: dice.chance(0.15), query: dice.pick(validations) }
    case 'merge':
    case 'strategic':
      return { ...step, body: patchOf(dice, kind), query: dice.pick(validations.slice(0, 2)) }
    case 'json':
      return { ...step, body: jsonPatch(dice, kind) }
    case 'apply':
      return {
        ...step,
        body: object(),
        query: `fieldManager=${dice.pick(['ann', 'bob'])}${dice.chance(0.3) ? '&force=true' : ''}`,
      }
    case 'status':
      return { ...step, body: { status: { size: dice.pick([1, 2]), phase: dice.pick(words) }, spec: { size: 3 } } }
    case 'delete':
      return { ...step, body: dice.pick(deletions), ownUid: dice.chance(0.1) }
    case 'deleteAll':
      return { ...step, query: 'labelSelector=tier=y' }
    case 'list':
      return { ...step, query: dice.pick(lists) }
    case 'get':
      return step
  }
}

export function makeSteps(seed: number, count: number): Step[] {
  const dice = diceOf(randomOf(seed))
  return Array.from({ length: count }, () => stepOf(dice))
}

export const crdName = 'fuzzes.fuzz.example.dev'
/** The custom resource that the steps use. */
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
        subresources: { status: {} },
        selectableFields: [{ jsonPath: '.spec.size' }],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  size: {
                    type: 'integer',
                    maximum: 10,
                    'x-kubernetes-validations': [{ rule: 'self >= oldSelf', message: 'size may not shrink' }],
                  },
                  color: { type: 'string', enum: ['red', 'blue'], default: 'red' },
                  parts: {
                    type: 'array',
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['id'],
                    items: {
                      type: 'object',
                      required: ['id'],
                      properties: { id: { type: 'string' }, note: { type: 'string', default: 'none' } },
                    },
                  },
                  tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
                  whole: {
                    type: 'object',
                    'x-kubernetes-map-type': 'atomic',
                    additionalProperties: { type: 'string' },
                  },
                  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                  port: { 'x-kubernetes-int-or-string': true },
                  maybe: { type: 'string', nullable: true },
                },
              },
              status: { type: 'object', properties: { size: { type: 'integer' }, phase: { type: 'string' } } },
            },
          },
        },
      },
    ],
  },
}
