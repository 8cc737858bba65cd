/** The part of an object that a person writes, and the masks of what a Secret holds. Pure. */
import { createHash } from 'node:crypto'
import type { KubeObject, ObjectMeta } from '@keelson/contracts/kubernetes'
import type { ApiKind } from '@keelson/kube'
import { fault } from './yaml.rules.ts'

/** What the server sets and counts: shown beside the text, never in it. */
const counted = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
  'managedFields',
] as const satisfies (keyof ObjectMeta | 'selfLink')[]

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'
export const mask = '••••••••'
const changedMask = `${mask} (changed)`

type Values = Record<string, unknown>
const valuesOf = (value: unknown): Values =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Values) : {}

/** Without what the server counts, and without a status that a write of the object leaves alone. */
export function editableOf(object: KubeObject, { hasStatus }: Pick<ApiKind, 'hasStatus'>): KubeObject {
  const { apiVersion, kind, metadata, status, ...rest } = object
  const kept = Object.entries(metadata).filter(([key]) => !(counted as readonly string[]).includes(key))
  return {
    apiVersion,
    kind,
    metadata: Object.fromEntries(kept) as ObjectMeta,
    ...rest,
    ...(hasStatus || status === undefined ? {} : { status }),
  }
}

/** Stands for the editable part of this very object: another one of the same name has another. */
export function etagOf(object: KubeObject, kind: Pick<ApiKind, 'hasStatus'>): string {
  const text = JSON.stringify([object.metadata.uid, editableOf(object, kind)], sortedKeys)
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

function sortedKeys(_: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** A person's text as the server may be given it: of this object at this version. */
export function writableOf(wanted: KubeObject, live: KubeObject, kind: Pick<ApiKind, 'hasStatus'>): KubeObject {
  const { uid, resourceVersion } = live.metadata
  const own = editableOf(wanted, kind)
  return {
    ...own,
    metadata: {
      ...own.metadata,
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
  }
}

export function isSecret(kind: Pick<ApiKind, 'group' | 'plural'>): boolean {
  return kind.group === '' && kind.plural === 'secrets'
}

/** With masks for a Secret's values, and for the copy of them that `kubectl apply` leaves. Values unlike those of `before` are said to be. */
export function masked(object: KubeObject, before?: KubeObject): KubeObject {
  const old = valuesOf(before?.data)
  const data = Object.keys(valuesOf(object.data)).map((key) => {
    const same = before === undefined || (Object.hasOwn(old, key) && old[key] === valuesOf(object.data)[key])
    return [key, same ? mask : changedMask] as const
  })
  const annotations = object.metadata.annotations ?? {}
  return {
    ...object,
    metadata: Object.hasOwn(annotations, lastApplied)
      ? { ...object.metadata, annotations: { ...annotations, [lastApplied]: mask } }
      : object.metadata,
    ...(object.data === undefined ? {} : { data: Object.fromEntries(data) }),
  }
}

/** With the object's present values where the text still has their masks. */
export function unmasked(wanted: KubeObject, live: KubeObject): KubeObject {
  const known = valuesOf(live.data)
  const data = Object.entries(valuesOf(wanted.data)).map(([key, value]) => {
    if (value !== mask) return [key, value] as const
    if (!Object.hasOwn(known, key)) throw fault(`data.${key}`, `data.${key} has a mask for its value: write the value.`)
    return [key, known[key]] as const
  })
  const { annotations } = wanted.metadata
  const applied = live.metadata.annotations?.[lastApplied]
  return {
    ...wanted,
    metadata:
      annotations?.[lastApplied] === mask && applied !== undefined
        ? { ...wanted.metadata, annotations: { ...annotations, [lastApplied]: applied } }
        : wanted.metadata,
    ...(wanted.data === undefined ? {} : { data: Object.fromEntries(data) }),
  }
}
