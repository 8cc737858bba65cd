/**
 * The verbs, the same for every kind and for HTTP and in-process callers. Each write is decided on the newest state. Only where
 * a webhook has to be asked does that take more than one turn; then, when the state is another by the time it answers, the
 * write is decided again, so a patch never races with another.
 */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import type { Clock } from '@keelson/process/clock'
import { admitMutating, admitValidating, charge } from '../admission/admission.ts'
import { allocate } from '../admission/allocate.ts'
import type { AdmissionRequest } from '../admission/plugin.ts'
import { runSteps, type Steps } from '../admission/steps.ts'
import { optionsOf } from '../admission/webhooks/review.ts'
import { keepForMain, keepForStatus, prepareCreate, validateCreate, validateUpdate } from '../kinds/strategy.ts'
import { sameJson } from '../patch/json-patch.ts'
import { trackUpdate } from '../patch/managed-fields.ts'
import type { Registry } from '../registry/registry.ts'
import { apiVersionOf, type Resource, storageKey } from '../registry/resource.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import {
  alreadyExists,
  badRequest,
  conflict,
  type FieldError,
  invalid,
  notFound,
  staleVersion,
  stillDeleting,
} from '../status-error.ts'
import { type Change, type Entry, keyOf, type Store } from '../store/store.ts'
import { deletionOf } from './deletion.ts'
import {
  fixNamespace,
  frozenFinalizers,
  keepMeta,
  kubeTime,
  nextGeneration,
  readyToGo,
  stampNew,
  wipeNew,
  withNode,
  withoutTimes,
} from './object-meta.ts'
import { decodeObject, defaultObject, orderKeys } from './prepare.ts'
import type { DeleteOptions, WriteContext } from './types.ts'

export type Target = { resource: Resource; namespace: string | undefined; name: string }
/** From the present object (or undefined) to the body of the wanted one. */
export type Produce = (current: KubeObject | undefined) => unknown

export type Operations = ReturnType<typeof createOperations>
export type OperationsOptions = { store: Store; registry: Registry; clock: Clock }

/** What a write comes to, and what it counts as when it is made. */
type Decision = { change: Change; request: AdmissionRequest }

/** So often a write is decided anew because another one came first while a webhook was asked. */
const maxDecisions = 20

