/**
 * The verbs, the same for every kind and for HTTP and in-process callers. Each write decides synchronously on the newest
 * state inside `Store.write`, so a patch never races with another.
 */
import { randomUUID } from 'node:crypto'
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Clock } from '@keelson/process/clock'
import { admitCreate, admitUpdate } from '../admission/admission.ts'
import { podIsFinished } from '../kinds/pod.ts'
import { keepForMain, keepForStatus, prepareCreate, validateCreate, validateUpdate } from '../kinds/strategy.ts'
import { sameJson } from '../patch/json-patch.ts'
import { trackUpdate } from '../patch/managed-fields.ts'
import type { Registry } from '../registry/registry.ts'
import { apiVersionOf, type Resource, storageKey } from '../registry/resource.ts'
import { isObject } from '../schema/node.ts'
import {
  alreadyExists,
  badRequest,
  conflict,
  type FieldError,
  forbidden,
  invalid,
  notFound,
  staleVersion,
} from '../status-error.ts'
import { type Change, type Entry, keyOf, type Store } from '../store/store.ts'
import { decodeObject, defaultObject, orderKeys } from './prepare.ts'
import type { DeleteOptions, WriteContext } from './types.ts'

export type Target = { resource: Resource; namespace: string | undefined; name: string }
/** From the present object (or undefined) to the body of the wanted one. */
export type Produce = (current: KubeObject | undefined) => unknown

export type Operations = ReturnType<typeof createOperations>
export type OperationsOptions = { store: Store; registry: Registry; clock: Clock }

