/** What a kind does on create and update beyond its schema: `PrepareForCreate`, `PrepareForUpdate`, `Validate` of its strategy. */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { ruleSetOf } from '../cel/rules.ts'
import { rulesNotChecked, validateRules } from '../cel/validate.ts'
import type { Resource } from '../registry/resource.ts'
import { isObject, type JsonObject } from '../schema/node.ts'
import { validateSchema } from '../schema/validate.ts'
import type { FieldError } from '../status-error.ts'
import { nameRuleOf, validateMeta } from './names.ts'
import { qosClass } from './pod.ts'
import { kindRules } from './rules.ts'
import { validateKind, validateKindUpdate } from './validation.ts'

/** Sets what the server decides on a new object. Changes `object`. */
export function prepareCreate(resource: Resource, object: KubeObject, now: string): void {
  if (resource.statusSubresource && object.kind !== 'Node') delete object.status
  if (resource.generation || resource.custom !== undefined) object.metadata.generation = 1
  if (resource.custom !== undefined) return
  if (object.kind === 'Pod') object.status = { phase: 'Pending', qosClass: qosClass(object) }
  if (object.kind === 'Namespace') {
    object.status = { phase: 'Active' }
    object.spec = { finalizers: ['kubernetes'] }
  }
  if (object.kind === 'Service') object.status = { loadBalancer: {} }
  kindRules[object.kind]?.prepare?.(object, now)
}

export function validateCreate(resource: Resource, object: KubeObject): FieldError[] {
  const errors = validateMeta(object.metadata, nameRuleOf(resource))
  if (resource.custom !== undefined) errors.push(...validateCustom(resource, object))
  else errors.push(...validateKind(resource, keptForm(resource, object)))
  return errors
}

export function validateUpdate(resource: Resource, object: KubeObject, old: KubeObject): FieldError[] {
  const errors = validateMeta(object.metadata, nameRuleOf(resource))
  if (resource.custom !== undefined) errors.push(...validateCustom(resource, object, old))
  else {
    const kept = keptForm(resource, object)
    errors.push(...validateKind(resource, kept), ...validateKindUpdate(resource, kept, keptForm(resource, old)))
  }
  return errors
}

const keptForm = (resource: Resource, object: KubeObject) => resource.view?.keep(object) ?? object

/** Faults after which the rules would meet values that they are not made for (`hasBlockingErr`). */
const blocking = new Set<FieldError['type']>([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
])

/** The schema first; the rules only for objects that it takes. */
function validateCustom(resource: Resource, object: KubeObject, old?: KubeObject): FieldError[] {
  const errors = validateSchema(contentOf(object), resource.schema, '')
  if (!errors.some((error) => blocking.has(error.type)))
    return [...errors, ...validateRules(resource.schema, object, old)]
  return ruleSetOf(resource.schema).empty ? errors : [...errors, rulesNotChecked]
}

function contentOf(object: KubeObject): JsonObject {
  const { metadata: _, ...rest } = object
  return rest
}

/** On a write of the main resource: keeps what only subresources may change. */
export function keepForMain(resource: Resource, object: KubeObject, old: KubeObject): void {
  if (resource.statusSubresource) setOrDelete(object, 'status', old.status)
  if (object.kind === 'Namespace' && resource.custom === undefined) {
    object.spec = old.spec
    object.status = old.status
  }
  if (resource.custom !== undefined) return
  if (object.kind === 'Service') keepClusterIp(object, old)
  kindRules[object.kind]?.prepareUpdate?.(object, old)
}

/** On a write of `/status`: everything but the status (and, of built-in kinds, labels and annotations) stays. */
export function keepForStatus(resource: Resource, object: KubeObject, old: KubeObject): KubeObject {
  const metadata =
    resource.custom === undefined
      ? { ...object.metadata, ownerReferences: old.metadata.ownerReferences, finalizers: old.metadata.finalizers }
      : {
          ...old.metadata,
          managedFields: object.metadata.managedFields,
          resourceVersion: object.metadata.resourceVersion,
          uid: object.metadata.uid,
        }
  const out: KubeObject = { ...old, metadata: metadata as KubeObject['metadata'] }
  setOrDelete(out, 'status', object.status)
  return out
}

function setOrDelete(object: KubeObject, key: string, value: unknown): void {
  if (value === undefined) delete object[key]
  else object[key] = value
}

function keepClusterIp(object: KubeObject, old: KubeObject): void {
  if (!isObject(object.spec) || !isObject(old.spec)) return
  if (object.spec.type === 'ExternalName') return
  if (object.spec.clusterIP === undefined) object.spec.clusterIP = old.spec.clusterIP
  if (object.spec.clusterIPs === undefined) object.spec.clusterIPs = old.spec.clusterIPs
}
