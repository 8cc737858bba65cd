/** Random but seeded steps, as plain data, so that a run can be printed, shortened and replayed. */
import type { Json } from '../cluster.ts'
import { badRequestOf } from './bad-input.ts'
import { type Dice, diceOf, randomOf } from './dice.ts'
import { contents, type KindName, kindNames, kinds, statusOf, words } from './kinds.ts'

export type Op =
  | 'create'
  | 'generate'
  | 'update'
  | 'merge'
  | 'json'
  | 'strategic'
  | 'apply'
  | 'delete'
  | 'deleteAll'
  | 'get'
  | 'list'
  | 'page'
  | 'watch'
  | 'bad'

/**
 * One request, or the few that belong together. In `query` and `body`, `@first` is the version at which the run began, `@last` the
 * newest that was seen, `@own` the object's, `@uid` its uid, `@owner` that of the object that is there from the beginning: each server has its own.
 */
export type Step = {
  op: Op
  kind: KindName
  name: string
  /** The object, the patch, or the delete options. */
  body?: Json
  query?: string
  subresource?: string
  /** Of an update: sent without reading what is there. */
  blind?: boolean
  accept?: string
  method?: string
  type?: string
  /** The body as it stands, of `bad`. */
  raw?: string
}

const names = ['one', 'two', 'three', 'four']

function metadata(dice: Dice): Json {
  return {
    ...dice.maybe(0.5, () => ({
      labels: dice.chance(0.05)
        ? { 'bad key!': 'x' }
        : { [dice.pick(['a', 'b'])]: dice.pick(words), tier: dice.pick(['x', 'y']) },
    })),
    ...dice.maybe(0.2, () => ({ annotations: { note: dice.pick(words) } })),
    ...dice.maybe(0.15, () => ({
      finalizers: dice.pick([
        ['fuzz.example.dev/hold'],
        ['fuzz.example.dev/hold', 'fuzz.example.dev/more'],
        [],
        ['nogroup'],
      ]),
    })),
    ...dice.maybe(0.05, () => ({
      ownerReferences: [
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          name: 'owner',
          uid: '@owner',
          ...dice.maybe(0.5, () => ({ controller: true })),
        },
      ],
    })),
    ...dice.maybe(0.05, () => ({ resourceVersion: dice.pick(['1', '@own', '']) })),
    ...dice.maybe(0.03, () => ({ uid: dice.pick(['@uid', 'other']) })),
  }
}

function objectOf(dice: Dice, kind: KindName, name: string): Json {
  return {
    ...kinds[kind],
    ...dice.maybe(0.02, () => ({ apiVersion: dice.pick(['v1', 'v9', 'apps/v1', '']) })),
    ...dice.maybe(0.02, () => ({ kind: dice.pick(['ConfigMap', 'Nothing', '']) })),
    metadata: { ...metadata(dice), name: dice.chance(0.02) ? 'five' : name },
    ...contents[kind](dice),
  }
}

/** A merge patch like the content, in which some fields are taken away. */
function patchOf(dice: Dice, kind: KindName): Json {
  const out: Json = { ...contents[kind](dice), ...dice.maybe(0.5, () => ({ metadata: metadata(dice) })) }
  if (dice.chance(0.3)) out.metadata = { ...out.metadata, finalizers: null }
  if (dice.chance(0.15)) out.metadata = { ...out.metadata, labels: dice.pick<Json>([null, { a: null }, {}]) }
  if (dice.chance(0.15) && out.data) out.data = { ...out.data, k1: null }
  if (dice.chance(0.1)) out.spec = null
  return out
}

