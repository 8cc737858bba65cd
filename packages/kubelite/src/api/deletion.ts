/** What a deletion does to an object. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { podIsFinished } from '../kinds/pod.ts'
import { sameJson } from '../patch/json-patch.ts'
import { crdFinalizer } from '../registry/custom.ts'
import type { Resource } from '../registry/resource.ts'
import { isObject } from '../schema/node.ts'
import type { Change } from '../store/store.ts'
import { kubeTime } from './object-meta.ts'
import type { DeleteOptions } from './types.ts'

/** The object gone, or waiting for its finalizers, its grace period or (a namespace) its contents. */
export function deletionOf(resource: Resource, object: KubeObject, deletion: DeleteOptions, now: Date): Change {
  const finalizers = finalizersFor(resource, object, deletion)
  const first = object.metadata.deletionTimestamp === undefined
  if (first && resource.kind === 'CustomResourceDefinition' && !finalizers.includes(crdFinalizer))
    finalizers.push(crdFinalizer)
  const grace = graceFor(resource, object, deletion)
  const waitsForNamespace =
    resource.kind === 'Namespace' &&
    resource.group === '' &&
    isObject(object.spec) &&
    Array.isArray(object.spec.finalizers) &&
    object.spec.finalizers.length > 0
  if (finalizers.length === 0 && grace === 0 && !waitsForNamespace)
    return { op: 'delete', object: lastState(resource, object, now) }
  const { metadata } = object
  const sooner = metadata.deletionTimestamp === undefined || grace < (metadata.deletionGracePeriodSeconds ?? 0)
  const next: KubeObject = {
    ...object,
    metadata: {
      ...metadata,
      ...(finalizers.length > 0 ? { finalizers } : {}),
      ...(metadata.generation !== undefined && metadata.deletionTimestamp === undefined
        ? { generation: metadata.generation + 1 }
        : {}),
      deletionTimestamp: sooner ? kubeTime(new Date(now.getTime() + grace * 1000)) : (metadata.deletionTimestamp ?? ''),
      deletionGracePeriodSeconds: sooner ? grace : (metadata.deletionGracePeriodSeconds ?? 0),
    },
  }
  if (finalizers.length === 0) delete next.metadata.finalizers
  if (waitsForNamespace) {
    delete next.metadata.deletionGracePeriodSeconds
    next.status = { ...(isObject(object.status) ? object.status : {}), phase: 'Terminating' }
  }
  return sameJson(next, object) ? { op: 'none' } : { op: 'put', object: next }
}

/** A kind with a grace period says at its end that the period was none; others end as they were. */
function lastState(resource: Resource, object: KubeObject, now: Date): KubeObject {
  const { metadata } = object
  if (resource.kind !== 'Pod' || resource.group !== '') return { ...object, metadata: { ...metadata } }
  const first = metadata.deletionTimestamp === undefined
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(first && metadata.generation !== undefined ? { generation: metadata.generation + 1 } : {}),
      deletionTimestamp: metadata.deletionTimestamp ?? kubeTime(now),
      deletionGracePeriodSeconds: 0,
    },
  }
}

/** Whether a deletion that says nothing leaves the pods (`DefaultGarbageCollectionPolicy` of the kinds' strategies). */
export const orphansByDefault = ({ custom, kind }: Resource): boolean =>
  custom === undefined && (kind === 'Job' || kind === 'ReplicationController')

/** What the caller says of the dependents; undefined when nothing. */
export const askedPolicy = ({ propagationPolicy, orphanDependents }: DeleteOptions): string | undefined =>
  propagationPolicy ?? (orphanDependents === undefined ? undefined : orphanDependents ? 'Orphan' : 'Background')

function finalizersFor(resource: Resource, object: KubeObject, deletion: DeleteOptions): string[] {
  const present = object.metadata.finalizers ?? []
  const decided = present.includes('foregroundDeletion') || present.includes('orphan')
  const policy = askedPolicy(deletion) ?? (orphansByDefault(resource) && !decided ? 'Orphan' : undefined)
  if (policy === undefined) return [...present]
  const others = present.filter((name) => name !== 'foregroundDeletion' && name !== 'orphan')
  if (policy === 'Foreground') return [...others, 'foregroundDeletion']
  if (policy === 'Orphan') return [...others, 'orphan']
  return others
}

function graceFor(resource: Resource, object: KubeObject, deletion: DeleteOptions): number {
  if (resource.kind !== 'Pod' || resource.group !== '') return 0
  const spec = isObject(object.spec) ? object.spec : {}
  if (!spec.nodeName || podIsFinished(object)) return 0
  const wanted =
    deletion.gracePeriodSeconds ??
    (typeof spec.terminationGracePeriodSeconds === 'number' ? spec.terminationGracePeriodSeconds : 30)
  return Math.max(0, wanted)
}