/** Second precision, as `metav1.Time` prints it. */
export const kubeTime = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`
const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789'

function randomSuffix(): string {
  const bytes = randomUUID().replaceAll('-', '')
  return Array.from(
    { length: 5 },
    (_, index) => suffixLetters[Number.parseInt(bytes.slice(index * 4, index * 4 + 4), 16) % suffixLetters.length],
  ).join('')
}

export function createOperations(options: OperationsOptions) {
  const { store, registry, clock } = options

  async function create(
    resource: Resource,
    namespace: string | undefined,
    body: unknown,
    context: WriteContext,
  ): Promise<Entry> {
    const decoded = decodeObject(resource, body, context)
    const meta = decoded.metadata
    fixNamespace(resource, decoded, namespace)
    if (!meta.name && meta.generateName) meta.name = `${meta.generateName.slice(0, 58)}${randomSuffix()}`
    if (meta.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created')
    const object = defaultObject(resource, decoded)
    checkNamed(resource, object)
    const name = object.metadata.name ?? ''
    stampNew(object, clock.now())
    prepareCreate(resource, object, kubeTime(clock.now()))
    admitCreate({ store, resource, object, user: context.user, namespace })
    throwIfInvalid(resource, name, validateCreate(resource, object))
    const tracked = toStorage(
      resource,
      orderKeys(
        trackUpdate({ live: undefined, next: object, resource, manager: context.fieldManager, now: clock.now() }),
      ),
    )
    return put({ resource, namespace, name }, context, (current) => {
      if (current !== undefined) throw alreadyExists(resource, name)
      checkNamespaceOpen(resource, namespace, name)
      return { op: 'put', object: tracked }
    })
  }

  /** PUT and all patches. `produce` sees the object in the version that was asked for. */
  async function update(
    target: Target,
    produce: Produce,
    context: WriteContext,
    subresource?: 'status',
  ): Promise<Entry> {
    const { resource, name } = target
    return put(target, context, (current) => {
      if (current === undefined) throw notFound(resource, name)
      return changeOf(target, current, produce(inVersion(resource, current.object)), context, subresource)
    })
  }

  /** Server-side apply: creates what is missing. `produce` returns the merged object with its managedFields. */
  async function apply(
    target: Target,
    produce: Produce,
    context: WriteContext,
    subresource?: 'status',
  ): Promise<{ entry: Entry; created: boolean }> {
    const present = store.head(storageKey(target.resource), keyTo(target))
    if (present === undefined && subresource === undefined) {
      const entry = await createApplied(target, produce(undefined), context)
      return { entry, created: true }
    }
    const entry = await put(target, context, (current) => {
      if (current === undefined) throw notFound(target.resource, target.name)
      return changeOf(target, current, produce(inVersion(target.resource, current.object)), context, subresource, true)
    })
    return { entry, created: false }
  }

  async function createApplied(target: Target, body: unknown, context: WriteContext): Promise<Entry> {
    const { resource, namespace, name } = target
    const decoded = decodeObject(resource, body, context)
    fixNamespace(resource, decoded, namespace)
    const object = defaultObject(resource, decoded)
    const { managedFields } = object.metadata
    stampNew(object, clock.now())
    prepareCreate(resource, object, kubeTime(clock.now()))
    if (managedFields !== undefined) object.metadata.managedFields = managedFields
    admitCreate({ store, resource, object, user: context.user, namespace })
    throwIfInvalid(resource, name, validateCreate(resource, object))
    return put(target, context, (current) => {
      if (current !== undefined) throw alreadyExists(resource, name)
      checkNamespaceOpen(resource, namespace, name)
      return { op: 'put', object: toStorage(resource, orderKeys(object)) }
    })
  }

  function changeOf(
    target: Target,
    current: Entry,
    body: unknown,
    context: WriteContext,
    subresource?: 'status',
    applied = false,
  ): Change {
    const { resource, name } = target
    const old = inVersion(resource, current.object)
    const decoded = decodeObject(resource, body, context)
    fixNamespace(resource, decoded, target.namespace)
    const meta = decoded.metadata
    if (meta.name !== undefined && meta.name !== name)
      throw badRequest(`the name of the object (${meta.name}) does not match the name on the URL (${name})`)
    if (meta.uid && meta.uid !== old.metadata.uid && context.isPatch === true)
      throw invalid(resource.group, resource.kind, name, [
        { field: 'metadata.uid', type: 'FieldValueInvalid', value: meta.uid, detail: 'field is immutable' },
      ])
    if (meta.uid && meta.uid !== old.metadata.uid)
      throw conflict(
        resource,
        name,
        `Precondition failed: UID in precondition: ${meta.uid}, UID in object meta: ${old.metadata.uid ?? ''}`,
      )
    if (meta.resourceVersion && meta.resourceVersion !== old.metadata.resourceVersion)
      throw staleVersion(resource, name)
    if (!meta.resourceVersion && needsVersion(resource)) {
      throw invalid(resource.group, resource.plural, name, [
        {
          field: 'metadata.resourceVersion',
          type: 'FieldValueInvalid',
          value: 0,
          detail: 'must be specified for an update',
        },
      ])
    }
    let next = defaultObject(resource, decoded)
    if (subresource === 'status') next = keepForStatus(resource, next, old)
    else keepForMain(resource, next, old)
    keepMeta(next, old)
    // A binding is neither a change of an immutable field nor a new generation.
    const compared = context.mayBind === true ? withNode(old, next) : old
    if (resource.generation || resource.custom !== undefined)
      next.metadata.generation = nextGeneration(resource, next, compared)
    if (subresource === undefined) admitUpdate(store, resource, next, old)
    throwIfInvalid(resource, name, [...frozenFinalizers(next, old), ...validateUpdate(resource, next, compared)])
    const tracked = applied
      ? next
      : trackUpdate({
          live: old,
          next,
          resource,
          manager: context.fieldManager,
          now: clock.now(),
          ...(subresource ? { subresource } : {}),
        })
    const object = toStorage(resource, orderKeys(tracked))
    if (sameJson(withoutTimes(object), withoutTimes(current.object))) return { op: 'none' }
    if (readyToGo(object)) return { op: 'delete', object }
    return { op: 'put', object }
  }

  /** The object as it is gone, or as it waits for its finalizers or its grace period. */
  async function remove(
    target: Target,
    deletion: DeleteOptions,
    context: WriteContext,
  ): Promise<{ entry: Entry; gone: boolean }> {
    const { resource, name } = target
    let gone = false
    const entry = await put(target, context, (current) => {
      if (current === undefined) throw notFound(resource, name)
      const { uid, resourceVersion } = deletion.preconditions ?? {}
      const meta = current.object.metadata
      const refused = (why: string) => conflict({ group: resource.group, plural: resource.kind }, name, why)
      if (uid && uid !== meta.uid)
        throw refused(
          `the UID in the precondition (${uid}) does not match the UID in record (${meta.uid ?? ''}). The object might have been deleted and then recreated`,
        )
      if (resourceVersion && resourceVersion !== meta.resourceVersion)
        throw refused(
          `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${meta.resourceVersion ?? ''}). The object might have been modified`,
        )
      const change = deletionOf(resource, current.object, deletion)
      gone = change.op === 'delete'
      return change
    })
    return { entry, gone }
  }

  function deletionOf(resource: Resource, object: KubeObject, deletion: DeleteOptions): Change {
    const finalizers = finalizersFor(object, deletion)
    const grace = graceFor(resource, object, deletion)
    const waitsForNamespace =
      resource.kind === 'Namespace' &&
      resource.group === '' &&
      isObject(object.spec) &&
      Array.isArray(object.spec.finalizers) &&
      object.spec.finalizers.length > 0
    if (finalizers.length === 0 && grace === 0 && !waitsForNamespace)
      return { op: 'delete', object: { ...object, metadata: { ...object.metadata } } }
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
        deletionTimestamp: sooner
          ? kubeTime(new Date(clock.now().getTime() + grace * 1000))
          : (metadata.deletionTimestamp ?? ''),
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

  async function put(
    target: Target,
    context: WriteContext,
    decide: (current: Entry | undefined) => Change,
  ): Promise<Entry> {
    const table = storageKey(target.resource)
    const key = keyTo(target)
    if (context.dryRun) return dryOutcome(decide, store.head(table, key), key)
    const entry = await store.write(table, key, decide)
    if (entry === undefined) throw notFound(target.resource, target.name)
    return entry
  }

  function checkNamespaceOpen(resource: Resource, namespace: string | undefined, name: string): void {
    if (!resource.namespaced) return
    const found = store.head('/namespaces', namespace ?? '')
    if (found === undefined) throw notFound({ group: '', plural: 'namespaces' }, namespace ?? '')
    if (found.object.metadata.deletionTimestamp === undefined) return
    const refusal = forbidden(
      resource,
      name,
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    )
    refusal.details?.causes?.push({ reason: 'NamespaceTerminating' })
    if (refusal.details !== undefined)
      refusal.details.causes = [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ]
    throw refusal
  }

  return { store, registry, clock, create, update, apply, remove }
}

const keyTo = (target: Target): string => keyOf(target.resource.namespaced ? target.namespace : undefined, target.name)

/** Objects are kept in their storage version and shown in the one that was asked for. */
export function inVersion(resource: Resource, object: KubeObject): KubeObject {
  if (resource.view !== undefined) return resource.view.show(object)
  return resource.custom === undefined || object.apiVersion === apiVersionOf(resource)
    ? object
    : { ...object, apiVersion: apiVersionOf(resource) }
}
function toStorage(resource: Resource, object: KubeObject): KubeObject {
  if (resource.view !== undefined) return orderKeys(resource.view.keep(object))
  return resource.custom === undefined
    ? object
    : { ...object, apiVersion: apiVersionOf({ group: resource.group, version: resource.custom.storageVersion }) }
}

function dryOutcome(decide: (current: Entry | undefined) => Change, current: Entry | undefined, key: string): Entry {
  const change = decide(current)
  if (change.op === 'none') {
    if (current === undefined) throw badRequest('nothing to do')
    return current
  }
  return { rv: current?.rv ?? 0, key, object: change.object, json: JSON.stringify(change.object) }
}

function fixNamespace(resource: Resource, object: KubeObject, namespace: string | undefined): void {
  if (!resource.namespaced) {
    delete object.metadata.namespace
    return
  }
  const own = object.metadata.namespace
  if (own && own !== namespace)
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`)
  object.metadata.namespace = namespace ?? ''
}