export function createOperations(options: OperationsOptions) {
  const { store, registry, clock } = options

  async function create(
    resource: Resource,
    namespace: string | undefined,
    body: unknown,
    context: WriteContext,
  ): Promise<Entry> {
    const decoded = decodeObject(resource, body, context)
    fixNamespace(resource, decoded, namespace)
    const { resourceVersion } = decoded.metadata
    const object = defaultObject(resource, decoded)
    wipeNew(object)
    const live = undefined
    const { status: _, ...stateless } = object
    const next = resource.statusSubresource ? (stateless as KubeObject) : object
    const tracked = trackUpdate({ live, next, resource, manager: context.fieldManager, now: clock.now() })
    const { managedFields } = tracked.metadata
    if (resourceVersion) Object.assign(object.metadata, { resourceVersion })
    return insert({ resource, namespace, name: object.metadata.name ?? '' }, object, managedFields, context)
  }

  /** Server-side apply of what is not there: the object comes with its managedFields. */
  async function createApplied(target: Target, body: unknown, context: WriteContext): Promise<Entry> {
    const { resource, namespace } = target
    const decoded = decodeObject(resource, body, context)
    fixNamespace(resource, decoded, namespace)
    const object = defaultObject(resource, decoded)
    const { managedFields } = object.metadata
    wipeNew(object)
    return insert(target, object, managedFields, context)
  }

  async function insert(target: Target, object: KubeObject, managedFields: unknown, context: WriteContext) {
    const { resource, namespace } = target
    if (managedFields !== undefined) Object.assign(object.metadata, { managedFields })
    const request = requestOf(target, context, 'CREATE', object, undefined)
    const admitted = runSteps(admitNew(request))
    const made = admitted instanceof Promise ? await admitted : admitted
    const named = { resource, namespace, name: made.metadata.name ?? '' }
    const current = store.head(storageKey(resource), keyTo(named))
    // Quotas come before storage: of a name that is taken, a full quota is told first.
    if (current !== undefined) charge({ ...request, dryRun: true })
    if (current !== undefined)
      throw (current.object.metadata.deletionTimestamp === undefined ? alreadyExists : stillDeleting)(
        resource,
        named.name,
      )
    const change: Change = { op: 'put', object: toStorage(resource, orderKeys(made)) }
    return commit(named, current, { change, request }, context)
  }

  function* admitNew(request: AdmissionRequest): Steps<KubeObject> {
    const { resource, object: asked } = request
    yield* admitMutating(request)
    const object = request.object ?? (asked as KubeObject)
    stampNew(object, clock.now())
    prepareCreate(resource, object, kubeTime(clock.now()))
    allocate(store, resource, object)
    throwIfInvalid(resource, object.metadata.name ?? '', validateCreate(resource, object))
    yield* admitValidating(request)
    if (object.metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created')
    return object
  }

  /** PUT and all patches. `produce` sees the object in the version that was asked for. */
  async function update(
    target: Target,
    produce: Produce,
    context: WriteContext,
    subresource?: 'status' | 'scale',
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
      const wanted = produce(undefined)
      refuseUid(target, wanted)
      const entry = await createApplied(target, wanted, context)
      return { entry, created: true }
    }
    const entry = await put(target, context, (current) => {
      if (current === undefined) throw notFound(target.resource, target.name)
      return changeOf(target, current, produce(inVersion(target.resource, current.object)), context, subresource, true)
    })
    return { entry, created: false }
  }

  function* changeOf(
    target: Target,
    current: Entry,
    body: unknown,
    context: WriteContext,
    subresource?: 'status' | 'scale',
    applied = false,
  ): Steps<Decision> {
    const { resource, name } = target
    const old = inVersion(resource, current.object)
    const decoded = decodeObject(resource, body, context)
    fixNamespace(resource, decoded, target.namespace)
    checkIdentity(target, decoded, old, context)
    const keep = (object: KubeObject): KubeObject => {
      const kept = subresource === 'status' ? keepForStatus(resource, object, old) : object
      if (subresource === undefined) keepForMain(resource, kept, old)
      keepMeta(kept, old)
      return kept
    }
    const wanted = keep(defaultObject(resource, decoded))
    const manager = { manager: context.fieldManager, now: clock.now(), ...(subresource ? { subresource } : {}) }
    const tracked = applied ? wanted : trackUpdate({ live: old, next: wanted, resource, ...manager })
    const request = requestOf(target, context, 'UPDATE', tracked, old, subresource)
    if (context.isAdmitted !== true) yield* admitMutating(request)
    const admitted = request.object ?? tracked
    const next = admitted === tracked ? tracked : keep(admitted)
    request.object = next
    // A binding is neither a change of an immutable field nor a new generation.
    const compared = context.mayBind === true ? withNode(old, next) : old
    if (resource.generation || resource.custom !== undefined)
      next.metadata.generation = nextGeneration(resource, next, compared)
    if (subresource === undefined) allocate(store, resource, next, old)
    throwIfInvalid(resource, name, [...frozenFinalizers(next, old), ...validateUpdate(resource, next, compared)])
    if (context.isAdmitted !== true) yield* admitValidating(request)
    const object = toStorage(resource, orderKeys(next))
    if (sameJson(withoutTimes(object), withoutTimes(current.object))) return { change: { op: 'none' }, request }
    return { change: { op: readyToGo(object) ? 'delete' : 'put', object }, request }
  }

  /** Asks admission about the object of a subresource that is not kept (`context.view` says which); gives it as it may be. */
  async function admit(target: Target, object: KubeObject, context: WriteContext): Promise<KubeObject> {
    const request = requestOf(target, context, 'CREATE', object, undefined)
    function* steps(): Steps<KubeObject> {
      yield* admitMutating(request)
      yield* admitValidating(request)
      return request.object ?? object
    }
    return runSteps(steps())
  }

  /** The object as it is gone, or as it waits for its finalizers or its grace period. */
  async function remove(
    target: Target,
    deletion: DeleteOptions,
    context: WriteContext,
  ): Promise<{ entry: Entry; gone: boolean }> {
    let gone = false
    const entry = await put(target, context, function* (current) {
      const { resource, name } = target
      if (current === undefined) throw notFound(resource, name)
      checkPreconditions(target, current.object, deletion)
      const request = requestOf(target, context, 'DELETE', undefined, inVersion(resource, current.object))
      if (context.isAdmitted !== true) {
        yield* admitMutating(request)
        yield* admitValidating(request)
      }
      const change = deletionOf(resource, current.object, deletion, clock.now())
      gone = change.op === 'delete'
      return { change, request }
    })
    return { entry, gone }
  }

  async function put(
    target: Target,
    context: WriteContext,
    decide: (current: Entry | undefined) => Steps<Decision>,
  ): Promise<Entry> {
    const [table, key] = [storageKey(target.resource), keyTo(target)]
    for (let tries = 0; tries < maxDecisions; tries += 1) {
      const seen = store.head(table, key)
      const running = runSteps(decide(seen))
      const decision = running instanceof Promise ? await running : running
      if (store.head(table, key) === seen) return commit(target, seen, decision, context)
    }
    throw staleVersion(target.resource, target.name)
  }

  /** Counts and writes, in the turn in which it is called. */
  async function commit(
    target: Target,
    current: Entry | undefined,
    { change, request }: Decision,
    context: WriteContext,
  ): Promise<Entry> {
    const [table, key] = [storageKey(target.resource), keyTo(target)]
    if (change.op === 'put') charge(request)
    const entry = context.dryRun ? dryOutcome(change, current, key) : await store.write(table, key, () => change)
    if (entry === undefined) throw notFound(target.resource, target.name)
    return entry
  }

  function requestOf(
    { resource, namespace, name }: Target,
    context: WriteContext,
    operation: AdmissionRequest['operation'],
    object: KubeObject | undefined,
    old: KubeObject | undefined,
    subresource = '',
  ): AdmissionRequest {
    const { view, user, dryRun, warnings, fieldManager } = context
    const isNamespace = resource.kind === 'Namespace' && resource.group === ''
    const options: JsonObject = {
      ...(dryRun ? { dryRun: ['All'] } : {}),
      ...(operation === 'DELETE' ? {} : { fieldManager, fieldValidation: context.fieldValidation }),
    }
    return {
      store,
      registry,
      resource,
      subresource: view?.name ?? subresource,
      view,
      operation: view?.operation ?? operation,
      namespace: isNamespace ? name : (namespace ?? ''),
      name,
      object,
      old,
      user,
      dryRun,
      warnings,
      now: clock.now(),
      options: optionsOf(`${titles[operation]}Options`, options),
    }
  }

  return { store, registry, clock, create, update, apply, admit, remove }
}

