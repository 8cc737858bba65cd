/**
 * PodDefaults on a new pod, by the rules of Kubeflow's admission webhook (components/admission-webhook/main.go): what is there twice
 * must be the same, or the pod is refused. Pure.
 */
import { isDeepStrictEqual } from 'node:util'
import type { PodDefault, PodDefaultSpec } from '@keelson/contracts/kinds'
import type { KubeObject } from '@keelson/contracts/kubernetes'

/** On the namespace of a workspace that has PodDefaults; the webhook's configuration selects by it. */
export const podDefaultsLabel = { name: 'keelson.dev/pod-defaults', value: 'used' } as const

const prefix = 'poddefault.admission.kubeflow.org'
const excluded = `${prefix}/exclude`
const mirror = 'kubernetes.io/config.mirror'
/** Istio's proxy has no command of its own, and must not get one. */
const proxyContainer = 'istio-proxy'

type Item = Record<string, unknown>
type Container = Item & {
  name: string
  command?: string[]
  args?: string[]
  env?: Item[]
  envFrom?: Item[]
  volumeMounts?: Item[]
}
type PodSpec = {
  containers: Container[]
  initContainers?: Container[]
  volumes?: Item[]
  tolerations?: Item[]
  imagePullSecrets?: Item[]
  serviceAccountName?: string
  automountServiceAccountToken?: boolean
}
export type DefaultedPod = KubeObject & { spec: PodSpec }
export type JsonPatch = { op: 'add'; path: string; value: unknown }[]

export type PodDefaulting =
  | { kind: 'untouched' }
  | { kind: 'patched'; patch: JsonPatch; applied: string[] }
  | { kind: 'refused'; message: string }

/** `pod` as the API server has it before it is stored; `defaults` all PodDefaults of its namespace. */
export function applyPodDefaults(pod: DefaultedPod, defaults: readonly PodDefault[]): PodDefaulting {
  const { labels = {}, annotations = {} } = pod.metadata
  if (annotations[excluded] === 'true' || annotations[mirror] !== undefined) return { kind: 'untouched' }
  const matching = defaults
    .filter(({ spec }) => selects(spec.selector, labels))
    .sort((one, other) => nameOf(one).localeCompare(nameOf(other)))
  if (matching.length === 0) return { kind: 'untouched' }
  const conflicts: string[] = []
  const patch = patchOf(pod, matching, conflicts)
  const applied = matching.map(nameOf)
  if (conflicts.length === 0) return { kind: 'patched', patch, applied }
  const names = applied.length === 1 ? `PodDefault ${applied[0]}` : `PodDefaults ${applied.join(', ')}`
  return { kind: 'refused', message: `The ${names} cannot be applied to this pod: ${conflicts.join('; ')}.` }
}

function patchOf(pod: DefaultedPod, defaults: readonly PodDefault[], conflicts: string[]): JsonPatch {
  const { metadata, spec } = pod
  const lists = <K extends keyof PodDefaultSpec>(key: K) => entries(defaults, key)
  const merge = (present: readonly Item[] | undefined, key: keyof PodDefaultSpec, id: string, where: string) =>
    mergeById(present ?? [], lists(key), { id, what: `${where}${String(key)}`, conflicts })
  const marks = Object.fromEntries(
    defaults.map((each) => [`${prefix}/poddefault-${nameOf(each)}`, each.metadata.resourceVersion ?? '']),
  )
  const containers = spec.containers.map((container) => withContainerParts(container, defaults, conflicts))
  const wanted: Record<string, unknown> = {
    '/metadata/labels': mergeMap(metadata.labels, lists('labels'), { what: 'label', conflicts }),
    '/metadata/annotations': {
      ...mergeMap(metadata.annotations, lists('annotations'), { what: 'annotation', conflicts }),
      ...marks,
    },
    '/spec/volumes': merge(spec.volumes, 'volumes', 'name', ''),
    '/spec/tolerations': merge(spec.tolerations, 'tolerations', 'key', ''),
    '/spec/imagePullSecrets': merge(spec.imagePullSecrets, 'imagePullSecrets', 'name', ''),
    '/spec/initContainers': merge(spec.initContainers, 'initContainers', 'name', ''),
    '/spec/containers': mergeById(containers, lists('sidecars'), { id: 'name', what: 'sidecars', conflicts }),
    ...lastOf(defaults),
  }
  const now = (path: string) =>
    path
      .split('/')
      .slice(1)
      .reduce<unknown>((at, key) => (at as Item | undefined)?.[key], pod)
  return Object.entries(wanted)
    .filter(([path, value]) => !isDeepStrictEqual(value, now(path) ?? (Array.isArray(value) ? [] : {})))
    .map(([path, value]) => ({ op: 'add', path, value }))
}

