/** The part of an object that the server keeps: names, times, generations, finalizers. */
import { randomUUID } from 'node:crypto'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { randomSuffix } from '../kinds/names.ts'
import { sameJson } from '../patch/json-patch.ts'
import type { Resource } from '../registry/resource.ts'
import { isObject } from '../schema/node.ts'
import { badRequest, type FieldError } from '../status-error.ts'

/** Second precision, as `metav1.Time` prints it. */
export const kubeTime = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`
export function fixNamespace(resource: Resource, object: KubeObject, namespace: string | undefined): void {
  if (!resource.namespaced) {
    delete object.metadata.namespace
    return
  }
  const own = object.metadata.namespace
  if (own && own !== namespace)
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`)
  object.metadata.namespace = namespace ?? ''
}

/** Takes away what a client cannot say of an object that is not there yet. */
export function wipeNew({ metadata }: KubeObject): void {
  delete metadata.uid
  delete metadata.creationTimestamp
  delete metadata.deletionTimestamp
  delete metadata.deletionGracePeriodSeconds
  delete metadata.resourceVersion
  delete metadata.generation
  delete metadata.managedFields
  delete (metadata as Record<string, unknown>).selfLink
}

/** Id, time and, where only a prefix is given, the name: after admission, as on a real server. */
export function stampNew({ metadata }: KubeObject, now: Date): void {
  metadata.uid = randomUUID()
  metadata.creationTimestamp = kubeTime(now)
  if (!metadata.name && metadata.generateName) metadata.name = `${metadata.generateName.slice(0, 58)}${randomSuffix()}`
}

export function keepMeta(next: KubeObject, old: KubeObject): void {
  const kept = [
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'generation',
    'name',
    'namespace',
    'resourceVersion',
    'generateName',
  ] as const
  const metadata = next.metadata as Record<string, unknown>
  delete metadata.selfLink
  for (const name of kept) {
    if (old.metadata[name] === undefined) delete metadata[name]
    else metadata[name] = old.metadata[name]
  }
  if (Array.isArray(metadata.finalizers) && metadata.finalizers.length === 0) delete metadata.finalizers
}

export function nextGeneration(resource: Resource, next: KubeObject, old: KubeObject): number {
  const content = (object: KubeObject) => {
    const { metadata: _m, status, apiVersion: _a, ...rest } = object
    return resource.statusSubresource || resource.custom === undefined ? rest : { ...rest, status }
  }
  const before = old.metadata.generation ?? 1
  return sameJson(content(next), content(old)) ? before : before + 1
}

export function frozenFinalizers(next: KubeObject, old: KubeObject): FieldError[] {
  if (old.metadata.deletionTimestamp === undefined) return []
  const known = new Set(old.metadata.finalizers ?? [])
  const added = (next.metadata.finalizers ?? []).filter((name) => !known.has(name))
  if (added.length === 0) return []
  const list = `${added.map((name) => JSON.stringify(name)).join(', ')}`
  return [
    {
      field: 'metadata.finalizers',
      type: 'FieldValueForbidden',
      detail: `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
    },
  ]
}

/** An object that waited for its last finalizer goes with the write that takes it away. */
export function readyToGo(object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata
  if (deletionTimestamp === undefined || (finalizers ?? []).length > 0) return false
  const spec = object.kind === 'Namespace' && isObject(object.spec) ? object.spec.finalizers : undefined
  return (deletionGracePeriodSeconds ?? 0) === 0 && !(Array.isArray(spec) && spec.length > 0)
}

/** Field times alone are no change. */
export function withoutTimes(object: KubeObject): KubeObject {
  const { managedFields, ...metadata } = object.metadata
  const timeless = (managedFields as Record<string, unknown>[] | undefined)?.map(({ time: _, ...rest }) => rest)
  return { ...object, metadata: { ...metadata, ...(timeless ? { managedFields: timeless } : {}) } }
}

/** A pod without a node, as if it had the one that it is about to get. */
export function withNode(old: KubeObject, next: KubeObject): KubeObject {
  if (old.kind !== 'Pod' || !isObject(old.spec) || old.spec.nodeName || !isObject(next.spec) || !next.spec.nodeName)
    return old
  return { ...old, spec: { ...old.spec, nodeName: next.spec.nodeName } }
}