/** What only a strategic merge patch can say. */
function strategicOf(dice: Dice, kind: KindName): Json {
  if (dice.chance(0.6)) return patchOf(dice, kind)
  if (kind === 'pods')
    return dice.pick<Json>([
      { spec: { containers: [{ name: 'c', image: 'busybox:3' }] } },
      { spec: { containers: [{ name: 'd', $patch: 'delete' }] } },
      { spec: { containers: [{ name: 'c', env: [{ name: 'A', $patch: 'delete' }] }] } },
      { spec: { '$setElementOrder/containers': [{ name: 'd' }, { name: 'c' }] } },
      { spec: { containers: [{ image: 'no name' }] } },
      { spec: { tolerations: [{ key: 'new', operator: 'Exists' }] } },
      { metadata: { labels: { $patch: 'replace', only: 'this' } } },
      { metadata: { '$deleteFromPrimitiveList/finalizers': ['fuzz.example.dev/hold'] } },
      { spec: { $retainKeys: ['containers'] } },
    ])
  return dice.pick<Json>([
    { metadata: { labels: { $patch: 'replace', only: 'this' } } },
    { metadata: { labels: { $patch: 'delete' } } },
    { metadata: { finalizers: ['fuzz.example.dev/more'] } },
    { metadata: { '$deleteFromPrimitiveList/finalizers': ['fuzz.example.dev/hold'] } },
    { metadata: { '$setElementOrder/finalizers': ['fuzz.example.dev/more', 'fuzz.example.dev/hold'] } },
    { $patch: 'replace', metadata: { name: 'one' } },
  ])
}

const patchedPaths: Partial<Record<KindName, string>> = {
  fuzzes: '/spec/color',
  configmaps: '/data/k1',
  pods: '/spec/containers/0/image',
  roles: '/rules/0/verbs/0',
}

function jsonPatch(dice: Dice, kind: KindName): Json {
  const at = patchedPaths[kind] ?? '/metadata/labels/a'
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
    [{ op: 'add', path: '/metadata/finalizers', value: ['fuzz.example.dev/hold'] }],
    [{ op: 'add', path: '/metadata/finalizers/-', value: 'fuzz.example.dev/more' }],
    [{ op: 'remove', path: '/metadata/finalizers/0' }],
    [{ op: 'replace', path: '/metadata/resourceVersion', value: '1' }],
    [],
  ])
}

const validations = ['', '', 'fieldValidation=Strict', 'fieldValidation=Ignore', 'dryRun=All', 'fieldManager=ann']
// Not resourceVersion=0: it may be any age, on a real server as well.
const lists = [
  '',
  'labelSelector=a',
  'labelSelector=tier=x',
  'labelSelector=tier%20in%20(x),a!=b',
  'labelSelector=tier+notin+(x)',
  'labelSelector=!a',
  'limit=2',
  'limit=1&labelSelector=tier=x',
  'fieldSelector=metadata.name=one',
  'fieldSelector=metadata.name!=two',
  'fieldSelector=spec.size=1',
  'fieldSelector=status.phase=Running',
  'fieldSelector=type=Opaque,metadata.name!=one',
  'resourceVersion=@last',
  'resourceVersion=@last&resourceVersionMatch=NotOlderThan',
  'resourceVersion=@last&resourceVersionMatch=Exact',
  'resourceVersion=@first&resourceVersionMatch=Exact',
  'resourceVersion=@first&resourceVersionMatch=Exact&limit=1',
  'resourceVersion=@last&resourceVersionMatch=Exact&limit=1',
  'resourceVersion=@first&limit=1',
]
const watches = [
  'resourceVersion=@first',
  'resourceVersion=@first&labelSelector=tier=x',
  'resourceVersion=@first&labelSelector=a',
  'resourceVersion=@first&fieldSelector=metadata.name=one',
  'resourceVersion=@last',
  'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&resourceVersion=@last',
]
const accepts = [
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json',
  'application/json;as=Other;v=v1;g=meta.k8s.io',
  'text/html',
]
const deletions: readonly Json[] = [
  {},
  {},
  { propagationPolicy: 'Background' },
  { dryRun: ['All'] },
  { preconditions: { uid: 'other' } },
  { preconditions: { uid: '@uid' } },
  { preconditions: { resourceVersion: '1' } },
  { preconditions: { resourceVersion: '@own', uid: '@uid' } },
  { gracePeriodSeconds: 0 },
  { gracePeriodSeconds: 5 },
]
/** The garbage collector of a real server takes their finalizers off, half a minute late for kinds that are new to it. */
const collected: readonly Json[] = [{ propagationPolicy: 'Foreground' }, { propagationPolicy: 'Orphan' }]

const operations: readonly Op[] = [
  ...(['create', 'create', 'create', 'update', 'update', 'merge', 'merge', 'json', 'strategic', 'strategic'] as const),
  ...(['apply', 'apply', 'apply', 'apply', 'delete', 'delete', 'deleteAll', 'get', 'list', 'list'] as const),
  ...(['page', 'bad', 'bad', 'bad', 'generate', 'watch'] as const),
]