/** Of these the last PodDefault's word counts; `serviceAccount` is the field's older name, which must not say something else. */
function lastOf(defaults: readonly PodDefault[]): Record<string, unknown> {
  const account = defaults.findLast(({ spec }) => spec.serviceAccountName)?.spec.serviceAccountName
  const automount = defaults.findLast(({ spec }) => spec.automountServiceAccountToken !== undefined)
  return {
    ...(account ? { '/spec/serviceAccountName': account, '/spec/serviceAccount': account } : {}),
    ...(automount ? { '/spec/automountServiceAccountToken': automount.spec.automountServiceAccountToken } : {}),
  }
}

function withContainerParts(container: Container, defaults: readonly PodDefault[], conflicts: string[]): Container {
  const where = `container ${container.name}: `
  const env = mergeById(container.env ?? [], entries(defaults, 'env'), { id: 'name', what: `${where}env`, conflicts })
  const mounts = mergeMounts(container, entries(defaults, 'volumeMounts'), { what: `${where}volumeMounts`, conflicts })
  const envFrom = [...(container.envFrom ?? []), ...entries(defaults, 'envFrom').map(({ value }) => value)]
  const first = (key: 'command' | 'args') =>
    container[key] ??
    (container.name === proxyContainer ? undefined : defaults.find(({ spec }) => spec[key])?.spec[key])
  const [command, args] = [first('command'), first('args')]
  return {
    ...container,
    ...(env.length > 0 ? { env } : {}),
    ...(envFrom.length > 0 ? { envFrom } : {}),
    ...(mounts.length > 0 ? { volumeMounts: mounts } : {}),
    ...(command ? { command } : {}),
    ...(args ? { args } : {}),
  }
}

type Entry = { from: string; value: Item }
type Merging = { what: string; conflicts: string[] }

function entries(defaults: readonly PodDefault[], key: keyof PodDefaultSpec): Entry[] {
  return defaults.flatMap((each) => {
    const value = each.spec[key] as Item | Item[] | undefined
    const list = Array.isArray(value) ? value : value === undefined ? [] : [value]
    return list.map((item) => ({ from: nameOf(each), value: item }))
  })
}

function mergeById(
  present: readonly Item[],
  added: readonly Entry[],
  { id, what, conflicts }: Merging & { id: string },
): Item[] {
  const merged = [...present]
  for (const { from, value } of added) {
    const same = merged.find((item) => item[id] === value[id])
    if (same === undefined) merged.push(value)
    else if (!isDeepStrictEqual(same, value))
      conflicts.push(`${what} ${String(value[id])} of ${from} is there already and says something else`)
  }
  return merged
}

/** A volume is mounted once, and a path has one volume. */
function mergeMounts({ volumeMounts = [] }: Container, added: readonly Entry[], { what, conflicts }: Merging): Item[] {
  const merged = [...volumeMounts]
  for (const { from, value } of added) {
    const same = merged.filter((item) => item.name === value.name || item.mountPath === value.mountPath)
    if (same.length === 0) merged.push(value)
    else if (!same.every((item) => isDeepStrictEqual(item, value)))
      conflicts.push(
        `${what} ${String(value.name)} at ${String(value.mountPath)} of ${from} is there already and says something else`,
      )
  }
  return merged
}

function mergeMap(
  present: Readonly<Record<string, string>> = {},
  added: readonly Entry[],
  { what, conflicts }: Merging,
) {
  const merged: Record<string, unknown> = { ...present }
  for (const { from, value } of added)
    for (const [key, text] of Object.entries(value)) {
      if (merged[key] !== undefined && merged[key] !== text)
        conflicts.push(`${what} ${key} of ${from} is there already and says something else`)
      merged[key] ??= text
    }
  return merged
}

/** metav1.LabelSelector: everything in it must hold. An operator that nobody knows matches nothing. */
function selects(
  { matchLabels = {}, matchExpressions = [] }: PodDefaultSpec['selector'],
  labels: Readonly<Record<string, string>>,
): boolean {
  const holds = ({ key, operator, values = [] }: (typeof matchExpressions)[number]) => {
    const value = labels[key]
    if (operator === 'In') return value !== undefined && values.includes(value)
    if (operator === 'NotIn') return value === undefined || !values.includes(value)
    if (operator === 'Exists') return value !== undefined
    return operator === 'DoesNotExist' && value === undefined
  }
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value) && matchExpressions.every(holds)
}

function nameOf({ metadata }: KubeObject): string {
  return metadata.name ?? ''
}