const titles = { CREATE: 'Create', UPDATE: 'Update', DELETE: 'Delete' } as const
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

function dryOutcome(change: Change, current: Entry | undefined, key: string): Entry {
  if (change.op !== 'none')
    return { rv: current?.rv ?? 0, key, object: change.object, json: JSON.stringify(change.object) }
  if (current === undefined) throw badRequest('nothing to do')
  return current
}

/** Who applies to an object by its uid does not mean to make a new one. */
function refuseUid({ resource, name }: Target, wanted: unknown): void {
  const uid = isObject(wanted) && isObject(wanted.metadata) ? wanted.metadata.uid : undefined
  if (uid)
    throw conflict(
      resource,
      name,
      `uid mismatch: the provided object specified uid ${String(uid)}, and no existing object was found`,
    )
}

/** Where a real server keeps the object in etcd, which its refusals name. */
function registryPath({ resource, namespace, name }: Target): string {
  const folder =
    resource.custom === undefined
      ? (etcdFolders[resource.plural] ?? resource.plural)
      : `${resource.group}/${resource.plural}`
  return ['/registry', folder, ...(resource.namespaced && namespace ? [namespace] : []), name].join('/')
}
const etcdFolders: Readonly<Record<string, string>> = {
  endpoints: 'services/endpoints',
  services: 'services/specs',
  nodes: 'minions',
  replicationcontrollers: 'controllers',
  ingresses: 'ingress',
}

/** A body that names another object, or an older version of it, is not for the one that is there. */
function checkIdentity(target: Target, body: KubeObject, old: KubeObject, context: WriteContext): void {
  const { resource, name } = target
  const meta = body.metadata
  const isOther = Boolean(meta.uid) && meta.uid !== old.metadata.uid
  if (meta.name !== undefined && meta.name !== name)
    throw badRequest(`the name of the object (${meta.name}) does not match the name on the URL (${name})`)
  if (isOther && context.isPatch === true)
    throw invalid(resource.group, resource.kind, name, [
      { field: 'metadata.uid', type: 'FieldValueInvalid', value: meta.uid, detail: 'field is immutable' },
    ])
  if (isOther)
    throw conflict(
      resource,
      name,
      `StorageError: invalid object, Code: 4, Key: ${registryPath(target)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${meta.uid ?? ''}, UID in object meta: ${old.metadata.uid ?? ''}`,
    )
  if (meta.resourceVersion && meta.resourceVersion !== old.metadata.resourceVersion) throw staleVersion(resource, name)
  if (meta.resourceVersion || !needsVersion(resource)) return
  throw invalid(resource.group, resource.plural, name, [
    {
      field: 'metadata.resourceVersion',
      type: 'FieldValueInvalid',
      value: 0,
      detail: 'must be specified for an update',
    },
  ])
}

function checkPreconditions({ resource, name }: Target, object: KubeObject, deletion: DeleteOptions): void {
  const { uid, resourceVersion } = deletion.preconditions ?? {}
  const meta = object.metadata
  const refused = (why: string) => conflict({ group: resource.group, plural: resource.kind }, name, why)
  if (uid && uid !== meta.uid)
    throw refused(
      `the UID in the precondition (${uid}) does not match the UID in record (${meta.uid ?? ''}). The object might have been deleted and then recreated`,
    )
  if (resourceVersion && resourceVersion !== meta.resourceVersion)
    throw refused(
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${meta.resourceVersion ?? ''}). The object might have been modified`,
    )
}

const needsVersion = (resource: Resource) =>
  resource.custom !== undefined || ['Lease', 'CustomResourceDefinition', 'EndpointSlice'].includes(resource.kind)

function throwIfInvalid(resource: Resource, name: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(resource.group, resource.kind, name, errors)
}