function checkNamed(resource: Resource, object: KubeObject): void {
  if (object.metadata.name) return
  throw invalid(resource.group, resource.kind, '', [
    { field: 'metadata.name', type: 'FieldValueRequired', detail: 'name or generateName is required' },
  ])
}

function stampNew(object: KubeObject, now: Date): void {
  const { metadata } = object
  metadata.uid = randomUUID()
  metadata.creationTimestamp = kubeTime(now)
  delete metadata.deletionTimestamp
  delete metadata.deletionGracePeriodSeconds
  delete metadata.resourceVersion
  delete metadata.generation
  delete metadata.managedFields
  delete (metadata as Record<string, unknown>).selfLink
}

function keepMeta(next: KubeObject, old: KubeObject): void {
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

function nextGeneration(resource: Resource, next: KubeObject, old: KubeObject): number {
  const content = (object: KubeObject) => {
    const { metadata: _m, status, apiVersion: _a, ...rest } = object
    return resource.statusSubresource || resource.custom === undefined ? rest : { ...rest, status }
  }
  const before = old.metadata.generation ?? 1
  return sameJson(content(next), content(old)) ? before : before + 1
}

function frozenFinalizers(next: KubeObject, old: KubeObject): FieldError[] {
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
function readyToGo(object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata
  if (deletionTimestamp === undefined || (finalizers ?? []).length > 0) return false
  const spec = object.kind === 'Namespace' && isObject(object.spec) ? object.spec.finalizers : undefined
  return (deletionGracePeriodSeconds ?? 0) === 0 && !(Array.isArray(spec) && spec.length > 0)
}

/** Field times alone are no change. */
function withoutTimes(object: KubeObject): KubeObject {
  const { managedFields, ...metadata } = object.metadata
  const timeless = (managedFields as Record<string, unknown>[] | undefined)?.map(({ time: _, ...rest }) => rest)
  return { ...object, metadata: { ...metadata, ...(timeless ? { managedFields: timeless } : {}) } }
}

/** A pod without a node, as if it had the one that it is about to get. */
function withNode(old: KubeObject, next: KubeObject): KubeObject {
  if (old.kind !== 'Pod' || !isObject(old.spec) || old.spec.nodeName || !isObject(next.spec) || !next.spec.nodeName)
    return old
  return { ...old, spec: { ...old.spec, nodeName: next.spec.nodeName } }
}

const needsVersion = (resource: Resource) =>
  resource.custom !== undefined || ['Lease', 'CustomResourceDefinition', 'EndpointSlice'].includes(resource.kind)

function throwIfInvalid(resource: Resource, name: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(resource.group, resource.kind, name, errors)
}

function finalizersFor(object: KubeObject, deletion: DeleteOptions): string[] {
  const present = object.metadata.finalizers ?? []
  const policy =
    deletion.propagationPolicy ??
    (deletion.orphanDependents === true ? 'Orphan' : deletion.orphanDependents === false ? 'Background' : undefined)
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