const subresources: Partial<Record<KindName, readonly string[]>> = {
  pods: ['status'],
  services: ['status'],
  fuzzes: ['status', 'scale'],
}

/** The body of a write to a subresource. */
function subresourceBody(dice: Dice, kind: KindName, subresource: string, op: Op, name: string): Json {
  const body = subresource === 'scale' ? { spec: { replicas: dice.pick([0, 2, -1, 'x']) } } : statusOf(dice, kind)
  if (op !== 'apply' && op !== 'update') return body
  const type = subresource === 'scale' ? { apiVersion: 'autoscaling/v1', kind: 'Scale' } : kinds[kind]
  return { ...type, ...body, metadata: { ...body.metadata, name } }
}

function applyQuery(dice: Dice): string {
  return [
    `fieldManager=${dice.pick(['ann', 'bob'])}`,
    ...(dice.chance(0.3) ? ['force=true'] : []),
    ...(dice.chance(0.1) ? ['dryRun=All'] : []),
    ...(dice.chance(0.1) ? ['fieldValidation=Strict'] : []),
  ].join('&')
}

/** A write to a present object, or to its subresource. */
function writeOf(dice: Dice, op: Op, kind: KindName, name: string): Step {
  const subresource = dice.chance(0.25) ? dice.pick(subresources[kind] ?? [undefined]) : undefined
  const query = op === 'apply' ? applyQuery(dice) : dice.pick(validations)
  const step: Step = { op, kind, name, query }
  if (subresource !== undefined && op !== 'json')
    return { ...step, subresource, body: subresourceBody(dice, kind, subresource, op, name) }
  switch (op) {
    case 'update':
      return { ...step, body: patchOf(dice, kind), blind: dice.chance(0.15) }
    case 'json':
      return { ...step, body: jsonPatch(dice, kind) }
    case 'strategic':
      return { ...step, body: strategicOf(dice, kind) }
    case 'apply':
      return { ...step, body: objectOf(dice, kind, name) }
    default:
      return { ...step, body: patchOf(dice, kind) }
  }
}

function stepOf(dice: Dice, allowed: readonly KindName[], collector: boolean): Step {
  const kind = dice.pick(allowed)
  const [op, name] = [dice.pick(operations), dice.pick(names)]
  const accept = dice.maybe(0.25, () => ({ accept: dice.pick(accepts) }))
  switch (op) {
    case 'create':
      return { op, kind, name, body: objectOf(dice, kind, name), query: dice.pick(validations), ...accept }
    case 'generate':
      return {
        op,
        kind,
        name: '',
        body: { ...objectOf(dice, kind, ''), metadata: { generateName: dice.pick(['gen-', 'Gen-', 'gen']) } },
      }
    case 'delete':
      return {
        op,
        kind,
        name,
        body: dice.pick(collector ? [...deletions, ...collected] : deletions),
        query: dice.pick(['', '', 'dryRun=All']),
      }
    case 'deleteAll':
      return {
        op,
        kind,
        name: '',
        query: dice.pick(['labelSelector=tier=y', 'fieldSelector=metadata.name=one', 'labelSelector=a&dryRun=All']),
        body: dice.pick([{}, {}, { preconditions: { uid: 'other' } }, { gracePeriodSeconds: 0 }]),
      }
    case 'list':
      return { op, kind, name: '', query: dice.pick(lists), ...accept }
    case 'page':
      return { op, kind, name: '', query: dice.pick(['limit=1', 'limit=2', 'limit=1&labelSelector=tier=x']) }
    case 'watch':
      return { op, kind, name: '', query: dice.pick(watches) }
    case 'get':
      return {
        op,
        kind,
        name,
        ...dice.maybe(0.3, () => ({ subresource: dice.pick(['status', 'scale', 'log']) })),
        ...accept,
      }
    case 'bad':
      return badRequestOf(dice, kind, name)
    default:
      return writeOf(dice, op, kind, name)
  }
}

export type StepOptions = {
  /** The kinds to write; all of them by default. */
  kinds?: readonly KindName[]
  /** With deletions that the garbage collector finishes. */
  collector?: boolean
}

export function makeSteps(seed: number, count: number, options: StepOptions = {}): Step[] {
  const dice = diceOf(randomOf(seed))
  return Array.from({ length: count }, () => stepOf(dice, options.kinds ?? kindNames, options.collector ?? false))
}
